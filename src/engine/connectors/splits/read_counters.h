// Counters that every record-oriented source has.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/runtime/interfaces.h"

namespace sluice {
class Counter;
struct MetricSpec;
}  // namespace sluice

namespace sluice::engine::splits {

/// One subtask's. Counts nothing where the context has no registry.
class ReadCounters {
 public:
  /// The specs' labels are "operator,subtask"; they must outlive the counters.
  void Open(const TaskContext& context, const MetricSpec& records, const MetricSpec& bytes, const MetricSpec& skipped);
  /// What the counters of one subtask are labelled with.
  static std::vector<std::string> Labels(const TaskContext& context);

  /// From any thread.
  void Bytes(size_t bytes);
  /// `skipped_so_far`: RecordDecoder::skipped.
  void Records(size_t records, int64_t skipped_so_far);

 private:
  std::shared_ptr<Counter> records_, bytes_, skipped_;  // all or none
  int64_t skipped_told_ = 0;
};

}  // namespace sluice::engine::splits
