#include <algorithm>
#include <boost/json.hpp>

#include "engine/job/server/job_metrics.h"
#include "engine/job/server/rest_figures.h"

namespace sluice::engine::server {
namespace {

namespace json = boost::json;

struct NamedValue {
  std::string name;
  int64_t value;
};

std::vector<NamedValue> OfSubtask(const JobFacts& job, const TaskFacts& task, int subtask) {
  std::vector<NamedValue> out;
  const SubtaskFacts figures = FiguresOf(job, task, subtask);
  for (const TaskMetric& metric : TaskMetrics()) out.push_back({std::string(metric.flink_name), metric.value(figures)});
  for (int index : task.operators) {
    const VertexSnapshot& vertex = job.snapshot.vertices[static_cast<size_t>(index)];
    const auto s = static_cast<size_t>(subtask);
    if (s >= vertex.subtasks.size()) continue;
    const std::string name = OperatorMetricName(job, index) + ".";
    for (const TaskMetric& metric : OperatorMetrics()) {
      out.push_back({name + std::string(metric.flink_name), metric.value(vertex.subtasks[s])});
    }
  }
  return out;
}

bool Wanted(const std::vector<std::string>& wanted, const std::string& name) {
  return std::find(wanted.begin(), wanted.end(), name) != wanted.end();
}

void AddMetric(const std::string& name, int64_t value, const std::vector<std::string>& wanted, json::array& out) {
  if (wanted.empty()) {
    out.push_back(json::object{{"id", name}});
  } else if (Wanted(wanted, name)) {
    out.push_back(json::object{{"id", name}, {"value", std::to_string(value)}});
  }
}

/// DoubleAccumulator: skew is the mean distance from the average, as a percentage of the average.
json::object Aggregate(const std::string& name, const std::vector<int64_t>& values,
                       const std::vector<std::string>& aggregations) {
  double sum = 0, distance = 0;
  for (int64_t value : values) sum += static_cast<double>(value);
  const double avg = values.empty() ? 0 : sum / static_cast<double>(values.size());
  for (int64_t value : values) distance += std::abs(static_cast<double>(value) - avg);
  const double skew =
      avg == 0 || values.empty() ? 0 : 100 * distance / static_cast<double>(values.size()) / std::abs(avg);
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  const std::pair<std::string_view, double> all[] = {{"min", static_cast<double>(*min)},
                                                     {"max", static_cast<double>(*max)},
                                                     {"avg", avg},
                                                     {"sum", sum},
                                                     {"skew", skew}};
  json::object out{{"id", name}};
  for (const auto& [key, value] : all) {
    if (aggregations.empty() || Wanted(aggregations, std::string(key))) out[key] = value;
  }
  return out;
}

/// TaskBackPressureStats' levels.
std::string_view BackPressureLevel(double ratio) { return ratio <= 0.1 ? "ok" : ratio <= 0.5 ? "low" : "high"; }

}  // namespace

std::string JobMetricsJson(const JobFacts& job, const std::vector<std::string>& wanted, int64_t now_ms) {
  json::array out;
  for (const JobMetric& metric : JobMetrics()) {
    AddMetric(std::string(metric.flink_name), metric.value(job, now_ms), wanted, out);
  }
  constexpr char kPath[] = "lastCheckpointExternalPath";
  if (wanted.empty()) out.push_back(json::object{{"id", kPath}});
  if (Wanted(wanted, kPath)) {
    const auto& last = job.checkpoints.latest_completed;
    out.push_back(json::object{{"id", kPath}, {"value", last ? last->external_path : "n/a"}});
  }
  return json::serialize(out);
}

std::string VertexMetricsJson(const JobFacts& job, const TaskFacts& task, const std::vector<std::string>& wanted) {
  json::array out;
  for (int s = 0; s < task.parallelism; ++s) {
    for (const NamedValue& metric : OfSubtask(job, task, s)) {
      AddMetric(std::to_string(s) + "." + metric.name, metric.value, wanted, out);
    }
  }
  return json::serialize(out);
}

std::string SubtaskMetricsJson(const JobFacts& job, const TaskFacts& task, int subtask,
                               const std::vector<std::string>& wanted) {
  json::array out;
  for (const NamedValue& metric : OfSubtask(job, task, subtask)) AddMetric(metric.name, metric.value, wanted, out);
  return json::serialize(out);
}

std::string AggregatedMetricsJson(const JobFacts& job, const TaskFacts& task, const std::vector<std::string>& wanted,
                                  const std::vector<std::string>& aggregations) {
  std::vector<std::pair<std::string, std::vector<int64_t>>> all;
  for (int s = 0; s < task.parallelism; ++s) {
    const std::vector<NamedValue> metrics = OfSubtask(job, task, s);
    for (size_t m = 0; m < metrics.size(); ++m) {
      if (s == 0) all.push_back({metrics[m].name, {}});
      if (m < all.size()) all[m].second.push_back(metrics[m].value);
    }
  }
  json::array out;
  for (const auto& [name, values] : all) {
    if (wanted.empty()) out.push_back(json::object{{"id", name}});
    if (Wanted(wanted, name)) out.push_back(Aggregate(name, values, aggregations));
  }
  return json::serialize(out);
}

std::string WatermarksJson(const JobFacts& job, const TaskFacts& task) {
  json::array out;
  for (int s = 0; s < task.parallelism; ++s) {
    const int64_t watermark = FiguresOf(job, task, s).watermark;
    if (watermark == INT64_MIN) continue;
    out.push_back(
        json::object{{"id", std::to_string(s) + ".currentInputWatermark"}, {"value", std::to_string(watermark)}});
  }
  return json::serialize(out);
}

std::string BackPressureJson(const JobFacts& job, const TaskFacts& task, int64_t now_ms) {
  double worst = 0;
  json::array subtasks;
  for (int s = 0; s < task.parallelism; ++s) {
    const SubtaskFacts figures = FiguresOf(job, task, s);
    const double ratio = figures.back_pressured_ms_per_second / 1000.0;
    worst = std::max(worst, ratio);
    subtasks.push_back(json::object{{"subtask", s},
                                    {"backpressureLevel", BackPressureLevel(ratio)},
                                    {"ratio", ratio},
                                    {"idleRatio", figures.idle_ms_per_second / 1000.0},
                                    {"busyRatio", figures.busy_ms_per_second / 1000.0},
                                    {"backpressure-level", BackPressureLevel(ratio)}});
  }
  return json::serialize(json::object{{"status", "ok"},
                                      {"backpressureLevel", BackPressureLevel(worst)},
                                      {"end-timestamp", now_ms},
                                      {"subtasks", std::move(subtasks)},
                                      {"backpressure-level", BackPressureLevel(worst)}});
}

}  // namespace sluice::engine::server
