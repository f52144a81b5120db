#include "service/runner/flink_runner.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cstdio>
#include <filesystem>

#include "base/files.h"
#include "base/ids.h"
#include "service/code/zip_unpack.h"
#include "service/runner/flink_client.h"
#include "service/runner/flink_submission.h"
#include "service/runtimes/java_runtime.h"
#include "service/runtimes/python_runtime.h"

namespace sluice::service {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view kTokenVariable = "SLUICE_ENGINE_TOKEN";
constexpr const char* kJobManager = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";
constexpr const char* kTaskManager = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner";
constexpr int kPortAttempts = 3;

std::string FilePath(const std::string& folder) { return folder + "/flink.json"; }
std::string CheckpointFolder(const std::string& folder) { return folder + "/flink_checkpoints"; }
/// Flink puts its own sub-folder below web.upload.dir.
std::string UploadFolder(const std::string& folder) { return folder + "/flink/web/flink-web-upload"; }

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

std::string ClassPath(const std::vector<std::string>& jars) {
  // flink-dist last, as Flink's own scripts have it: what it bundles must not stand before the separate JARs.
  std::string out;
  std::string last;
  for (const std::string& jar : jars) {
    std::string& to = jar.find("/flink-dist-") == std::string::npos ? out : last;
    to += (to.empty() ? "" : ":") + jar;
  }
  return last.empty() ? out : out + ":" + last;
}

/// "2.3.0" of a class path with flink-dist-2.3.0.jar, or with flink-dist_2.12-1.13.6.jar; empty if there is none.
std::string FlinkVersionIn(const std::string& class_path) {
  const size_t begin = class_path.rfind("/flink-dist");
  const size_t end = begin == std::string::npos ? begin : class_path.find(".jar", begin);
  if (end == std::string::npos) return "";
  const size_t dash = class_path.rfind('-', end);
  return class_path.substr(dash + 1, end - dash - 1);
}

/// Both like "2.3.0"; false if one is not.
bool IsNewerVersion(const std::string& a, const std::string& b) {
  std::array<int, 3> left{};
  std::array<int, 3> right{};
  if (std::sscanf(a.c_str(), "%d.%d.%d", &left[0], &left[1], &left[2]) != 3) return false;
  if (std::sscanf(b.c_str(), "%d.%d.%d", &right[0], &right[1], &right[2]) != 3) return false;
  return left > right;
}

/// Only the owner's eyes: environments may hold credentials.
Status WritePrivately(const std::string& path, const std::string& text) {
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(path, text));
  if (chmod(path.c_str(), 0600) != 0) return Error(ErrorCode::kIo, "cannot protect " + path);
  return {};
}

}  // namespace

/// It is written before a process is started, with its token alone: whatever happens in between, the processes can be
/// found by the token in their environment.
struct FlinkRunner::Cluster {
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
  ProcessIdentity job_manager;
  std::vector<ProcessIdentity> task_managers;
};

FlinkRunner::FlinkRunner(FlinkRunnerOptions options, net::EnvLookup environment, PackageViewSource* views, Clock& clock,
                         Random& random, Logger logger)
    : options_(std::move(options)),
      runtimes_(options_.runtimes_folder, environment),
      environment_(std::move(environment)),
      views_(views),
      clock_(clock),
      random_(random),
      logger_(logger.For("flink")) {}

std::optional<FlinkRunner::Cluster> FlinkRunner::LoadCluster(const std::string& folder) {
  auto text = ReadFile(FilePath(folder));
  if (!text.ok()) return std::nullopt;
  boost::system::error_code ec;
  const json::value value = json::parse(*text, ec);
  if (ec || !value.is_object()) return std::nullopt;
  const json::object& object = value.as_object();
  Cluster out;
  out.token = Text(object, "token");
  const json::value* shared = object.if_contains("shared");
  out.record = {Text(object, "rest_url"), Text(object, "job_id"), Number(object, "application_version"),
                shared != nullptr && shared->is_bool() && shared->as_bool()};
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
  out.job_manager = ProcessFrom(object.if_contains("job_manager"));
  if (const json::value* processes = object.if_contains("task_managers");
      processes != nullptr && processes->is_array()) {
    for (const json::value& process : processes->as_array()) out.task_managers.push_back(ProcessFrom(&process));
  }
  return out;
}

