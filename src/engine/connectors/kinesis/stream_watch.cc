#include "engine/connectors/kinesis/stream_watch.h"

#include <algorithm>

#include "engine/connectors/kinesis/shard_assigner.h"

namespace sluice::engine::kinesis {
namespace {

using Kind = net::ShardPosition::Kind;

/// How soon shards are looked at again that wait for those of other subtasks.
constexpr std::chrono::milliseconds kLookAround{100};
constexpr int kAttempts = 30;

}  // namespace

StreamWatch::StreamWatch(ReaderParts* parts, ShardGroup* group, Place place, SourcePosition restored, bool fresh)
    : parts_(parts), group_(group), place_(place), restored_(std::move(restored)), fresh_(fresh) {
  for (const auto& [id, progress] : restored_.shards) {
    if (progress.finished) group_->Finished(id);
  }
  thread_ = std::thread([this] { Run(); });
}

StreamWatch::~StreamWatch() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
  readers_.clear();
}

net::KinesisShard StreamWatch::ShardOf(int32_t split) const {
  std::lock_guard lock(mutex_);
  return own_[static_cast<size_t>(split)].shard;
}

void StreamWatch::Finished(int32_t split) {
  std::string id;
  {
    std::lock_guard lock(mutex_);
    OwnShard& own = own_[static_cast<size_t>(split)];
    own.finished = true;
    id = own.shard.id;
  }
  group_->Finished(id);
  changed_.notify_all();
}

std::vector<std::string> StreamWatch::TakeForgotten() {
  std::lock_guard lock(mutex_);
  return std::exchange(forgotten_, {});
}

std::vector<net::KinesisShard> StreamWatch::TakeSkipped() {
  std::lock_guard lock(mutex_);
  return std::exchange(skipped_, {});
}

bool StreamWatch::MayPass(const Error& error) {
  return error.code() == ErrorCode::kResourceExhausted || error.code() == ErrorCode::kUnavailable ||
         error.code() == ErrorCode::kIo || error.code() == ErrorCode::kTimeout;
}

void StreamWatch::Run() {
  Clock& clock = *parts_->clock;
  bool prepared = false;
  int failures = 0;
  while (true) {
    Status done = prepared ? Status() : Prepare();
    prepared = done.ok();
    if (done.ok()) done = Look();
    if (!done.ok() && done.error().code() == ErrorCode::kCancelled) return;
    failures = done.ok() ? 0 : failures + 1;
    if (!done.ok() && (!MayPass(done.error()) || failures == kAttempts)) {
      parts_->inbox->Fail(done.error().WithContext("Kinesis stream '" + parts_->options->stream.name + "'"));
      return;
    }
    const auto pause = done.ok()
                           ? parts_->options->discovery_interval
                           : net::BackOff(failures, std::chrono::seconds(1), std::chrono::seconds(10), *parts_->random);
    const int64_t until = clock.MonotonicNs() + std::chrono::nanoseconds(pause).count();
    std::unique_lock lock(mutex_);
    while (!stopped_ && clock.MonotonicNs() < until && (!done.ok() || group_->version() == seen_version_)) {
      const int64_t step = std::min(until, clock.MonotonicNs() + std::chrono::nanoseconds(kLookAround).count());
      clock.WaitUntil(lock, changed_, step, [&] { return stopped_ || group_->version() != seen_version_; });
    }
    if (stopped_) return;
  }
}

Status StreamWatch::Prepare() { return parts_->options->fan_out ? FindConsumer() : Status(); }

Status StreamWatch::FindConsumer() {
  const SourceOptions& options = *parts_->options;
  if (!options.consumer_arn.empty()) {
    parts_->consumer_arn = options.consumer_arn;
    return {};
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string stream, parts_->client->StreamArn(options.stream));
  auto consumer = parts_->client->DescribeStreamConsumer(stream, options.consumer_name);
  if (!consumer.ok() && consumer.error().code() == ErrorCode::kNotFound && options.manages_consumer) {
    consumer = parts_->client->RegisterStreamConsumer(stream, options.consumer_name);
    // Another subtask was quicker, or its client tried twice.
    if (!consumer.ok() && net::AwsErrorType(consumer.error()) == "ResourceInUseException") {
      consumer = parts_->client->DescribeStreamConsumer(stream, options.consumer_name);
    }
  }
  if (!consumer.ok()) return consumer.error().WithContext("consumer '" + options.consumer_name + "'");
  if (consumer->status != "ACTIVE") {
    return Error(ErrorCode::kUnavailable,
                 "the consumer '" + options.consumer_name + "' is " + consumer->status + "; it must be ACTIVE");
  }
  parts_->consumer_arn = consumer->arn;
  return {};
}

