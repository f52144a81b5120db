#include "service/observe/package_metrics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace sluice::service {
namespace {

constexpr std::string_view kText = "A metric of the package's own, out of its metric group KinesisAnalytics.";
constexpr MetricSpec kOfApplication{MetricKind::kGauge, "sluice_app_custom", "", kText, "application,group,metric"};
constexpr MetricSpec kOfTask{MetricKind::kGauge, "sluice_app_task_custom", "", kText,
                             "application,task_id,task,group,metric"};
constexpr MetricSpec kOfOperator{MetricKind::kGauge, "sluice_app_operator_custom", "", kText,
                                 "application,task_id,task,operator,group,metric"};
constexpr MetricSpec kOfSubtask{MetricKind::kGauge, "sluice_app_operator_subtask_custom", "", kText,
                                "application,task_id,task,operator,subtask,group,metric"};

constexpr std::string_view kGroup = "KinesisAnalytics";

bool IsLetterOrDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Packages write the group in either case.
bool IsTheGroup(std::string_view part) {
  constexpr auto kLower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(part, kGroup, {}, kLower, kLower);
}

using GroupAndName = std::pair<std::string_view, std::string_view>;
using Sums = std::map<GroupAndName, double>;

/// Adds up what the series of one scope have in common: its labels but for group and metric.
void Append(const MetricSpec& spec, const std::vector<std::string>& labels, const Sums& sums,
            std::vector<MetricSample>* out) {
  for (const auto& [key, sum] : sums) {
    std::vector<std::string> all = labels;
    all.emplace_back(key.first);
    all.emplace_back(key.second);
    out->push_back({&spec, std::move(all), sum});
  }
}

void AppendSubtasks(const std::vector<std::string>& labels, const TaskReading& task, std::vector<MetricSample>* out) {
  for (size_t s = 0; s < task.subtasks.size(); ++s) {
    for (const auto& [name, value] : task.subtasks[s]) {
      const auto metric = ParsePackageMetric(name);
      if (!metric || !std::isfinite(value)) continue;
      std::vector<std::string> all = labels;
      all.insert(all.end(), {std::string(metric->op), std::to_string(s)});
      Append(kOfSubtask, all, {{{metric->group, metric->name}, value}}, out);
    }
  }
}

}  // namespace

std::optional<PackageMetricName> ParsePackageMetric(std::string_view flink_name) {
  const size_t op_end = flink_name.find('.');
  if (op_end == std::string_view::npos) return std::nullopt;
  const std::string_view rest = flink_name.substr(op_end + 1);
  const size_t group_end = rest.find('.');
  if (group_end == std::string_view::npos || !IsTheGroup(rest.substr(0, group_end))) return std::nullopt;
  const std::string_view own = rest.substr(group_end + 1);
  const size_t last = own.rfind('.');
  PackageMetricName out{flink_name.substr(0, op_end), "", own};
  if (last != std::string_view::npos) {
    out.group = own.substr(0, last);
    out.name = own.substr(last + 1);
  }
  if (out.name.empty() || !std::ranges::all_of(out.name, IsLetterOrDigit)) return std::nullopt;
  return out;
}

void AppendPackageMetrics(const std::string& application, const std::vector<JobReading>& jobs, MetricsLevel level,
                          std::vector<MetricSample>* out) {
  Sums of_application;
  for (const JobReading& job : jobs) {
    for (const TaskReading& task : job.tasks) {
      Sums of_task;
      std::map<std::string_view, Sums> of_operators;
      for (const auto& [name, spread] : task.values) {
        const auto metric = ParsePackageMetric(name);
        if (!metric || !std::isfinite(spread.sum)) continue;
        const GroupAndName key{metric->group, metric->name};
        of_application[key] += spread.sum;
        of_task[key] += spread.sum;
        of_operators[metric->op][key] += spread.sum;
      }
      const std::vector<std::string> labels = {application, task.id, task.name};
      if (level >= MetricsLevel::kTask) Append(kOfTask, labels, of_task, out);
      if (level >= MetricsLevel::kOperator) {
        for (const auto& [op, sums] : of_operators) {
          Append(kOfOperator, {application, task.id, task.name, std::string(op)}, sums, out);
        }
      }
      if (level >= MetricsLevel::kParallelism) AppendSubtasks(labels, task, out);
    }
  }
  Append(kOfApplication, {application}, of_application, out);
}

const std::vector<const MetricSpec*>& PackageMetricSpecs() {
  static const std::vector<const MetricSpec*> specs = {&kOfApplication, &kOfTask, &kOfOperator, &kOfSubtask};
  return specs;
}

}  // namespace sluice::service
