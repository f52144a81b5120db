// The metrics of applications, as the managed service publishes them: each declared once, with where an engine has it,
// how it is put together out of its parts, and from which MetricsLevel on it is shown. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics_registry.h"

namespace sluice::service {

/// MetricsLevel; each shows what those before it show.
enum class MetricsLevel : uint8_t { kApplication, kTask, kOperator, kParallelism };
/// APPLICATION for a text that is no level.
MetricsLevel MetricsLevelOf(std::string_view text);

/// Over the subtasks of a task.
struct MetricSpread {
  double min = 0;
  double max = 0;
  double sum = 0;
};
/// By Flink's names: "numRecordsIn" of the task, "Calc[2].numRecordsIn" of an operator in it.
using SpreadByName = std::map<std::string, MetricSpread>;
using ValueByName = std::map<std::string, double>;

struct TaskReading {
  std::string id;
  std::string name;
  SpreadByName values;
  std::vector<ValueByName> subtasks;  // at the level PARALLELISM
};

/// What an engine says of one job.
struct JobReading {
  ValueByName job;
  std::vector<TaskReading> tasks;
};

/// What an engine says of all that an application runs.
struct EngineReading {
  std::vector<JobReading> jobs;
  SpreadByName task_managers;  // over them; empty where they are not the application's own
  int task_manager_count = 0;
};

/// What the service knows itself.
struct ServiceReading {
  int64_t kpus = 0;
  double processors = -1;  // used since the reading before; below 0: not known
};

/// Which of its metrics an engine is to be asked for at that level.
std::vector<std::string> WantedOfJobs();
std::vector<std::string> WantedOfTaskManagers();
/// `name` is one of a task or of an operator in it.
bool IsWantedOfTask(std::string_view name, MetricsLevel level);

/// One value of a series. The labels are those of the spec, in its order, the application's name first.
struct MetricSample {
  const MetricSpec* spec;  // lives for ever
  std::vector<std::string> labels;
  double value = 0;
};
std::vector<MetricSample> SamplesOf(const std::string& application, const EngineReading& engine,
                                    const ServiceReading& service, MetricsLevel level);

/// Whether the job of an application that is to run does.
MetricSample RunningSample(const std::string& application, bool runs);

/// Makes all of them known to a reference page.
void DeclareApplicationMetrics(MetricsRegistry& registry);

}  // namespace sluice::service
