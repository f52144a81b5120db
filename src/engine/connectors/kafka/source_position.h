// How far the subtasks of a Kafka source are, as bytes, and which subtask reads which partition.
#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice::engine::kafka {

using TopicPartition = std::pair<std::string, int32_t>;

inline constexpr int64_t kEarliestOffset = -2;  // as in Kafka's protocol: wherever the partition begins
inline constexpr int64_t kNeverStops = std::numeric_limits<int64_t>::max();

struct PartitionPosition {
  TopicPartition partition;
  int64_t next_offset = kEarliestOffset;
  int64_t stop_offset = kNeverStops;  // exclusive

  bool finished() const { return next_offset >= stop_offset; }
};

struct SourcePosition {
  /// The subtask had looked for its partitions; else those that it would have found are not in the list.
  bool discovered = false;
  int64_t emitted = 0;  // rows, for a LIMIT
  std::vector<PartitionPosition> partitions;
};

std::string EncodeSourcePosition(const SourcePosition& position);
Result<SourcePosition> DecodeSourcePosition(std::string_view bytes);

/// The subtask that reads a partition (KafkaSourceEnumerator.getSplitOwner).
int OwnerOf(const TopicPartition& partition, int subtasks);

/// What a subtask starts from: its share of all positions, and what is known to all.
struct RestoredPositions {
  std::vector<PartitionPosition> own;
  /// A partition that is not in it is new, and read from its beginning, unless its finder had not looked yet.
  std::set<TopicPartition> known;
  std::vector<bool> discovered;  // by old subtask
  int64_t emitted = 0;

  bool all_discovered() const;
  /// A partition found now that nobody knew: whether it is new since the first look.
  bool IsNew(const TopicPartition& partition) const;
};
RestoredPositions DividePositions(const std::vector<SourcePosition>& all, int subtask, int subtasks);

}  // namespace sluice::engine::kafka
