#include "service/runner/flink_composition.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "base/files.h"
#include "service/runner/engine_file.h"
#include "service/runtimes/runtime_store.h"

namespace sluice::service {
namespace {

constexpr const char* kJobManager = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";
constexpr const char* kTaskManager = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner";
// What a JVM needs beyond the plan before it counts as one that has run away: compiled code, stacks, its own tables.
constexpr int64_t kTaskManagerSlackMib = 512;
constexpr int64_t kJobManagerSlackMib = 1024;

/// A port of loopback that nobody has now. Somebody may take it before we do: the caller tries again then.
int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return 0;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  const bool ok = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
                  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  close(fd);
  return ok ? ntohs(address.sin_port) : 0;
}

}  // namespace

std::string FlinkCheckpointFolder(const std::string& folder) { return folder + "/flink_checkpoints"; }
/// Flink puts its own sub-folder below web.upload.dir.
std::string FlinkUploadFolder(const std::string& folder) { return folder + "/flink/web/flink-web-upload"; }

std::vector<std::string> DistributionEnvironment(const std::string& distribution) {
  return {"FLINK_PLUGINS_DIR=" + distribution + "/plugins", "FLINK_LIB_DIR=" + distribution + "/lib",
          "FLINK_OPT_DIR=" + distribution + "/opt"};
}

std::vector<std::string> JavaCommand(const PackageView& view, const JavaRuntime& java,
                                     const std::string& log_configuration, const std::string& temporary) {
  std::vector<std::string> out = view.launcher;
  out.push_back(java.Program());
  std::ranges::move(ModuleOptions(java.version), std::back_inserter(out));
  out.insert(out.end(), {"-Dlog4j.configurationFile=" + log_configuration, "-Djava.io.tmpdir=" + temporary});
  out.insert(out.end(), view.jvm_options.begin(), view.jvm_options.end());
  return out;
}

std::string FlinkClassPath(const std::vector<std::string>& jars) {
  std::string out;
  std::string last;
  for (const std::string& jar : jars) {
    std::string& to = jar.find("/flink-dist-") == std::string::npos ? out : last;
    to += (to.empty() ? "" : ":") + jar;
  }
  return last.empty() ? out : out + ":" + last;
}

Result<FlinkCluster> ComposeFlinkCluster(const std::string& folder, const JobSpec& spec, const FlinkDistribution& flink,
                                         const std::string& distribution, const JavaRuntime& java, PackageView view,
                                         const FlinkLimits& limits, const std::string& token) {
  const std::string work = folder + "/flink";
  const std::string conf = work + "/conf";
  SLUICE_RETURN_IF_ERROR(RemoveTree(work));
  for (const std::string& path :
       {conf, work + "/tmp", FlinkUploadFolder(folder), FlinkCheckpointFolder(folder), folder + "/logs"}) {
    SLUICE_RETURN_IF_ERROR(MakeFolders(path));
  }
  const TaskManagerPlan plan = PlanTaskManagers(spec.parallelism, spec.parallelism_per_kpu, limits);
  SLUICE_ASSIGN_OR_RETURN(const TaskManagerMemory memory, SplitMemory(plan.mib, spec.own_options));
  const FlinkPorts ports{FreePort(), FreePort()};
  const FlinkPlaces places{work, FlinkCheckpointFolder(folder), folder + "/savepoints",
                           folder + "/logs/application.log"};
  const FlinkOptionMap options =
      ClusterConfiguration(spec, flink.number, places, ports, plan, memory, view.flink_options);
  SLUICE_RETURN_IF_ERROR(
      WritePrivately(conf + "/" + ConfigurationFileName(flink.number), ConfigurationText(options, flink.number)));
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(conf + "/log4j2.properties", LogConfigurationText(spec, places.log)));

  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> jars, JarsIn(distribution + "/lib"));
  FlinkCluster out;
  out.token = token;
  out.record.rest_url = fmt::format("http://127.0.0.1:{}", ports.rest);
  out.task_manager_count = plan.count;
  out.kpus = plan.count * plan.kpus;
  out.environment = std::move(view.environment);
  out.environment.insert(out.environment.end(), {TokenEntry(out), "FLINK_CONF_DIR=" + conf});
  std::ranges::move(DistributionEnvironment(distribution), std::back_inserter(out.environment));
  out.runtime = flink.runtime;
  out.class_path = FlinkClassPath(jars);
  out.configuration = options;
  out.client_command = JavaCommand(view, java, conf + "/log4j2.properties", work + "/tmp");
  out.client_command.insert(out.client_command.end(), {"-Dlog4j2.disable.jmx=true", "-Dlog.file=" + places.log});
  const auto command = [&](const std::vector<std::string>& memory_options, const char* entry_point) {
    std::vector<std::string> all = out.client_command;
    all.insert(all.end(), memory_options.begin(), memory_options.end());
    all.insert(all.end(), {"-cp", out.class_path, entry_point, "--configDir", conf});
    return all;
  };
  int64_t job_manager_heap = limits.job_manager_heap_mib;
  if (auto own = spec.own_options.find("jobmanager.memory.heap.size"); own != spec.own_options.end()) {
    SLUICE_ASSIGN_OR_RETURN(job_manager_heap, ParseMemoryMib(own->second));
  }
  out.memory_mib = plan.count * (memory.total() + kTaskManagerSlackMib) + job_manager_heap + kJobManagerSlackMib;
  out.job_manager_command = command({fmt::format("-Xmx{}m", job_manager_heap)}, kJobManager);
  out.task_manager_command =
      command({fmt::format("-Xmx{}m", memory.heap()), fmt::format("-XX:MaxDirectMemorySize={}m", memory.direct()),
               fmt::format("-XX:MaxMetaspaceSize={}m", memory.metaspace)},
              kTaskManager);
  return out;
}

}  // namespace sluice::service
