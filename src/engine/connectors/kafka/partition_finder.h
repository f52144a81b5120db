// Looks for the partitions of a source's topics and the offsets where they begin and end, on a thread of its own: once
// at the start, then from time to time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "engine/connectors/kafka/kafka_client.h"
#include "engine/connectors/kafka/kafka_options.h"
#include "engine/connectors/kafka/source_position.h"

namespace sluice::engine::kafka {

class PartitionFinder {
 public:
  struct Task {
    const SourceOptions* options = nullptr;
    const KafkaClient* client = nullptr;
    int subtask = 0, subtasks = 1;
    RestoredPositions restored;
    /// Called when there is something to take. From the finder's thread.
    std::function<void()> wake;
  };
  /// What the task points to outlives the finder.
  explicit PartitionFinder(Task task);
  ~PartitionFinder();

  /// Partitions of this subtask that were found since the last call; nothing if no look is done that the caller has not
  /// heard of. An error is for good.
  Result<std::optional<std::vector<PartitionPosition>>> Take();

 private:
  using Partitions = std::vector<TopicPartition>;
  void Run();
  /// One look, tried again while brokers are away.
  Status LookUntilDone();
  Status Look();
  Result<Partitions> AllPartitions();
  Status AddPartitionsOf(const rd_kafka_metadata_t& metadata, Partitions& out, std::vector<std::string>& unknown);
  Status FillStarts(const Partitions& partitions, bool is_new, std::vector<PartitionPosition>& found);
  Status FillStops(std::vector<PartitionPosition>& found);
  Result<std::vector<int64_t>> OffsetsAt(const Partitions& partitions, int64_t timestamp);
  Result<std::vector<int64_t>> OffsetsAtTime(const Partitions& partitions, int64_t timestamp_ms);
  Result<std::vector<int64_t>> Committed(const Partitions& partitions);
  bool WaitFor(int64_t ms);

  Task task_;
  std::set<TopicPartition> known_;
  bool looked_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;                                    // under mutex_
  std::optional<std::vector<PartitionPosition>> found_;  // under mutex_
  std::optional<Error> error_;                           // under mutex_
  std::thread thread_;
};

}  // namespace sluice::engine::kafka