Status FlinkRunner::Save(const std::string& folder, const Cluster& cluster) {
  json::array task_managers;
  for (const ProcessIdentity& process : cluster.task_managers) task_managers.push_back(ToJson(process));
  const json::object object{{"format", 1},
                            {"token", cluster.token},
                            {"rest_url", cluster.record.rest_url},
                            {"job_id", cluster.record.job_id},
                            {"application_version", cluster.record.version},
                            {"shared", cluster.record.shared},
                            {"job_manager_command", json::value_from(cluster.job_manager_command)},
                            {"task_manager_command", json::value_from(cluster.task_manager_command)},
                            {"client_command", json::value_from(cluster.client_command)},
                            {"class_path", cluster.class_path},
                            {"runtime", cluster.runtime},
                            {"configuration", json::value_from(cluster.configuration)},
                            {"environment", json::value_from(cluster.environment)},
                            {"task_manager_count", cluster.task_manager_count},
                            {"job_manager", ToJson(cluster.job_manager)},
                            {"task_managers", std::move(task_managers)}};
  return WritePrivately(FilePath(folder), json::serialize(object));
}

std::vector<ProcessIdentity> FlinkRunner::Processes(const Cluster& cluster) const {
  std::vector<ProcessIdentity> out = FindByEnvironment(fmt::format("{}={}", kTokenVariable, cluster.token));
  std::vector<ProcessIdentity> recorded = cluster.task_managers;
  recorded.push_back(cluster.job_manager);
  for (const ProcessIdentity& process : recorded) {
    const auto same = [&](const ProcessIdentity& other) { return other.pid == process.pid; };
    if (IsAlive(process) && std::none_of(out.begin(), out.end(), same)) out.push_back(process);
  }
  return out;
}

Result<std::string> FlinkRunner::Distribution(const FlinkDistribution& flink, const Interruption& interrupted) {
  auto there = runtimes_.Find(flink);
  if (there.ok() || !options_.install_on_first_use) return there;
  logger_.Info("installing a runtime on its first use", {{"runtime", flink.runtime}});
  int64_t logged = -1;
  return runtimes_.Install(flink, [&](std::string_view file, int64_t bytes, int64_t of) {
    const int64_t tenth = of > 0 ? bytes * 10 / of : -1;
    if (tenth > logged) {
      logger_.Info("installing a runtime", {{"file", file}, {"bytes", bytes}, {"of", of}});
    }
    logged = tenth;
    return !interrupted();
  });
}