Status StreamWatch::Look() {
  const uint64_t version = group_->version();
  SLUICE_ASSIGN_OR_RETURN(const std::vector<net::KinesisShard> shards,
                          parts_->client->ListShards(parts_->options->stream));
  std::unique_lock lock(mutex_);
  seen_version_ = version;
  Adopt(shards);
  return {};
}

bool StreamWatch::ParentsAreRead(const net::KinesisShard& shard) const {
  for (const std::string& parent : {shard.parent, shard.adjacent_parent}) {
    // What is not listed has been deleted by age: nobody can read it any more.
    if (!parent.empty() && listed_.contains(parent) && !group_->IsFinished(parent)) return false;
  }
  return true;
}

void StreamWatch::Adopt(const std::vector<net::KinesisShard>& shards) {
  const SourceOptions& options = *parts_->options;
  for (const auto& [id, shard] : listed_) {
    const bool still = std::any_of(shards.begin(), shards.end(), [&id = id](const auto& s) { return s.id == id; });
    if (!still) forgotten_.push_back(id);
  }
  if (listed_.empty()) {  // the first look: what the checkpoint knows and the stream does not
    for (const auto& [id, progress] : restored_.shards) {
      const bool still = std::any_of(shards.begin(), shards.end(), [&id = id](const auto& s) { return s.id == id; });
      if (!still) forgotten_.push_back(id);
    }
  }
  const std::map<std::string, net::KinesisShard> known = std::exchange(listed_, {});
  for (const net::KinesisShard& shard : shards) {
    listed_[shard.id] = shard;
    if (known.contains(shard.id)) continue;
    if (SubtaskOfShard(options.assigner, options.stream.name, shard.id, shard.keys, place_.parallelism) !=
        place_.subtask) {
      continue;
    }
    if (group_->IsFinished(shard.id)) continue;
    if (fresh_ && shard.closed && options.initial.kind == Kind::kLatest) {
      skipped_.push_back(shard);
      group_->Finished(shard.id);
      continue;
    }
    own_.push_back({shard});
  }
  fresh_ = false;
  readers_.resize(own_.size());
  std::vector<int32_t> splits;
  for (size_t i = 0; i < own_.size(); ++i) {
    OwnShard& own = own_[i];
    // Its children are among the shards just listed.
    if (own.finished && group_->IsFinished(own.shard.id)) own.gone = true;
    if (own.gone) {
      readers_[i].reset();
      continue;
    }
    splits.push_back(static_cast<int32_t>(i));
  }
  // Before the first record of a new shard.
  parts_->inbox->SetSplits(std::move(splits));
  for (size_t i = 0; i < own_.size(); ++i) {
    OwnShard& own = own_[i];
    if (readers_[i] && listed_.contains(own.shard.id) && listed_[own.shard.id].closed) readers_[i]->NoteClosed();
    if (own.started || own.gone || !ParentsAreRead(own.shard)) continue;
    own.started = true;
    net::ShardPosition from = options.initial;
    if (from.kind == Kind::kLatest) from = {Kind::kAtTimestamp, "", restored_.start_ms};
    int32_t skip = -1;
    auto progress = restored_.shards.find(own.shard.id);
    if (progress != restored_.shards.end() && !progress->second.sequence_number.empty()) {
      from = progress->second.Next();
      skip = progress->second.sub_sequence;
    }
    readers_[i] = std::make_unique<ShardReader>(*parts_, static_cast<int32_t>(i), own.shard, from, skip);
  }
}

}  // namespace sluice::engine::kinesis
