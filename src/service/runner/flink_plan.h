// What an Apache Flink cluster of one application is made of: processes, memory, JVM options, configuration texts.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "service/runner/job_spec.h"
#include "service/runtimes/flink_distribution.h"

namespace sluice::service {

using FlinkOptionMap = std::map<std::string, std::string>;

struct FlinkLimits {
  int64_t mib_per_kpu = 4096;  // AWS's: of it three quarters are the JVM's heap
  int most_task_managers = 4;  // several KPUs share a TaskManager when there are more of them
  int64_t job_manager_heap_mib = 1024;
};

struct TaskManagerPlan {
  int count = 1;
  int slots = 1;  // of each
  int kpus = 1;   // of each
  int64_t mib = 0;
};

/// ceil(Parallelism / ParallelismPerKPU) KPUs, spread evenly.
TaskManagerPlan PlanTaskManagers(int parallelism, int parallelism_per_kpu, const FlinkLimits& limits);

/// How a TaskManager's memory is split; MiB.
struct TaskManagerMemory {
  int64_t framework_heap = 0;
  int64_t task_heap = 0;
  int64_t framework_off_heap = 0;
  int64_t task_off_heap = 0;
  int64_t network = 0;
  int64_t managed = 0;
  int64_t metaspace = 0;
  int64_t overhead = 0;

  int64_t heap() const { return framework_heap + task_heap; }
  int64_t direct() const { return framework_off_heap + task_off_heap + network; }
  int64_t total() const { return heap() + direct() + managed + metaspace + overhead; }
};

/// Heeds the owner's sizes and fractions of managed and network memory, task off-heap and metaspace; kInvalidArgument
/// if they leave no heap or are no sizes.
Result<TaskManagerMemory> SplitMemory(int64_t mib, const FlinkOptionMap& own_options);

struct FlinkPorts {
  int rest = 0;
  int rpc = 0;
};

struct FlinkPlaces {
  std::string folder;  // <application>/flink: conf, tmp, web
  std::string checkpoints;
  std::string savepoints;
  std::string log;  // JSON lines
};

/// The cluster's whole configuration, spelled for `version`. `view` are options of the package's view.
FlinkOptionMap ClusterConfiguration(const JobSpec& spec, FlinkVersion version, const FlinkPlaces& places,
                                    const FlinkPorts& ports, const TaskManagerPlan& plan,
                                    const TaskManagerMemory& memory, const FlinkOptionMap& view);

/// The option's name in that version.
std::string SpellOption(const std::string& key, FlinkVersion version);

/// The text of config.yaml, or of flink-conf.yaml before 1.19.
std::string ConfigurationText(const FlinkOptionMap& options, FlinkVersion version);
std::string ConfigurationFileName(FlinkVersion version);

/// --add-opens and the like that Flink needs on a Java of that version.
std::vector<std::string> ModuleOptions(int java_version);

/// log4j2's configuration: one JSON object a line, as AWS writes to CloudWatch Logs.
std::string LogConfigurationText(const JobSpec& spec, const std::string& log_file);

/// "512m", "1 gb", "64 mib", bytes without a unit → MiB, rounded down.
Result<int64_t> ParseMemoryMib(const std::string& text);

}  // namespace sluice::service
