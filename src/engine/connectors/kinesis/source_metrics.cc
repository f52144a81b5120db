#include "engine/connectors/kinesis/source_metrics.h"

#include "base/metrics_registry.h"

namespace sluice::engine::kinesis {
namespace {

constexpr std::string_view kOfSubtask = "operator,subtask", kOfShard = "operator,stream,shard";
constexpr MetricSpec kRecords{MetricKind::kCounter, "sluice_kinesis_records_consumed_total", "records",
                              "Records read from Kinesis, those packed into one counted one by one.", kOfSubtask};
constexpr MetricSpec kBytes{MetricKind::kCounter, "sluice_kinesis_bytes_consumed_total", "bytes",
                            "Bytes of records read from Kinesis.", kOfSubtask};
constexpr MetricSpec kSkipped{MetricKind::kCounter, "sluice_kinesis_records_skipped_total", "records",
                              "Records that made no row: malformed ones where the format ignores them.", kOfSubtask};
constexpr MetricSpec kBehind{MetricKind::kGauge, "sluice_kinesis_millis_behind_latest", "milliseconds",
                             "How far reading is behind the newest record of a shard; -1: not told yet.", kOfShard};
constexpr MetricSpec kFetched{MetricKind::kGauge, "sluice_kinesis_bytes_per_fetch", "bytes",
                              "Bytes of records in the last answer, by shard.", kOfShard};

}  // namespace

void SourceMetrics::Open(const TaskContext& context, const std::string& stream) {
  if (context.metrics == nullptr) return;
  context_ = &context;
  stream_ = stream;
  read_.Open(context, kRecords, kBytes, kSkipped);
}

void SourceMetrics::Fetched(const std::string& shard, int64_t millis_behind, size_t bytes) {
  if (context_ == nullptr) return;
  read_.Bytes(bytes);
  std::lock_guard lock(mutex_);
  OfShard& of = shards_[shard];
  if (!of.behind) {
    const std::vector<std::string> labels = {context_->operator_uid, stream_, shard};
    of.behind = context_->metrics->NewGauge(kBehind, labels);
    of.fetched = context_->metrics->NewGauge(kFetched, labels);
  }
  of.behind->Set(static_cast<double>(millis_behind));
  of.fetched->Set(static_cast<double>(bytes));
}

void SourceMetrics::Emitted(size_t records, int64_t skipped_so_far) { read_.Records(records, skipped_so_far); }

}  // namespace sluice::engine::kinesis
