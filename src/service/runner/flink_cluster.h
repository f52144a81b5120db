// The Apache Flink cluster of one application as flink.json in the application's folder has it: so that the next
// service finds it again, and starts what has ended of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "service/runner/engine_runner.h"
#include "service/runner/flink_plan.h"
#include "service/runner/process.h"

namespace sluice::service {

/// It is written before a process is started, with its token alone: whatever happens in between, the processes can be
/// found by the token in their environment.
struct FlinkCluster {
  std::string token;
  EngineRecord record;
  std::vector<std::string> job_manager_command;
  std::vector<std::string> task_manager_command;
  std::vector<std::string> client_command;  // up to but without -cp
  std::string class_path;
  std::string runtime;
  FlinkOptionMap configuration;
  std::vector<std::string> environment;
  int task_manager_count = 1;
  int kpus = 1;               // of all TaskManagers
  int64_t memory_mib = 0;     // that all processes may need
  std::string control_group;  // empty: their memory and CPU are not limited
  ProcessIdentity job_manager;
  std::vector<ProcessIdentity> task_managers;
};

/// Nothing if there is none.
std::optional<FlinkCluster> LoadFlinkCluster(const std::string& folder);
Status SaveFlinkCluster(const std::string& folder, const FlinkCluster& cluster);
Status ForgetFlinkCluster(const std::string& folder);

/// All that run: by what is recorded and by the token. TaskManagers have children, such as Python's.
std::vector<ProcessIdentity> ProcessesOf(const FlinkCluster& cluster);

/// The entry of every process's environment that has the token.
std::string TokenEntry(const FlinkCluster& cluster);

}  // namespace sluice::service
