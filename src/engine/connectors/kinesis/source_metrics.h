// What a Kinesis source tells of itself: the figures of the service's "Kinesis Data Streams connector metrics".
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/connectors/splits/read_counters.h"
#include "engine/runtime/interfaces.h"

namespace sluice {
class Gauge;
}  // namespace sluice

namespace sluice::engine::kinesis {

/// One subtask's; Fetched from any thread. Counts nothing where the context has no registry.
class SourceMetrics {
 public:
  void Open(const TaskContext& context, const std::string& stream);
  /// An answer of `bytes`; `millis_behind` -1: not told.
  void Fetched(const std::string& shard, int64_t millis_behind, size_t bytes);
  void Emitted(size_t records, int64_t skipped_so_far);

 private:
  const TaskContext* context_ = nullptr;
  std::string stream_;
  splits::ReadCounters read_;
  std::mutex mutex_;
  struct OfShard {
    std::shared_ptr<Gauge> behind, fetched;
  };
  std::map<std::string, OfShard> shards_;
};

}  // namespace sluice::engine::kinesis
