// The metrics of jobs and tasks, each declared once: Flink's name, for the REST API; the declaration for Prometheus and
// the reference page; how it is read off the facts.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics_registry.h"
#include "engine/job/server/engine_control.h"

namespace sluice::engine::server {

struct JobMetric {
  std::string_view flink_name;
  MetricSpec spec;
  int64_t (*value)(const JobFacts& job, int64_t now_ms);
};
std::span<const JobMetric> JobMetrics();

struct TaskMetric {
  std::string_view flink_name;
  MetricSpec spec;
  int64_t (*value)(const SubtaskFacts& figures);
};
/// Of subtasks of tasks.
std::span<const TaskMetric> TaskMetrics();
/// Of subtasks of operators; Flink's name has the operator's before it: "Calc[2].numRecordsIn".
std::span<const TaskMetric> OperatorMetrics();

/// "Calc[2]" of the operator at `index` of JobSnapshot::vertices.
std::string OperatorMetricName(const JobFacts& job, int index);

/// Sets all series of the jobs and forgets those of jobs that are no longer listed.
void ExportMetrics(const std::vector<JobFacts>& jobs, int64_t now_ms, MetricsRegistry& registry);
void DeclareMetrics(MetricsRegistry& registry);

/// /jobs/:id/metrics. `wanted` empty: only the names. Unknown names are left out.
std::string JobMetricsJson(const JobFacts& job, const std::vector<std::string>& wanted, int64_t now_ms);
/// /jobs/:id/vertices/:vid/metrics: names as "0.numRecordsIn".
std::string VertexMetricsJson(const JobFacts& job, const TaskFacts& task, const std::vector<std::string>& wanted);
/// …/subtasks/metrics: over the subtasks. `aggregations` empty: min, max, avg, sum and skew.
std::string AggregatedMetricsJson(const JobFacts& job, const TaskFacts& task, const std::vector<std::string>& wanted,
                                  const std::vector<std::string>& aggregations);
/// …/subtasks/:n/metrics.
std::string SubtaskMetricsJson(const JobFacts& job, const TaskFacts& task, int subtask,
                               const std::vector<std::string>& wanted);
/// …/watermarks
std::string WatermarksJson(const JobFacts& job, const TaskFacts& task);
/// …/backpressure
std::string BackPressureJson(const JobFacts& job, const TaskFacts& task, int64_t now_ms);

}  // namespace sluice::engine::server
