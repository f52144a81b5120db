#include "engine/connectors/kafka/partition_finder.h"

#include <algorithm>
#include <chrono>

#include "engine/functions/regex.h"

namespace sluice::engine::kafka {
namespace {

constexpr int kCallMs = 5'000;
constexpr int64_t kGiveUpMs = 60'000;  // the Java client's default.api.timeout.ms
constexpr int64_t kLatestOffset = -1;

struct MetadataFree {
  void operator()(const rd_kafka_metadata_t* m) const { rd_kafka_metadata_destroy(m); }
};
struct TopicFree {
  void operator()(rd_kafka_topic_t* t) const { rd_kafka_topic_destroy(t); }
};

std::string Name(const TopicPartition& p) { return p.first + "-" + std::to_string(p.second); }

PartitionList ListOf(const std::vector<TopicPartition>& partitions, int64_t offset) {
  PartitionList list = NewPartitionList(partitions.size());
  for (const auto& [topic, partition] : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  }
  return list;
}

std::vector<TopicPartition> PartitionsOf(const std::vector<PartitionPosition>& found) {
  std::vector<TopicPartition> out;
  for (const PartitionPosition& p : found) out.push_back(p.partition);
  return out;
}

}  // namespace

PartitionFinder::PartitionFinder(Task task) : task_(std::move(task)), known_(task_.restored.known) {
  thread_ = std::thread([this] { Run(); });
}

PartitionFinder::~PartitionFinder() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Result<std::optional<std::vector<PartitionPosition>>> PartitionFinder::Take() {
  const std::lock_guard lock(mutex_);
  if (error_) return *error_;
  return std::exchange(found_, std::nullopt);
}

bool PartitionFinder::WaitFor(int64_t ms) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stop_; });
}

void PartitionFinder::Run() {
  do {
    const Status status = LookUntilDone();
    bool goes_on = true;
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return;
      if (!status.ok() && !looked_) {
        error_ = status.error();
        goes_on = false;
      }
    }
    // Later looks that fail are made up for by the next one: what is being read goes on.
    looked_ = true;
    task_.wake();
    if (!goes_on) return;
  } while (task_.options->discovery_interval_ms > 0 && WaitFor(task_.options->discovery_interval_ms));
}

Status PartitionFinder::LookUntilDone() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kGiveUpMs);
  while (true) {
    Status status = Look();
    if (status.ok()) return status;
    const bool away = status.error().code() == ErrorCode::kTimeout || status.error().code() == ErrorCode::kIo;
    if (const auto fatal = task_.client->fatal()) return *fatal;
    if (!away || std::chrono::steady_clock::now() > deadline || !WaitFor(200)) return status;
  }
}

Status PartitionFinder::Look() {
  SLUICE_ASSIGN_OR_RETURN(const Partitions all, AllPartitions());
  Partitions first, later;
  for (const TopicPartition& p : all) {
    if (known_.contains(p) || OwnerOf(p, task_.subtasks) != task_.subtask) continue;
    (looked_ || task_.restored.IsNew(p) ? later : first).push_back(p);
  }
  std::vector<PartitionPosition> found;
  SLUICE_RETURN_IF_ERROR(FillStarts(first, false, found));
  SLUICE_RETURN_IF_ERROR(FillStarts(later, true, found));
  SLUICE_RETURN_IF_ERROR(FillStops(found));
  for (const PartitionPosition& p : found) known_.insert(p.partition);
  const std::lock_guard lock(mutex_);
  if (!found_) found_.emplace();
  found_->insert(found_->end(), found.begin(), found.end());
  return {};
}

