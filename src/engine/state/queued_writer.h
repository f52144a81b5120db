// StateFileWriter over a blocking sink: the bytes queue up and are written by a few threads, those of one file in
// order.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "engine/state/checkpoint_storage.h"

namespace sluice::engine {

/// Threads that start with the first work. The destructor does all that is waiting first.
class WriterThreads {
 public:
  explicit WriterThreads(int count) : count_(count < 1 ? 1 : count) {}
  ~WriterThreads();
  void Run(std::function<void()> work);

 private:
  void Loop();

  const int count_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::vector<std::thread> threads_;
  bool closing_ = false;
};

/// Where a file's bytes go. Calls block and come from one thread at a time.
class PieceSink {
 public:
  /// Without Commit: nothing stays.
  virtual ~PieceSink() = default;
  virtual Status Write(std::string_view bytes) = 0;
  /// All bytes are durable.
  virtual Status Commit() = 0;
};

/// `open` is called on a writer thread once there are more than `inline_bytes`; fewer become an inline piece.
std::unique_ptr<StateFileWriter> MakeQueuedWriter(WriterThreads* threads, std::string name, size_t inline_bytes,
                                                  std::function<Result<std::unique_ptr<PieceSink>>()> open);

}  // namespace sluice::engine