Result<FlinkRunner::Cluster> FlinkRunner::Prepare(const std::string& folder, const JobSpec& spec,
                                                  const FlinkDistribution& flink, const std::string& distribution,
                                                  const Interruption&) {
  SLUICE_ASSIGN_OR_RETURN(const JavaRuntime java, ChooseJava(flink, FindJavaRuntimes(environment_)));
  PackageView view;
  if (views_ != nullptr) {
    SLUICE_ASSIGN_OR_RETURN(view, views_->ViewFor(folder, spec));
  }
  const std::string work = folder + "/flink";
  const std::string conf = work + "/conf";
  SLUICE_RETURN_IF_ERROR(RemoveTree(work));
  for (const std::string& path :
       {conf, work + "/tmp", UploadFolder(folder), CheckpointFolder(folder), folder + "/logs"}) {
    SLUICE_RETURN_IF_ERROR(MakeFolders(path));
  }
  const TaskManagerPlan plan = PlanTaskManagers(spec.parallelism, spec.parallelism_per_kpu, options_.limits);
  SLUICE_ASSIGN_OR_RETURN(const TaskManagerMemory memory, SplitMemory(plan.mib, spec.own_options));
  const FlinkPorts ports{FreePort(), FreePort()};
  const FlinkPlaces places{work, CheckpointFolder(folder), folder + "/savepoints", folder + "/logs/application.log"};
  const FlinkOptionMap options =
      ClusterConfiguration(spec, flink.number, places, ports, plan, memory, view.flink_options);
  SLUICE_RETURN_IF_ERROR(
      WritePrivately(conf + "/" + ConfigurationFileName(flink.number), ConfigurationText(options, flink.number)));
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(conf + "/log4j2.properties", LogConfigurationText(spec, places.log)));

  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> jars, JarsIn(distribution + "/lib"));
  Cluster out;
  out.token = Id128::New(random_).ToString();
  out.record.rest_url = fmt::format("http://127.0.0.1:{}", ports.rest);
  out.task_manager_count = plan.count;
  out.environment = std::move(view.environment);
  for (const std::string& entry :
       {fmt::format("{}={}", kTokenVariable, out.token), "FLINK_CONF_DIR=" + conf,
        "FLINK_PLUGINS_DIR=" + distribution + "/plugins", "FLINK_LIB_DIR=" + distribution + "/lib",
        "FLINK_OPT_DIR=" + distribution + "/opt"}) {
    out.environment.push_back(entry);
  }
  out.runtime = flink.runtime;
  out.class_path = ClassPath(jars);
  out.configuration = options;
  out.client_command = std::move(view.launcher);
  out.client_command.push_back(java.Program());
  for (std::string& option : ModuleOptions(java.version)) out.client_command.push_back(std::move(option));
  for (const std::string& option :
       {"-Dlog4j.configurationFile=" + conf + "/log4j2.properties", std::string("-Dlog4j2.disable.jmx=true"),
        "-Dlog.file=" + places.log, "-Djava.io.tmpdir=" + work + "/tmp"}) {
    out.client_command.push_back(option);
  }
  out.client_command.insert(out.client_command.end(), view.jvm_options.begin(), view.jvm_options.end());
  const auto command = [&](const std::vector<std::string>& memory_options, const char* entry_point) {
    std::vector<std::string> all = out.client_command;
    all.insert(all.end(), memory_options.begin(), memory_options.end());
    all.insert(all.end(), {"-cp", out.class_path, entry_point, "--configDir", conf});
    return all;
  };
  int64_t job_manager_heap = options_.limits.job_manager_heap_mib;
  if (auto own = spec.own_options.find("jobmanager.memory.heap.size"); own != spec.own_options.end()) {
    SLUICE_ASSIGN_OR_RETURN(job_manager_heap, ParseMemoryMib(own->second));
  }
  out.job_manager_command = command({fmt::format("-Xmx{}m", job_manager_heap)}, kJobManager);
  out.task_manager_command =
      command({fmt::format("-Xmx{}m", memory.heap()), fmt::format("-XX:MaxDirectMemorySize={}m", memory.direct()),
               fmt::format("-XX:MaxMetaspaceSize={}m", memory.metaspace)},
              kTaskManager);
  return out;
}

Status FlinkRunner::StartProcesses(const std::string& folder, Cluster* cluster) {
  SLUICE_RETURN_IF_ERROR(Save(folder, *cluster));
  const std::string output = folder + "/logs/engine.log";
  SLUICE_ASSIGN_OR_RETURN(cluster->job_manager,
                          StartDetached(cluster->job_manager_command, cluster->environment, output));
  for (int i = 0; i < cluster->task_manager_count; ++i) {
    SLUICE_ASSIGN_OR_RETURN(ProcessIdentity process,
                            StartDetached(cluster->task_manager_command, cluster->environment, output));
    cluster->task_managers.push_back(std::move(process));
  }
  return Save(folder, *cluster);
}

Status FlinkRunner::AwaitRest(const std::string& folder, const Cluster& cluster, const Interruption& interrupted) {
  const int64_t deadline = clock_.MonotonicNs() + std::chrono::nanoseconds(options_.launch_timeout).count();
  SLUICE_ASSIGN_OR_RETURN(const net::Url url, net::ParseUrl(cluster.record.rest_url));
  while (true) {
    if (interrupted()) return Error(ErrorCode::kCancelled, "the start was interrupted");
    if (!IsAlive(cluster.job_manager)) {
      return Error(ErrorCode::kUnavailable,
                   "the JobManager ended while it started; its last words:\n" + LastOutput(folder));
    }
    if (FlinkClient(url).Ping().ok()) return {};
    if (clock_.MonotonicNs() > deadline) {
      return Error(ErrorCode::kTimeout, fmt::format("the JobManager's REST API did not answer within {} s",
                                                    options_.launch_timeout.count() / 1000));
    }
    clock_.Sleep(std::chrono::milliseconds(100));
  }
}