Result<PartitionFinder::Partitions> PartitionFinder::AllPartitions() {
  rd_kafka_t* rk = task_.client->get();
  const Topics& topics = task_.options->table.topics;
  Partitions out;
  std::vector<std::string> unknown;
  const std::string what = "Failed to list subscribed topic partitions";
  const rd_kafka_metadata_t* metadata = nullptr;
  if (!topics.pattern.empty()) {
    const rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 1, nullptr, &metadata, kCallMs);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) return task_.client->Failed(what, err);
    const std::unique_ptr<const rd_kafka_metadata_t, MetadataFree> owned(metadata);
    SLUICE_RETURN_IF_ERROR(AddPartitionsOf(*metadata, out, unknown));
    return out;
  }
  for (const std::string& name : topics.names) {
    const std::unique_ptr<rd_kafka_topic_t, TopicFree> topic(rd_kafka_topic_new(rk, name.c_str(), nullptr));
    const rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 0, topic.get(), &metadata, kCallMs);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) return task_.client->Failed(what, err);
    const std::unique_ptr<const rd_kafka_metadata_t, MetadataFree> owned(metadata);
    SLUICE_RETURN_IF_ERROR(AddPartitionsOf(*metadata, out, unknown));
  }
  if (unknown.empty()) return out;
  std::string names;
  for (const std::string& name : unknown) names += (names.empty() ? "" : ", ") + name;
  return Error(ErrorCode::kNotFound, what + ": Failed to get metadata for topics [" + names +
                                         "]. This server does not host this topic-partition.");
}

Status PartitionFinder::AddPartitionsOf(const rd_kafka_metadata_t& metadata, Partitions& out,
                                        std::vector<std::string>& unknown) {
  const Topics& topics = task_.options->table.topics;
  std::unique_ptr<Regex> regex;
  if (!topics.pattern.empty()) {
    SLUICE_ASSIGN_OR_RETURN(regex, Regex::Compile("^(?:" + topics.pattern + ")$"));
  }
  for (int t = 0; t < metadata.topic_cnt; ++t) {
    const rd_kafka_metadata_topic_t& topic = metadata.topics[t];
    if (regex && !regex->Find(topic.topic, 0)) continue;
    if (topic.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && !regex) {
      unknown.emplace_back(topic.topic);
      continue;
    }
    if (topic.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (regex) continue;
      const bool passes = topic.err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
      return Error(passes ? ErrorCode::kTimeout : ErrorCode::kNotFound,
                   std::string("Kafka topic '") + topic.topic + "': " + rd_kafka_err2str(topic.err));
    }
    for (int p = 0; p < topic.partition_cnt; ++p) out.emplace_back(topic.topic, topic.partitions[p].id);
  }
  return {};
}

Status PartitionFinder::FillStarts(const Partitions& partitions, bool is_new, std::vector<PartitionPosition>& found) {
  if (partitions.empty()) return {};
  const SourceOptions& options = *task_.options;
  const StartupMode mode = is_new ? StartupMode::kEarliest : options.startup;
  std::vector<int64_t> offsets(partitions.size(), kEarliestOffset);
  if (mode == StartupMode::kLatest) {
    SLUICE_ASSIGN_OR_RETURN(offsets, OffsetsAt(partitions, kLatestOffset));
  } else if (mode == StartupMode::kTimestamp) {
    SLUICE_ASSIGN_OR_RETURN(offsets, OffsetsAtTime(partitions, options.startup_timestamp_ms));
  } else if (mode == StartupMode::kGroupOffsets || mode == StartupMode::kSpecificOffsets) {
    const bool specific = mode == StartupMode::kSpecificOffsets;
    std::fill(offsets.begin(), offsets.end(), RD_KAFKA_OFFSET_INVALID);
    if (!options.group.empty()) {
      SLUICE_ASSIGN_OR_RETURN(offsets, Committed(partitions));
    }
    std::vector<int64_t> latest;
    if (!specific && options.reset == OffsetReset::kLatest) {
      SLUICE_ASSIGN_OR_RETURN(latest, OffsetsAt(partitions, kLatestOffset));
    }
    for (size_t i = 0; i < partitions.size(); ++i) {
      if (specific && options.startup_offsets.contains(partitions[i].second)) {
        offsets[i] = options.startup_offsets.at(partitions[i].second);
      }
      if (offsets[i] >= 0) continue;
      if (!specific && options.reset == OffsetReset::kNone) {
        return Error(ErrorCode::kNotFound, "Undefined offset with no reset policy for partitions: [" +
                                               Name(partitions[i]) + "] (group '" + options.group +
                                               "'; set 'properties.auto.offset.reset')");
      }
      offsets[i] = latest.empty() ? kEarliestOffset : latest[i];
    }
  }
  for (size_t i = 0; i < partitions.size(); ++i) found.push_back({partitions[i], offsets[i], kNeverStops});
  return {};
}

