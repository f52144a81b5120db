#include "engine/connectors/kinesis/shard_reader.h"

#include <algorithm>
#include <utility>

namespace sluice::engine::kinesis {
namespace {

using Kind = net::ShardPosition::Kind;

/// What a shard may give a second, by the service's quotas.
constexpr size_t kBytesPerSecond = 2 * 1024 * 1024;
/// A shard that cannot be read for so long ends the job.
constexpr std::chrono::minutes kPatience{5};

bool IsGone(const Error& error) { return error.code() == ErrorCode::kNotFound; }

bool MayPass(const Error& error) {
  const std::string_view type = net::AwsErrorType(error);
  return error.code() == ErrorCode::kResourceExhausted || error.code() == ErrorCode::kUnavailable ||
         error.code() == ErrorCode::kIo || error.code() == ErrorCode::kTimeout || error.code() == ErrorCode::kData ||
         type == "ResourceInUseException" || type == "InternalFailureException";
}

}  // namespace

ShardReader::ShardReader(const ReaderParts& parts, int32_t split, net::KinesisShard shard, net::ShardPosition from,
                         int32_t skip_sub_sequence)
    : parts_(parts),
      split_(split),
      shard_(std::move(shard)),
      position_(std::move(from)),
      skip_sub_sequence_(skip_sub_sequence),
      closed_(shard_.closed) {
  thread_ = std::thread([this] { Run(); });
}

ShardReader::~ShardReader() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    if (subscription_) subscription_->Cancel();
  }
  changed_.notify_all();
  thread_.join();
}

void ShardReader::Run() {
  Next next = Next::kGoOn;
  while (next == Next::kGoOn) next = parts_.options->fan_out ? SubscribeOnce() : PollOnce();
  if (next == Next::kEnded) parts_.inbox->Push({split_, nullptr});
}

bool ShardReader::Pause(std::chrono::nanoseconds time) {
  std::unique_lock lock(mutex_);
  parts_.clock->WaitFor(lock, changed_, time, [this] { return stopped_; });
  return !stopped_;
}

size_t ShardReader::Limit() const {
  const size_t most = parts_.options->max_records;
  if ((!parts_.options->adaptive && !throttled_) || record_bytes_ == 0) return most;
  const auto calls_per_second = std::max<int64_t>(1, 1000 / std::max<int64_t>(1, parts_.options->interval.count()));
  return std::clamp<size_t>(kBytesPerSecond / static_cast<size_t>(calls_per_second) / record_bytes_, 1, most);
}

ShardReader::Next ShardReader::After(const Error& error) {
  if (error.code() == ErrorCode::kCancelled) return Next::kStop;
  const int64_t now = parts_.clock->MonotonicNs();
  const bool throttled = error.code() == ErrorCode::kResourceExhausted;
  throttled_ = throttled_ || throttled;
  if (throttled) failing_since_ns_ = -1;
  if (!throttled && failing_since_ns_ < 0) failing_since_ns_ = now;
  if (!MayPass(error) || (!throttled && now - failing_since_ns_ > std::chrono::nanoseconds(kPatience).count())) {
    parts_.inbox->Fail(
        error.WithContext("reading shard " + shard_.id + " of Kinesis stream '" + parts_.options->stream.name + "'"));
    return Next::kStop;
  }
  const auto wait = net::BackOff(++failures_, std::chrono::milliseconds(300), std::chrono::seconds(10), *parts_.random);
  return Pause(std::max<std::chrono::milliseconds>(wait, std::chrono::milliseconds(100))) ? Next::kGoOn : Next::kStop;
}