Result<EngineRecord> FlinkRunner::Join(const std::string& folder, const JobSpec& spec) {
  if (spec.program != ProgramKind::kJar) {
    return Error(ErrorCode::kNotSupported,
                 "not supported yet: SQL and Python programs on a cluster that is there already");
  }
  auto url = net::ParseUrl(spec.cluster_url);
  if (!url.ok()) return url.error().WithContext("clusterUrl of sluice.run.options");
  if (auto up = FlinkClient(*url).Ping(); !up.ok()) {
    return up.error().WithContext(fmt::format("the Flink cluster at {} does not answer", spec.cluster_url));
  }
  SLUICE_RETURN_IF_ERROR(MakeFolders(folder + "/logs"));
  Cluster cluster;
  cluster.record.rest_url = spec.cluster_url;
  cluster.record.shared = true;
  cluster.runtime = spec.runtime;
  SLUICE_RETURN_IF_ERROR(Save(folder, cluster));
  return cluster.record;
}

/// Our job ends, the cluster stays.
Status FlinkRunner::Leave(const std::string& folder, const Cluster& cluster) {
  auto url = net::ParseUrl(cluster.record.rest_url);
  if (url.ok() && !cluster.record.job_id.empty()) {
    const FlinkClient client(*url, cluster.record.job_id);
    const int64_t deadline = clock_.MonotonicNs() + std::chrono::nanoseconds(options_.launch_timeout).count();
    while (clock_.MonotonicNs() < deadline) {
      auto job = client.Job(cluster.record.job_id);
      if (!job.ok() || job->ended()) break;
      (void)client.Cancel(cluster.record.job_id);
      clock_.Sleep(std::chrono::milliseconds(200));
    }
  }
  return RemoveTree(FilePath(folder));
}

Result<EngineRecord> FlinkRunner::Launch(const std::string& folder, const JobSpec& spec,
                                         const Interruption& interrupted) {
  SLUICE_RETURN_IF_ERROR(End(folder, false));
  if (!spec.cluster_url.empty()) return Join(folder, spec);
  const FlinkDistribution* flink = FindFlinkDistribution(spec.runtime);
  if (flink == nullptr) {
    return Error(ErrorCode::kNotSupported,
                 fmt::format("not supported yet: Apache Flink for the runtime {}; there is {}", spec.runtime,
                             KnownFlinkRuntimes()));
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string distribution, Distribution(*flink, interrupted));
  for (int attempt = 1;; ++attempt) {
    SLUICE_ASSIGN_OR_RETURN(Cluster cluster, Prepare(folder, spec, *flink, distribution, interrupted));
    Status up = StartProcesses(folder, &cluster);
    if (up.ok()) up = AwaitRest(folder, cluster, interrupted);
    if (up.ok()) return cluster.record;
    (void)End(folder, false);
    // Somebody may have taken a port in between.
    if (up.error().code() != ErrorCode::kUnavailable || attempt == kPortAttempts) return up.error();
    logger_.Warn("the JobManager did not start; trying other ports", {{"error", up.error().message()}});
  }
}

Result<std::string> FlinkRunner::Stage(const std::string& folder, const EngineRecord& engine, const JobSpec& spec) {
  if (engine.shared) return EngineRunner::Stage(folder, engine, spec);
  if (spec.program == ProgramKind::kSql) return std::string();
  if (spec.program == ProgramKind::kPython) {
    const std::string program = folder + "/flink/program";
    SLUICE_RETURN_IF_ERROR(MakeFolders(program));
    SLUICE_RETURN_IF_ERROR(UnpackZip(spec.package_file, [&](const std::string& name) { return program + "/" + name; }));
    return program;
  }
  // The folder is the JobManager's own for uploads: what lies in it is uploaded, and half a gigabyte is not sent
  // around.
  const std::string name = Id128::New(random_).ToString() + "_package.jar";
  const std::string path = UploadFolder(folder) + "/" + name;
  std::error_code ec;
  fs::create_hard_link(spec.package_file, path, ec);
  if (ec) fs::copy_file(spec.package_file, path, ec);
  if (ec) return Error(ErrorCode::kIo, fmt::format("cannot copy {} to {}: {}", spec.package_file, path, ec.message()));
  return name;
}

