// Batches entries into requests, sends them by threads of its own and sends again what was refused: what the sinks of
// Kinesis, Firehose and DynamoDB share, after Flink's AsyncSinkWriter. At least once, in no particular order.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::aws {

struct AsyncWriterLimits {
  size_t batch_entries = 500;
  size_t batch_bytes = 5 * 1024 * 1024;
  size_t entry_bytes = 1024 * 1024;
  size_t in_flight = 50;     // requests at once; our threads are at most kMaxThreads of them
  size_t buffered = 10'000;  // entries, before the writer is full
  std::chrono::milliseconds timeout{5'000};
  /// Nothing is sent again: the first refusal is an error.
  bool fail_on_error = false;
};

/// The options sink.batch.max-size, sink.requests.max-inflight, sink.requests.max-buffered, sink.flush-buffer.size,
/// sink.flush-buffer.timeout and sink.fail-on-error over a connector's own defaults.
Result<AsyncWriterLimits> ReadAsyncWriterLimits(const OptionMap& options, AsyncWriterLimits defaults);
/// Their names, for "Supported options".
const std::vector<std::string>& AsyncWriterOptions();

struct WriteEntry {
  std::string data;
  std::string key;  // what it means is the target's
  size_t bytes() const { return data.size() + key.size(); }
};

/// What a request left over: entries that may be taken next time, and why.
struct LeftOver {
  std::vector<WriteEntry> entries;
  std::optional<Error> reason;
};

/// Where requests go. Any thread.
class AsyncTarget {
 public:
  virtual ~AsyncTarget() = default;
  /// An error whose code is kResourceExhausted, kUnavailable, kIo or kTimeout may pass: all entries are sent again. Any
  /// other ends the job.
  virtual Result<LeftOver> Send(const std::vector<WriteEntry>& entries) = 0;
  /// Sends under way end soon with an error.
  virtual void Cancel() = 0;
  /// "Kinesis stream 'x'": for messages.
  virtual std::string name() const = 0;
};

/// Add, Flush, Nudge and the destructor by one thread; what only asks by any.
class AsyncWriter {
 public:
  static constexpr size_t kMaxThreads = 16;
  /// What does not answer is given up after this time without a success. Throttling never is.
  static constexpr std::chrono::minutes kPatience{2};

  /// `clock` outlives the writer. `answered` is called by its threads after each request.
  AsyncWriter(std::unique_ptr<AsyncTarget> target, AsyncWriterLimits limits, Clock& clock,
              std::function<uint64_t()> random, std::function<void()> answered);
  /// Drops what was not sent.
  ~AsyncWriter();

  /// Never waits; who heeds full() keeps the buffer small. Fails if the entry is too large, or as soon as sending has
  /// failed for good.
  Status Add(WriteEntry entry);
  /// No more entries now, please.
  bool full() const;
  /// Everything added was taken.
  bool empty() const;
  /// Why sending has failed for good.
  std::optional<Error> error() const;
  /// Waits until everything added was taken.
  Status Flush();
  /// There is nothing to do now: what is buffered may go as a smaller request if none is under way.
  Status Nudge();

  struct Counts {
    uint64_t sent = 0, refused = 0;
    size_t buffered = 0, in_flight = 0;
  };
  Counts counts() const;

 private:
  struct Buffered {
    WriteEntry entry;
    int64_t since_ns = 0;
  };
  void Await(std::unique_lock<std::mutex>& lock, const std::function<bool()>& condition);
  void Work();
  bool Due() const;
  std::vector<WriteEntry> TakeBatch();
  void Finished(std::vector<WriteEntry> entries, Result<LeftOver> result);
  void PutBack(std::vector<WriteEntry> entries);
  void Trouble(const Error& error);
  void StartThread();

  const std::unique_ptr<AsyncTarget> target_;
  const AsyncWriterLimits limits_;
  Clock& clock_;
  const std::function<uint64_t()> random_;
  const std::function<void()> answered_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Buffered> buffer_;
  size_t buffer_bytes_ = 0;
  size_t in_flight_ = 0;  // requests
  size_t idle_threads_ = 0;
  bool flushing_ = false, nudged_ = false, closed_ = false;
  int failures_ = 0;           // since the last success, for the back-off
  int64_t not_before_ns_ = 0;  // back-off
  int64_t failing_since_ns_ = -1;
  uint64_t sent_ = 0, refused_ = 0;
  std::optional<Error> error_;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::engine::aws
