// Where a Kafka source's records come from: our own fetch client, or librdkafka for what that one cannot do.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "engine/connectors/kafka/protocol/record_batch.h"
#include "engine/connectors/kafka/source_position.h"

namespace sluice::engine::kafka {

/// Splits are the source's numbers of partitions; a number is used once.
struct AddedPartition {
  int32_t split = -1;
  PartitionPosition at;
};
struct LeftPartition {
  int32_t split = -1;
  TopicPartition partition;
};
struct ReadRecords {
  int32_t split = -1;
  PartitionRecords records;
};

/// One subtask's; called by its thread, never waits.
class MessageReader {
 public:
  virtual ~MessageReader() = default;
  virtual Status Add(const std::vector<AddedPartition>& partitions) = 0;
  /// What was read of them before may still come.
  virtual Status Leave(const std::vector<LeftPartition>& partitions) = 0;
  /// Records of one partition that follow on those taken before; nothing if there are none now (the waker tells of new
  /// ones). May have no records where offsets were passed by that bear none. An error is for good.
  virtual Result<std::optional<ReadRecords>> Take() = 0;
  /// The offset behind the partition's last record, as last heard; -1: not heard of.
  virtual int64_t HighWatermark(int32_t split) const = 0;
};

}  // namespace sluice::engine::kafka
