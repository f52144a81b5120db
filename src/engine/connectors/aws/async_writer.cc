#include "engine/connectors/aws/async_writer.h"

#include <algorithm>
#include <utility>

#include "engine/connectors/aws/aws_options.h"
#include "engine/formats/text/option_text.h"

namespace sluice::engine::aws {
namespace {

constexpr std::chrono::hours kLongTime{1};

bool MayPass(const Error& error) {
  return error.code() == ErrorCode::kResourceExhausted || error.code() == ErrorCode::kUnavailable ||
         error.code() == ErrorCode::kIo || error.code() == ErrorCode::kTimeout;
}

Result<int64_t> Positive(const OptionMap& options, std::string_view name, int64_t fallback, int bits,
                         std::string_view what) {
  SLUICE_ASSIGN_OR_RETURN(const int64_t value, text::IntOption(options, name, fallback, bits));
  if (value > 0) return value;
  return Error(ErrorCode::kOption, "Invalid option " + std::string(what) + ". Must be a positive integer");
}

}  // namespace

const std::vector<std::string>& AsyncWriterOptions() {
  static const std::vector<std::string> kOptions = {"sink.batch.max-size",        "sink.fail-on-error",
                                                    "sink.flush-buffer.size",     "sink.flush-buffer.timeout",
                                                    "sink.requests.max-buffered", "sink.requests.max-inflight"};
  return kOptions;
}

Result<AsyncWriterLimits> ReadAsyncWriterLimits(const OptionMap& options, AsyncWriterLimits limits) {
  auto size = [](int64_t v) { return static_cast<size_t>(v); };
  SLUICE_ASSIGN_OR_RETURN(const int64_t batch, Positive(options, "sink.batch.max-size",
                                                        static_cast<int64_t>(limits.batch_entries), 32, "batch size"));
  SLUICE_ASSIGN_OR_RETURN(const int64_t in_flight,
                          Positive(options, "sink.requests.max-inflight", static_cast<int64_t>(limits.in_flight), 32,
                                   "maximum inflight requests"));
  SLUICE_ASSIGN_OR_RETURN(const int64_t buffered,
                          Positive(options, "sink.requests.max-buffered", static_cast<int64_t>(limits.buffered), 32,
                                   "maximum buffered requests"));
  SLUICE_ASSIGN_OR_RETURN(
      const int64_t bytes,
      Positive(options, "sink.flush-buffer.size", static_cast<int64_t>(limits.batch_bytes), 64, "flush buffer size"));
  SLUICE_ASSIGN_OR_RETURN(const int64_t timeout, Positive(options, "sink.flush-buffer.timeout", limits.timeout.count(),
                                                          64, "flush buffer timeout"));
  SLUICE_ASSIGN_OR_RETURN(limits.fail_on_error, text::BoolOption(options, "sink.fail-on-error", limits.fail_on_error));
  if (size(batch) > limits.batch_entries) {
    return Error(ErrorCode::kOption, "The option 'sink.batch.max-size' is " + std::to_string(batch) +
                                         "; the service takes at most " + std::to_string(limits.batch_entries) +
                                         " in a request.");
  }
  if (buffered < batch) {
    return Error(ErrorCode::kOption,
                 "The maximum number of requests that may be buffered should be strictly greater than the maximum "
                 "number of requests per batch.");
  }
  limits.batch_entries = size(batch);
  SLUICE_ASSIGN_OR_RETURN(const HttpClientLimits http, ReadHttpClientLimits(options));
  limits.in_flight = std::min(size(in_flight), http.max_concurrency);
  limits.buffered = size(buffered);
  limits.batch_bytes = std::min(limits.batch_bytes, size(bytes));
  limits.timeout = std::chrono::milliseconds(timeout);
  return limits;
}

AsyncWriter::AsyncWriter(std::unique_ptr<AsyncTarget> target, AsyncWriterLimits limits, Clock& clock,
                         std::function<uint64_t()> random, std::function<void()> answered)
    : target_(std::move(target)),
      limits_(limits),
      clock_(clock),
      random_(std::move(random)),
      answered_(std::move(answered)) {}

AsyncWriter::~AsyncWriter() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  target_->Cancel();
  for (std::thread& thread : threads_) thread.join();
}

void AsyncWriter::StartThread() {
  const size_t most = std::min(limits_.in_flight, kMaxThreads);
  if (idle_threads_ == 0 && threads_.size() < most) threads_.emplace_back([this] { Work(); });
}

void AsyncWriter::Await(std::unique_lock<std::mutex>& lock, const std::function<bool()>& condition) {
  while (!clock_.WaitFor(lock, changed_, kLongTime, condition)) continue;
}

Status AsyncWriter::Add(WriteEntry entry) {
  if (entry.bytes() > limits_.entry_bytes) {
    return Error(ErrorCode::kData, "The request entry sent to the buffer was of size [" +
                                       std::to_string(entry.bytes()) + "], when the maxRecordSizeInBytes was set to [" +
                                       std::to_string(limits_.entry_bytes) + "].");
  }
  std::unique_lock lock(mutex_);
  if (error_) return *error_;
  buffer_bytes_ += entry.bytes();
  buffer_.push_back({std::move(entry), clock_.MonotonicNs()});
  if (buffer_.size() == 1 || Due()) {
    if (Due()) StartThread();
    // The first one starts somebody's wait for the time-out.
    if (threads_.empty()) StartThread();
    changed_.notify_all();
  }
  return {};
}

bool AsyncWriter::full() const {
  std::lock_guard lock(mutex_);
  return !error_ && buffer_.size() >= limits_.buffered;
}

