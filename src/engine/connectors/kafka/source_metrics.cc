#include "engine/connectors/kafka/source_metrics.h"

#include "base/metrics_registry.h"

namespace sluice::engine::kafka {
namespace {

constexpr std::string_view kOfSubtask = "operator,subtask", kOfPartition = "operator,topic,partition";
constexpr MetricSpec kRecords{MetricKind::kCounter, "sluice_kafka_records_consumed_total", "records",
                              "Records read from Kafka.", kOfSubtask};
constexpr MetricSpec kBytes{MetricKind::kCounter, "sluice_kafka_bytes_consumed_total", "bytes",
                            "Bytes of keys and values read from Kafka.", kOfSubtask};
constexpr MetricSpec kSkipped{
    MetricKind::kCounter, "sluice_kafka_records_skipped_total", "records",
    "Records that made no row: null values, and malformed ones where the format ignores them.", kOfSubtask};
constexpr MetricSpec kLag{MetricKind::kGauge, "sluice_kafka_records_lag_max", "records",
                          "Records that wait in the partition that is furthest behind.", kOfSubtask};
constexpr MetricSpec kCommits{MetricKind::kCounter, "sluice_kafka_commits_succeeded_total", "commits",
                              "Offset commits after checkpoints.", kOfSubtask};
constexpr MetricSpec kFailedCommits{MetricKind::kCounter, "sluice_kafka_commits_failed_total", "commits",
                                    "Offset commits that failed; checkpoints do not depend on them.", kOfSubtask};
constexpr MetricSpec kCurrent{MetricKind::kGauge, "sluice_kafka_current_offset", "offset",
                              "The offset read last, by partition.", kOfPartition};
constexpr MetricSpec kCommitted{MetricKind::kGauge, "sluice_kafka_committed_offset", "offset",
                                "The offset committed last, by partition.", kOfPartition};

}  // namespace

void SourceMetrics::Open(const TaskContext& context) {
  if (context.metrics == nullptr) return;
  context_ = &context;
  read_.Open(context, kRecords, kBytes, kSkipped);
  const std::vector<std::string> labels = splits::ReadCounters::Labels(context);
  commits_ = context.metrics->NewCounter(kCommits, labels);
  failed_commits_ = context.metrics->NewCounter(kFailedCommits, labels);
  lag_ = context.metrics->NewGauge(kLag, labels);
}

void SourceMetrics::Read(size_t records, size_t bytes, int64_t skipped_so_far) {
  read_.Bytes(bytes);
  read_.Records(records, skipped_so_far);
}

std::shared_ptr<Gauge> SourceMetrics::OffsetGauge(bool committed, const TopicPartition& partition) {
  std::shared_ptr<Gauge>& gauge = offsets_[{committed, partition}];
  if (!gauge) {
    gauge = context_->metrics->NewGauge(committed ? kCommitted : kCurrent,
                                        {context_->operator_uid, partition.first, std::to_string(partition.second)});
  }
  return gauge;
}

void SourceMetrics::Position(const TopicPartition& partition, int64_t offset) {
  if (context_ != nullptr) OffsetGauge(false, partition)->Set(static_cast<double>(offset));
}

void SourceMetrics::LargestLag(int64_t records) {
  if (context_ != nullptr) lag_->Set(static_cast<double>(records));
}

void SourceMetrics::Committed(const TopicPartition& partition, int64_t offset) {
  if (context_ != nullptr) OffsetGauge(true, partition)->Set(static_cast<double>(offset));
}

void SourceMetrics::CommitEnded(bool succeeded) {
  if (context_ != nullptr) (succeeded ? commits_ : failed_commits_)->Add();
}

}  // namespace sluice::engine::kafka