Status PartitionFinder::FillStops(std::vector<PartitionPosition>& found) {
  const SourceOptions& options = *task_.options;
  if (found.empty() || options.bounded == BoundedMode::kUnbounded) return {};
  const Partitions partitions = PartitionsOf(found);
  std::vector<int64_t> stops;
  if (options.bounded == BoundedMode::kLatest) {
    SLUICE_ASSIGN_OR_RETURN(stops, OffsetsAt(partitions, kLatestOffset));
  } else if (options.bounded == BoundedMode::kTimestamp) {
    SLUICE_ASSIGN_OR_RETURN(stops, OffsetsAtTime(partitions, options.bounded_timestamp_ms));
  } else if (options.bounded == BoundedMode::kGroupOffsets) {
    SLUICE_ASSIGN_OR_RETURN(stops, Committed(partitions));
    for (size_t i = 0; i < stops.size(); ++i) {
      if (stops[i] >= 0) continue;
      return Error(ErrorCode::kNotFound, "Partition " + Name(partitions[i]) +
                                             " should stop at committed offset. But there is no committed offset of "
                                             "this partition for group " +
                                             options.group);
    }
  } else {
    stops.assign(partitions.size(), 0);  // a partition that is not named is not read
    for (size_t i = 0; i < stops.size(); ++i) {
      const auto named = options.bounded_offsets.find(partitions[i].second);
      if (named != options.bounded_offsets.end()) stops[i] = named->second;
    }
  }
  // A partition that is empty from its start would never show an offset: its beginning is looked up.
  SLUICE_ASSIGN_OR_RETURN(const std::vector<int64_t> begins, OffsetsAt(partitions, kEarliestOffset));
  for (size_t i = 0; i < found.size(); ++i) {
    found[i].stop_offset = stops[i];
    if (found[i].next_offset == kEarliestOffset) found[i].next_offset = begins[i];
  }
  return {};
}

/// `timestamp`: -1 the end, -2 the beginning, else the first record that is not older (-1: there is none).
Result<std::vector<int64_t>> PartitionFinder::OffsetsAt(const Partitions& partitions, int64_t timestamp) {
  const PartitionList list = ListOf(partitions, timestamp);
  const rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(task_.client->get(), list.get(), kCallMs);
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return task_.client->Failed("Failed to list offsets for topic partitions", err);
  std::vector<int64_t> offsets;
  for (const TopicPartition& p : partitions) {
    const rd_kafka_topic_partition_t* at = rd_kafka_topic_partition_list_find(list.get(), p.first.c_str(), p.second);
    if (at->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return task_.client->Failed("Failed to list offsets for topic partition " + Name(p), at->err);
    }
    offsets.push_back(at->offset);
  }
  return offsets;
}

Result<std::vector<int64_t>> PartitionFinder::OffsetsAtTime(const Partitions& partitions, int64_t timestamp_ms) {
  // The ends first: nothing that comes meanwhile is missed.
  SLUICE_ASSIGN_OR_RETURN(const std::vector<int64_t> ends, OffsetsAt(partitions, kLatestOffset));
  SLUICE_ASSIGN_OR_RETURN(std::vector<int64_t> offsets, OffsetsAt(partitions, timestamp_ms));
  for (size_t i = 0; i < offsets.size(); ++i) {
    if (offsets[i] < 0) offsets[i] = ends[i];
  }
  return offsets;
}

Result<std::vector<int64_t>> PartitionFinder::Committed(const Partitions& partitions) {
  const PartitionList list = ListOf(partitions, RD_KAFKA_OFFSET_INVALID);
  const rd_kafka_resp_err_t err = rd_kafka_committed(task_.client->get(), list.get(), kCallMs);
  const std::string what = "Failed to fetch committed offsets for consumer group " + task_.options->group;
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) return task_.client->Failed(what, err);
  std::vector<int64_t> offsets;
  for (const TopicPartition& p : partitions) {
    const rd_kafka_topic_partition_t* at = rd_kafka_topic_partition_list_find(list.get(), p.first.c_str(), p.second);
    if (at->err != RD_KAFKA_RESP_ERR_NO_ERROR) return task_.client->Failed(what, at->err);
    offsets.push_back(at->offset);
  }
  return offsets;
}

}  // namespace sluice::engine::kafka