bool AsyncWriter::empty() const {
  std::lock_guard lock(mutex_);
  return buffer_.empty() && in_flight_ == 0;
}

std::optional<Error> AsyncWriter::error() const {
  std::lock_guard lock(mutex_);
  return error_;
}

Status AsyncWriter::Flush() {
  std::unique_lock lock(mutex_);
  flushing_ = true;
  if (!buffer_.empty()) StartThread();
  changed_.notify_all();
  Await(lock, [this] { return error_ || (buffer_.empty() && in_flight_ == 0); });
  flushing_ = false;
  return error_ ? Status(*error_) : Status();
}

Status AsyncWriter::Nudge() {
  std::lock_guard lock(mutex_);
  if (error_) return *error_;
  if (buffer_.empty()) return {};
  nudged_ = true;
  StartThread();
  changed_.notify_all();
  return {};
}

AsyncWriter::Counts AsyncWriter::counts() const {
  std::lock_guard lock(mutex_);
  return {sent_, refused_, buffer_.size(), in_flight_};
}

bool AsyncWriter::Due() const {
  if (buffer_.empty() || error_) return false;
  const int64_t now = clock_.MonotonicNs();
  if (now < not_before_ns_) return false;
  return flushing_ || (nudged_ && in_flight_ == 0) || buffer_.size() >= limits_.batch_entries ||
         buffer_bytes_ >= limits_.batch_bytes ||
         now - buffer_.front().since_ns >= std::chrono::nanoseconds(limits_.timeout).count();
}

std::vector<WriteEntry> AsyncWriter::TakeBatch() {
  std::vector<WriteEntry> batch;
  size_t bytes = 0;
  while (!buffer_.empty() && batch.size() < limits_.batch_entries) {
    const size_t size = buffer_.front().entry.bytes();
    if (!batch.empty() && bytes + size > limits_.batch_bytes) break;
    bytes += size;
    batch.push_back(std::move(buffer_.front().entry));
    buffer_.pop_front();
  }
  buffer_bytes_ -= bytes;
  if (buffer_.empty()) nudged_ = false;
  return batch;
}

void AsyncWriter::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_threads_;
    while (!closed_ && !(Due() && in_flight_ < limits_.in_flight)) {
      const int64_t never = clock_.MonotonicNs() + std::chrono::nanoseconds(kLongTime).count();
      int64_t until = never;
      if (!buffer_.empty() && !error_) {
        const bool soon = flushing_ || nudged_ || buffer_.size() >= limits_.batch_entries;
        const int64_t due = soon ? 0 : buffer_.front().since_ns + std::chrono::nanoseconds(limits_.timeout).count();
        until = std::max(due, not_before_ns_);
        // Due already, but for a request under way: its end notifies.
        if (until <= clock_.MonotonicNs()) until = never;
      }
      bool woken = false;
      clock_.WaitUntil(lock, changed_, until, [&] { return std::exchange(woken, true); });
    }
    --idle_threads_;
    if (closed_) return;
    std::vector<WriteEntry> batch = TakeBatch();
    ++in_flight_;
    if (Due()) {
      StartThread();
      changed_.notify_all();
    }
    lock.unlock();
    Result<LeftOver> result = target_->Send(batch);
    lock.lock();
    --in_flight_;
    Finished(std::move(batch), std::move(result));
    changed_.notify_all();
    lock.unlock();
    answered_();
    lock.lock();
  }
}

void AsyncWriter::Finished(std::vector<WriteEntry> entries, Result<LeftOver> result) {
  if (closed_) return;
  if (!result.ok()) {
    refused_ += entries.size();
    Trouble(result.error());
    if (!error_) PutBack(std::move(entries));
    return;
  }
  const size_t left = result->entries.size();
  sent_ += entries.size() - std::min(left, entries.size());
  refused_ += left;
  if (left < entries.size()) {
    failing_since_ns_ = -1;
    if (left == 0) failures_ = 0;
  }
  if (left == 0) return;
  Trouble(result->reason.value_or(Error(ErrorCode::kResourceExhausted, "some entries were not processed")));
  if (!error_) PutBack(std::move(result->entries));
}

void AsyncWriter::PutBack(std::vector<WriteEntry> entries) {
  const int64_t now = clock_.MonotonicNs();
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    buffer_bytes_ += entry->bytes();
    buffer_.push_front({std::move(*entry), now});
  }
  nudged_ = true;  // they have waited long enough
}

void AsyncWriter::Trouble(const Error& error) {
  const int64_t now = clock_.MonotonicNs();
  if (!MayPass(error) || limits_.fail_on_error) {
    if (!error_) error_ = error.WithContext(target_->name());
    return;
  }
  const bool throttled = error.code() == ErrorCode::kResourceExhausted;
  if (throttled) failing_since_ns_ = -1;
  if (!throttled && failing_since_ns_ < 0) failing_since_ns_ = now;
  if (!throttled && now - failing_since_ns_ >= std::chrono::nanoseconds(kPatience).count()) {
    error_ = error.WithContext(target_->name() + ": nothing was taken for two minutes");
    return;
  }
  // 100 ms, doubled up to 10 s; between half of it and all of it, so that many writers do not come back at once.
  const int64_t most = std::min<int64_t>(10'000, int64_t{100} << std::min(failures_, 10));
  ++failures_;
  const auto wait_ms = static_cast<uint64_t>(most / 2) + random_() % static_cast<uint64_t>(most / 2 + 1);
  not_before_ns_ = now + static_cast<int64_t>(wait_ms) * 1'000'000;
}

}  // namespace sluice::engine::aws
