#include "engine/connectors/splits/read_counters.h"

#include "base/metrics_registry.h"

namespace sluice::engine::splits {

std::vector<std::string> ReadCounters::Labels(const TaskContext& context) {
  return {context.operator_uid, std::to_string(context.subtask)};
}

void ReadCounters::Open(const TaskContext& context, const MetricSpec& records, const MetricSpec& bytes,
                        const MetricSpec& skipped) {
  if (context.metrics == nullptr) return;
  const std::vector<std::string> labels = Labels(context);
  records_ = context.metrics->NewCounter(records, labels);
  bytes_ = context.metrics->NewCounter(bytes, labels);
  skipped_ = context.metrics->NewCounter(skipped, labels);
}

void ReadCounters::Bytes(size_t bytes) {
  if (bytes_) bytes_->Add(bytes);
}

void ReadCounters::Records(size_t records, int64_t skipped_so_far) {
  if (!records_) return;
  records_->Add(records);
  skipped_->Add(static_cast<uint64_t>(skipped_so_far - skipped_told_));
  skipped_told_ = skipped_so_far;
}

}  // namespace sluice::engine::splits
