// What a Kafka source tells of itself: the figures of the service's "Amazon MSK connector metrics".
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "engine/connectors/kafka/source_position.h"
#include "engine/connectors/splits/read_counters.h"
#include "engine/runtime/interfaces.h"

namespace sluice {
class Counter;
class Gauge;
}  // namespace sluice

namespace sluice::engine::kafka {

/// One subtask's. Counts nothing where the context has no registry.
class SourceMetrics {
 public:
  void Open(const TaskContext& context);
  void Read(size_t records, size_t bytes, int64_t skipped_so_far);
  void Position(const TopicPartition& partition, int64_t offset);
  /// Of all partitions of the subtask; -1: not known.
  void LargestLag(int64_t records);
  void Committed(const TopicPartition& partition, int64_t offset);
  void CommitEnded(bool succeeded);

 private:
  std::shared_ptr<Gauge> OffsetGauge(bool committed, const TopicPartition& partition);

  const TaskContext* context_ = nullptr;
  splits::ReadCounters read_;
  std::shared_ptr<Counter> commits_, failed_commits_;
  std::shared_ptr<Gauge> lag_;
  std::map<std::pair<bool, TopicPartition>, std::shared_ptr<Gauge>> offsets_;
};

}  // namespace sluice::engine::kafka