ShardReader::Next ShardReader::Deliver(net::KinesisRecords records) {
  failures_ = 0;
  failing_since_ns_ = -1;
  parts_.report(shard_.id, records.millis_behind, records.bytes.size());
  if (records.records.empty() && records.millis_behind == 0 && !std::exchange(tip_told_, true)) {
    return parts_.inbox->Push({split_, std::make_shared<const net::KinesisRecords>()}) ? Next::kGoOn : Next::kStop;
  }
  if (!records.records.empty()) {
    tip_told_ = false;
    record_bytes_ = std::max<size_t>(1, records.bytes.size() / records.records.size());
    const std::string last(records.Text(records.records.back().sequence_number));
    net::UnpackAggregated(records, shard_.keys);
    if (skip_sub_sequence_ >= 0) {
      std::erase_if(records.records, [&](const net::KinesisRecords::Record& r) {
        return r.sub_sequence <= skip_sub_sequence_ && records.Text(r.sequence_number) == position_.sequence_number;
      });
      skip_sub_sequence_ = -1;
    }
    position_ = {Kind::kAfterSequenceNumber, last, 0};
    if (!records.records.empty()) {
      auto shared = std::make_shared<const net::KinesisRecords>(std::move(records));
      if (!parts_.inbox->Push({split_, std::move(shared)})) return Next::kStop;
    }
  }
  return Next::kGoOn;
}

ShardReader::Next ShardReader::PollOnce() {
  const SourceOptions& options = *parts_.options;
  if (iterator_.empty()) {
    auto iterator = parts_.client->ShardIterator(options.stream, shard_.id, position_);
    if (!iterator.ok()) return IsGone(iterator.error()) ? Next::kEnded : After(iterator.error());
    iterator_ = std::move(*iterator);
  }
  const int64_t due = called_at_ns_ + std::chrono::nanoseconds(options.interval).count();
  const int64_t now = parts_.clock->MonotonicNs();
  if (called_at_ns_ != 0 && now < due && !Pause(std::chrono::nanoseconds(due - now))) return Next::kStop;
  called_at_ns_ = parts_.clock->MonotonicNs();
  auto records = parts_.client->GetRecords(options.stream, iterator_, Limit());
  if (!records.ok()) {
    if (net::AwsErrorType(records.error()) == "ExpiredIteratorException") {
      iterator_.clear();
      return Next::kGoOn;
    }
    // What was under way may be lost to us: ask again from the last record that came.
    if (records.error().code() == ErrorCode::kIo || records.error().code() == ErrorCode::kTimeout) iterator_.clear();
    return IsGone(records.error()) ? Next::kEnded : After(records.error());
  }
  iterator_ = std::move(records->next);
  const bool empty = records->records.empty();
  const Next next = Deliver(std::move(*records));
  if (next != Next::kGoOn) return next;
  if (iterator_.empty()) return Next::kEnded;
  if (empty && !Pause(std::max<std::chrono::milliseconds>(options.empty_interval - options.interval, {}))) {
    return Next::kStop;
  }
  return Next::kGoOn;
}

ShardReader::Next ShardReader::SubscribeOnce() {
  const bool closed = closed_;  // before the subscription: all that it will ever have is there
  auto made = parts_.client->NewSubscription();
  if (!made.ok()) return After(made.error());
  {
    std::lock_guard lock(mutex_);
    if (stopped_) return Next::kStop;
    subscription_ = *made;
  }
  net::ShardSubscription& subscription = **made;
  Status started = parts_.client->Subscribe(subscription, parts_.consumer_arn, shard_.id, position_);
  if (!started.ok()) return IsGone(started.error()) ? Next::kEnded : After(started.error());
  while (true) {
    auto event = subscription.Next(parts_.options->subscription_timeout);
    if (!event.ok()) return IsGone(event.error()) ? Next::kEnded : After(event.error());
    // A subscription lasts five minutes.
    if (!*event) return Next::kGoOn;
    const std::string continuation = (*event)->next;
    const bool at_tip = (*event)->records.empty() && (*event)->millis_behind == 0;
    const Next next = Deliver(std::move(**event));
    if (next != Next::kGoOn) return next;
    // AWS ends a shard by an event without a continuation. kinesis-mock does not: there the tip of a closed shard is
    // its end. What a subscription sends may be older than our knowledge of the end; a new one is not.
    if (continuation.empty() || (at_tip && closed)) return Next::kEnded;
    if (at_tip && closed_) return Next::kGoOn;
    // Also events without records move on; but a packed record that is only half read must come once more.
    if (skip_sub_sequence_ < 0) position_ = {Kind::kAfterSequenceNumber, continuation, 0};
  }
}

}  // namespace sluice::engine::kinesis