Status FlinkRunner::SubmitByClient(const std::string& folder, const JobSpec& spec, const std::string& staged,
                                   const JobStart& start, const Interruption& interrupted) {
  auto cluster = LoadCluster(folder);
  const FlinkDistribution* flink = cluster ? FindFlinkDistribution(cluster->runtime) : nullptr;
  if (flink == nullptr) return Error(ErrorCode::kNotFound, "there is no Flink cluster in " + folder);
  FlinkClientPlace place;
  place.folder = folder + "/flink/client";
  place.distribution = options_.runtimes_folder + "/" + std::string(flink->runtime);
  place.java = cluster->client_command;
  place.class_path = cluster->class_path;
  place.environment = cluster->environment;
  place.cluster = cluster->configuration;
  place.version = flink->number;
  SLUICE_RETURN_IF_ERROR(MakeFolders(place.folder));
  if (spec.program == ProgramKind::kSql) return SubmitSql(place, spec, start, interrupted);
  const auto go_on = [&](std::string_view, int64_t, int64_t) { return !interrupted(); };
  SLUICE_ASSIGN_OR_RETURN(const std::string python, PreparePython(*flink, options_.runtimes_folder, go_on));
  return SubmitPython(place, spec, start, staged, python, interrupted);
}

Result<std::string> FlinkRunner::RunJar(const FlinkClient& client, const JobSpec& spec, const std::string& staged,
                                        const JobStart& start, bool with_configuration) {
  FlinkRunRequest run;
  run.parallelism = spec.parallelism;
  run.entry_class = spec.entry_class;
  run.program_args = spec.program_args;
  run.job_id = start.job_id;
  run.savepoints = start.savepoints;
  run.allow_non_restored = start.allow_non_restored;
  const FlinkDistribution* flink = FindFlinkDistribution(spec.runtime);
  if (with_configuration && flink != nullptr && flink->number >= FlinkVersion{1, 18}) {
    for (const auto& [key, value] : spec.configuration) run.configuration[SpellOption(key, flink->number)] = value;
  }
  auto job = client.Run(staged, run, start.timeout);
  if (job.ok()) return job;
  return Error(job.error().code(), WithRootCauseFirst(job.error().message()));
}

Result<std::string> FlinkRunner::RunJob(const std::string& folder, const EngineRecord& engine, const JobSpec& spec,
                                        const std::string& staged, const JobStart& wanted,
                                        const Interruption& interrupted) {
  SLUICE_ASSIGN_OR_RETURN(const net::Url url, net::ParseUrl(engine.rest_url));
  const FlinkClient client(url);
  JobStart start = wanted;
  if (engine.shared) {
    auto job = RunJar(client, spec, staged, start, true);
    (void)client.DeletePackage(staged);  // the job has what it needs of it
    return job;
  }
  if (start.same_job) {
    const std::string last = LastCheckpoint(CheckpointFolder(folder), start.job_id);
    if (!last.empty()) start.savepoints = {last};
  } else {
    // Checkpoints of jobs that this one takes the place of.
    SLUICE_RETURN_IF_ERROR(RemoveTree(CheckpointFolder(folder)));
    SLUICE_RETURN_IF_ERROR(MakeFolders(CheckpointFolder(folder)));
  }
  if (spec.program == ProgramKind::kJar) return RunJar(client, spec, staged, start, false);
  SLUICE_RETURN_IF_ERROR(SubmitByClient(folder, spec, staged, start, interrupted));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<FlinkJob> jobs, client.Jobs());
  if (jobs.empty()) return Error(ErrorCode::kInvalidArgument, "the program has ended without starting a job");
  return jobs.front().id;
}

Status FlinkRunner::RecordJob(const std::string& folder, const std::string& job_id, int64_t version) {
  auto cluster = LoadCluster(folder);
  if (!cluster) return Error(ErrorCode::kNotFound, "there is no Flink cluster in " + folder);
  cluster->record.job_id = job_id;
  cluster->record.version = version;
  return Save(folder, *cluster);
}

std::optional<EngineRecord> FlinkRunner::Adopt(const std::string& folder) {
  auto cluster = LoadCluster(folder);
  if (!cluster) return std::nullopt;
  if (!cluster->record.shared && (cluster->job_manager.pid == 0 || !IsAlive(cluster->job_manager))) return std::nullopt;
  return cluster->record;
}

bool FlinkRunner::Alive(const std::string& folder) {
  auto record = Adopt(folder);
  if (!record || !record->shared) return record.has_value();
  auto url = net::ParseUrl(record->rest_url);
  return url.ok() && FlinkClient(*url).Ping().ok();
}

