#include "service/runner/flink_cluster.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/files.h"

namespace sluice::service {
namespace {

namespace json = boost::json;

constexpr std::string_view kTokenVariable = "SLUICE_ENGINE_TOKEN";

std::string FilePath(const std::string& folder) { return folder + "/flink.json"; }

json::object ToJson(const ProcessIdentity& process) {
  return {
      {"pid", process.pid}, {"start_ticks", static_cast<int64_t>(process.start_ticks)}, {"boot_id", process.boot_id}};
}

std::string Text(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

int64_t Number(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->as_int64() : 0;
}

ProcessIdentity ProcessFrom(const json::value* value) {
  ProcessIdentity out;
  if (value == nullptr || !value->is_object()) return out;
  out.pid = Number(value->as_object(), "pid");
  out.start_ticks = static_cast<uint64_t>(Number(value->as_object(), "start_ticks"));
  out.boot_id = Text(value->as_object(), "boot_id");
  return out;
}

std::vector<std::string> Texts(const json::object& object, std::string_view key) {
  std::vector<std::string> out;
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_array()) return out;
  for (const json::value& entry : value->as_array()) {
    if (entry.is_string()) out.emplace_back(entry.as_string());
  }
  return out;
}

}  // namespace

Status WritePrivately(const std::string& path, const std::string& text) {
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(path, text));
  if (chmod(path.c_str(), 0600) != 0) return Error(ErrorCode::kIo, "cannot protect " + path);
  return {};
}

std::optional<FlinkCluster> LoadFlinkCluster(const std::string& folder) {
  auto text = ReadFile(FilePath(folder));
  if (!text.ok()) return std::nullopt;
  boost::system::error_code ec;
  const json::value value = json::parse(*text, ec);
  if (ec || !value.is_object()) return std::nullopt;
  const json::object& object = value.as_object();
  FlinkCluster out;
  out.token = Text(object, "token");
  out.record = {Text(object, "rest_url"), Text(object, "job_id"), Number(object, "application_version")};
  out.job_manager_command = Texts(object, "job_manager_command");
  out.task_manager_command = Texts(object, "task_manager_command");
  out.client_command = Texts(object, "client_command");
  out.class_path = Text(object, "class_path");
  out.runtime = Text(object, "runtime");
  if (const json::value* options = object.if_contains("configuration"); options != nullptr && options->is_object()) {
    for (const auto& option : options->as_object()) {
      out.configuration[std::string(option.key())] = Text(options->as_object(), option.key());
    }
  }
  out.environment = Texts(object, "environment");
  out.task_manager_count = static_cast<int>(Number(object, "task_manager_count"));
  out.kpus = static_cast<int>(Number(object, "kpus"));
  out.memory_mib = Number(object, "memory_mib");
  out.control_group = Text(object, "control_group");
  out.job_manager = ProcessFrom(object.if_contains("job_manager"));
  if (const json::value* processes = object.if_contains("task_managers");
      processes != nullptr && processes->is_array()) {
    for (const json::value& process : processes->as_array()) out.task_managers.push_back(ProcessFrom(&process));
  }
  return out;
}

Status SaveFlinkCluster(const std::string& folder, const FlinkCluster& cluster) {
  json::array task_managers;
  for (const ProcessIdentity& process : cluster.task_managers) task_managers.push_back(ToJson(process));
  const json::object object{{"format", 1},
                            {"token", cluster.token},
                            {"rest_url", cluster.record.rest_url},
                            {"job_id", cluster.record.job_id},
                            {"application_version", cluster.record.version},
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
  return WritePrivately(FilePath(folder), json::serialize(object));
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
