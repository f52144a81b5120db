// Metrics that a package makes itself, in a metric group "KinesisAnalytics" of one of its operators: the managed
// service publishes those, and no others (spec: custom metrics). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/observe/application_metrics.h"

namespace sluice::service {

/// A metric's name taken apart; all parts point into it.
struct PackageMetricName {
  std::string_view op;
  std::string_view group;  // the groups behind "KinesisAnalytics", dots between them; may be empty
  std::string_view name;
};

/// `flink_name` is Flink's name of it within its task: "Map.KinesisAnalytics.Program.Orders.Total". Nothing for all
/// other metrics, and for names that are not alphanumeric, which the managed service does not publish; so is no
/// histogram, whose parts Flink names "Total_mean", "Total_p99".
std::optional<PackageMetricName> ParsePackageMetric(std::string_view flink_name);

/// Of all jobs, the same metric of several operators and subtasks summed up: a meter and a counter are what their parts
/// are together; a gauge is, if it counts. Levels above APPLICATION show the parts.
void AppendPackageMetrics(const std::string& application, const std::vector<JobReading>& jobs, MetricsLevel level,
                          std::vector<MetricSample>* out);

/// The series, one for each scope.
const std::vector<const MetricSpec*>& PackageMetricSpecs();

}  // namespace sluice::service