std::string FlinkRunner::Tend(const std::string& folder) {
  auto cluster = LoadCluster(folder);
  if (!cluster || cluster->job_manager.pid == 0 || !IsAlive(cluster->job_manager)) return "";
  int restarted = 0;
  std::string problem;
  for (ProcessIdentity& process : cluster->task_managers) {
    if (IsAlive(process)) continue;
    auto started = StartDetached(cluster->task_manager_command, cluster->environment, folder + "/logs/engine.log");
    if (!started.ok()) {
      problem = started.error().message();
      continue;
    }
    process = *started;
    ++restarted;
  }
  if (restarted > 0) {
    if (auto saved = Save(folder, *cluster); !saved.ok()) problem = saved.error().message();
  }
  if (!problem.empty()) return "a TaskManager has ended and cannot be started: " + problem;
  return restarted == 0 ? "" : fmt::format("{} TaskManager(s) had ended and were started anew", restarted);
}

std::optional<EngineLoad> FlinkRunner::Load(const std::string& folder) {
  auto cluster = LoadCluster(folder);
  if (!cluster || cluster->record.shared) return std::nullopt;
  EngineLoad out;
  for (const ProcessIdentity& process : Processes(*cluster)) {
    auto seconds = process.pid == cluster->job_manager.pid ? std::nullopt : CpuSeconds(process);
    if (!seconds) continue;
    out.processes += fmt::format("{}/{} ", process.pid, process.start_ticks);
    out.cpu_seconds += *seconds;
  }
  return out;
}

std::string FlinkRunner::Outdated(const std::string& folder) {
  auto cluster = LoadCluster(folder);
  const FlinkDistribution* flink = cluster ? FindFlinkDistribution(cluster->runtime) : nullptr;
  auto distribution = flink == nullptr || cluster->record.shared ? Result<std::string>(Error(ErrorCode::kNotFound, ""))
                                                                 : runtimes_.Find(*flink);
  if (!distribution.ok()) return "";
  auto jars = JarsIn(*distribution + "/lib");
  const std::string installed = jars.ok() ? FlinkVersionIn(ClassPath(*jars)) : "";
  const std::string running = FlinkVersionIn(cluster->class_path);
  if (!IsNewerVersion(installed, running)) return "";
  return fmt::format("the engine runs Apache Flink {}, installed is {}", running, installed);
}

Status FlinkRunner::End(const std::string& folder, bool gently) {
  auto cluster = LoadCluster(folder);
  if (!cluster) return {};
  if (cluster->record.shared) return Leave(folder, *cluster);
  std::vector<ProcessIdentity> processes = Processes(*cluster);
  // First all are told, so that none waits for another.
  if (gently) {
    for (const ProcessIdentity& process : processes) TellToEnd(process);
  }
  const int64_t deadline = clock_.MonotonicNs() + std::chrono::nanoseconds(options_.end_grace).count();
  for (const ProcessIdentity& process : processes) {
    const int64_t left = gently ? std::max<int64_t>(0, deadline - clock_.MonotonicNs()) / 1'000'000 : 0;
    SLUICE_RETURN_IF_ERROR(EndProcess(process, std::chrono::milliseconds(left)));
  }
  SLUICE_RETURN_IF_ERROR(RemoveTree(folder + "/flink"));
  return RemoveTree(FilePath(folder));
}

std::string FlinkRunner::LastOutput(const std::string& folder) { return TailOf(folder + "/logs/engine.log"); }

std::string LastCheckpoint(const std::string& checkpoints, const std::string& job_id) {
  constexpr std::string_view kPrefix = "chk-";
  std::string folder = checkpoints + "/" + job_id;
  auto names = ListFolder(folder);
  if (!names.ok()) {
    auto jobs = ListFolder(checkpoints);
    if (!jobs.ok() || jobs->size() != 1) return "";
    folder = checkpoints + "/" + jobs->front();
    names = ListFolder(folder);
  }
  if (!names.ok()) return "";
  int64_t newest = -1;
  for (const std::string& name : *names) {
    int64_t number = -1;
    if (!name.starts_with(kPrefix)) continue;
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), number);
    // Flink writes this file last.
    if (number > newest && ReadFile(fmt::format("{}/{}/_metadata", folder, name)).ok()) newest = number;
  }
  return newest < 0 ? "" : fmt::format("{}/{}{}", folder, kPrefix, newest);
}

}  // namespace sluice::service
