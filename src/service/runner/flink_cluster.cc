#include "service/runner/flink_cluster.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "service/model/json_access.h"
#include "service/runner/engine_file.h"

namespace sluice::service {
namespace {

constexpr std::string_view kTokenVariable = "SLUICE_ENGINE_TOKEN";

std::string FilePath(const std::string& folder) { return folder + "/flink.json"; }

json::object ToJson(const ProcessIdentity& process) {
  json::object out;
  PutProcess(process, &out);
  return out;
}

}  // namespace

std::optional<FlinkCluster> LoadFlinkCluster(const std::string& folder) {
  const auto content = LoadEngineFile(FilePath(folder));
  if (!content) return std::nullopt;
  const json::object& object = *content;
  FlinkCluster out;
  out.token = TextAt(object, "token");
  out.record = RecordIn(object);
  out.job_manager_command = TextsAt(object, "job_manager_command");
  out.task_manager_command = TextsAt(object, "task_manager_command");
  out.client_command = TextsAt(object, "client_command");
  out.class_path = TextAt(object, "class_path");
  out.runtime = TextAt(object, "runtime");
  if (const json::object* options = ObjectAt(object, "configuration")) {
    for (const auto& option : *options) out.configuration[option.key()] = TextAt(*options, option.key());
  }
  out.environment = TextsAt(object, "environment");
  out.task_manager_count = static_cast<int>(IntAt(object, "task_manager_count"));
  out.kpus = static_cast<int>(IntAt(object, "kpus"));
  out.memory_mib = IntAt(object, "memory_mib");
  out.control_group = TextAt(object, "control_group");
  if (const json::object* process = ObjectAt(object, "job_manager")) out.job_manager = ProcessIn(*process);
  if (const json::array* processes = ArrayAt(object, "task_managers")) {
    for (const json::value& process : *processes) {
      out.task_managers.push_back(process.is_object() ? ProcessIn(process.as_object()) : ProcessIdentity());
    }
  }
  return out;
}

Status SaveFlinkCluster(const std::string& folder, const FlinkCluster& cluster) {
  json::array task_managers;
  for (const ProcessIdentity& process : cluster.task_managers) task_managers.push_back(ToJson(process));
  json::object content{{"token", cluster.token},
                       {"job_manager_command", json::value_from(cluster.job_manager_command)},
                       {"task_manager_command", json::value_from(cluster.task_manager_command)},
                       {"client_command", json::value_from(cluster.client_command)},
                       {"class_path", cluster.class_path},
                       {"runtime", cluster.runtime},
                       {"configuration", json::value_from(cluster.configuration)},
                       {"environment", json::value_from(cluster.environment)},
                       {"task_manager_count", cluster.task_manager_count},
                       {"kpus", cluster.kpus},
                       {"memory_mib", cluster.memory_mib},
                       {"control_group", cluster.control_group},
                       {"job_manager", ToJson(cluster.job_manager)},
                       {"task_managers", std::move(task_managers)}};
  PutRecord(cluster.record, &content);
  return SaveEngineFile(FilePath(folder), std::move(content));
}

Status ForgetFlinkCluster(const std::string& folder) { return RemoveTree(FilePath(folder)); }

std::string TokenEntry(const FlinkCluster& cluster) { return fmt::format("{}={}", kTokenVariable, cluster.token); }

std::vector<ProcessIdentity> ProcessesOf(const FlinkCluster& cluster) {
  std::vector<ProcessIdentity> out = FindByEnvironment(TokenEntry(cluster));
  std::vector<ProcessIdentity> recorded = cluster.task_managers;
  recorded.push_back(cluster.job_manager);
  for (const ProcessIdentity& process : recorded) {
    const auto same = [&](const ProcessIdentity& other) { return other.pid == process.pid; };
    if (IsAlive(process) && std::none_of(out.begin(), out.end(), same)) out.push_back(process);
  }
  return out;
}

}  // namespace sluice::service
