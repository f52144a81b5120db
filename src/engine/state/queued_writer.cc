#include "engine/state/queued_writer.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "engine/state/checksum.h"
#include "engine/state/state_names.h"

namespace sluice::engine {
namespace {

using Done = std::function<void(Result<StatePiece>)>;
using Open = std::function<Result<std::unique_ptr<PieceSink>>()>;

/// A file's way to its sink. Shared by the writer and the thread that is at it; `turn_` lets only one be at it.
class Way : public std::enable_shared_from_this<Way> {
 public:
  Way(std::shared_ptr<WriterThreads> threads, std::string name, Open open)
      : threads_(std::move(threads)), name_(std::move(name)), open_(std::move(open)) {}

  void Push(std::string bytes) {
    queued_ += bytes.size();
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(bytes));
    Schedule();
  }
  void End(Done done) {
    std::lock_guard lock(mutex_);
    done_ = std::move(done);
    ended_ = true;
    Schedule();
  }
  size_t queued_bytes() const { return queued_; }

 private:
  void Schedule() {
    if (at_it_) return;
    at_it_ = true;
    threads_->Run([self = shared_from_this()] { self->Work(); });
  }

  void Work() {
    while (true) {
      std::string bytes;
      Done done;
      bool ended = false;
      {
        std::lock_guard lock(mutex_);
        if (ended_ && !done_) waiting_.clear();  // given up
        if (waiting_.empty()) {
          ended = ended_;
          done = std::move(done_);
          at_it_ = ended;  // behind the end nothing comes
        } else {
          bytes = std::move(waiting_.front());
          waiting_.pop_front();
        }
      }
      if (ended) return Finish(std::move(done));
      if (bytes.empty()) return;
      Write(bytes);
      queued_ -= bytes.size();
    }
  }

  void Write(std::string_view bytes) {
    if (error_) return;
    if (!sink_) {
      auto opened = open_();
      if (!opened.ok()) {
        error_ = opened.error();
        return;
      }
      sink_ = std::move(*opened);
    }
    checksum_.Add(bytes);
    length_ += bytes.size();
    if (Status written = sink_->Write(bytes); !written.ok()) Fail(written.error());
  }

  void Finish(Done done) {
    if (!done) {  // given up
      sink_.reset();
      return;
    }
    if (!error_) {
      if (Status committed = sink_->Commit(); !committed.ok()) Fail(committed.error());
    }
    sink_.reset();
    if (error_) return done(*error_);
    StatePiece piece;
    piece.file = name_;
    piece.length = length_;
    piece.checksum = checksum_.Value();
    done(std::move(piece));
  }

  void Fail(const Error& error) {
    error_ = error;
    sink_.reset();
  }

  const std::shared_ptr<WriterThreads> threads_;
  const std::string name_;
  const Open open_;
  std::atomic<size_t> queued_{0};

  std::mutex mutex_;
  std::deque<std::string> waiting_;  // none is empty
  bool at_it_ = false;
  bool ended_ = false;
  Done done_;

  // Only the thread that is at it:
  std::unique_ptr<PieceSink> sink_;
  std::optional<Error> error_;
  StateChecksumStream checksum_;
  uint64_t length_ = 0;
};

class QueuedWriter : public StateFileWriter {
 public:
  QueuedWriter(std::shared_ptr<WriterThreads> threads, std::string name, size_t inline_bytes, Open open)
      : threads_(std::move(threads)), name_(std::move(name)), inline_bytes_(inline_bytes), open_(std::move(open)) {}
  ~QueuedWriter() override {
    if (way_ && !finished_) way_->End(nullptr);
  }

  void Append(std::string bytes) override {
    if (bytes.empty()) return;
    if (!way_ && head_.size() + bytes.size() <= inline_bytes_) {
      head_ += bytes;
      return;
    }
    if (!way_) {
      way_ = std::make_shared<Way>(threads_, name_, std::move(open_));
      if (!head_.empty()) way_->Push(std::exchange(head_, {}));
    }
    way_->Push(std::move(bytes));
  }
  size_t queued_bytes() const override { return way_ ? way_->queued_bytes() : 0; }
  void Finish(Done done) override {
    finished_ = true;
    if (way_) return way_->End(std::move(done));
    threads_->Run(
        [done = std::move(done), bytes = std::move(head_)]() mutable { done(InlinePiece(std::move(bytes))); });
  }

 private:
  const std::shared_ptr<WriterThreads> threads_;
  const std::string name_;
  const size_t inline_bytes_;
  Open open_;
  std::string head_;  // what there is as long as it may stay inline
  std::shared_ptr<Way> way_;
  bool finished_ = false;
};

}  // namespace

struct WriterThreads::State {
  int count = 1;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> waiting;
  std::vector<std::thread> threads;
  bool closing = false;
};

WriterThreads::WriterThreads(int count) : state_(std::make_shared<State>()) { state_->count = std::max(count, 1); }

WriterThreads::~WriterThreads() {
  {
    std::lock_guard lock(state_->mutex);
    state_->closing = true;
  }
  state_->changed.notify_all();
  for (std::thread& thread : state_->threads) {
    // The last work may hold the last reference to the storage.
    thread.get_id() == std::this_thread::get_id() ? thread.detach() : thread.join();
  }
}

void WriterThreads::Run(std::function<void()> work) {
  {
    std::lock_guard lock(state_->mutex);
    state_->waiting.push_back(std::move(work));
    if (!state_->closing && static_cast<int>(state_->threads.size()) < state_->count) {
      state_->threads.emplace_back([state = state_] { Loop(state); });
    }
  }
  state_->changed.notify_one();
}

void WriterThreads::Loop(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  while (true) {
    state->changed.wait(lock, [&] { return state->closing || !state->waiting.empty(); });
    if (state->waiting.empty()) return;
    std::function<void()> work = std::move(state->waiting.front());
    state->waiting.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

std::unique_ptr<StateFileWriter> MakeQueuedWriter(std::shared_ptr<WriterThreads> threads, std::string name,
                                                  size_t inline_bytes, Open open) {
  return std::make_unique<QueuedWriter>(std::move(threads), std::move(name), inline_bytes, std::move(open));
}

}  // namespace sluice::engine
