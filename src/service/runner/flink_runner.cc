#include "service/runner/flink_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "base/files.h"
#include "base/ids.h"
#include "service/runner/control_group.h"
#include "service/runner/flink_checkpoints.h"
#include "service/runner/flink_client.h"
#include "service/runner/flink_composition.h"
#include "service/runner/flink_submission.h"
#include "service/runtimes/java_runtime.h"
#include "service/runtimes/python_runtime.h"

namespace sluice::service {
namespace {

namespace fs = std::filesystem;

constexpr int kPortAttempts = 3;

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

}  // namespace

FlinkRunner::FlinkRunner(FlinkRunnerOptions options, net::EnvLookup environment, PackageViewSource* views, Clock& clock,
                         Random& random, Logger logger)
    : options_(std::move(options)),
      runtimes_(options_.runtimes_folder, environment),
      environment_(std::move(environment)),
      views_(views),
      clock_(clock),
      random_(random),
      logger_(logger.For("flink")) {
  if (options_.control_groups.empty()) {
    auto self = ReadFile("/proc/self/cgroup");
    options_.control_groups = OwnControlGroup(self.ok() ? *self : "");
  }
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

Result<FlinkCluster> FlinkRunner::Prepare(const std::string& folder, const JobSpec& spec,
                                          const FlinkDistribution& flink, const std::string& distribution) {
  SLUICE_ASSIGN_OR_RETURN(const JavaRuntime java, ChooseJava(flink, FindJavaRuntimes(environment_)));
  PackageView view;
  if (views_ != nullptr) {
    SLUICE_ASSIGN_OR_RETURN(view, views_->ViewFor(folder, spec));
  }
  return ComposeFlinkCluster(folder, spec, flink, distribution, java, std::move(view), options_.limits,
                             Id128::New(random_).ToString());
}

Result<ProcessIdentity> FlinkRunner::StartProcess(const std::string& folder, const FlinkCluster& cluster,
                                                  const std::vector<std::string>& command) {
  SLUICE_ASSIGN_OR_RETURN(ProcessIdentity process,
                          StartDetached(command, cluster.environment, folder + "/logs/engine.log"));
  if (cluster.control_group.empty()) return process;
  if (auto joined = JoinControlGroup(cluster.control_group, process.pid); !joined.ok()) {
    logger_.Warn("a process runs without limits", {{"error", joined.error().message()}});
  }
  return process;
}

void FlinkRunner::LimitResources(FlinkCluster* cluster) {
  // A core for each KPU, and one for the JobManager.
  const ControlGroupLimits limits{cluster->memory_mib << 20, cluster->kpus + 1.0};
  auto group = options_.control_groups.empty()
                   ? Result<std::string>(Error(ErrorCode::kNotFound, "there is no cgroup (version 2) with controllers"))
                   : MakeControlGroup(options_.control_groups, "sluice-" + cluster->token, limits);
  if (group.ok()) {
    cluster->control_group = *group;
  } else if (!told_about_limits_.exchange(true)) {
    logger_.Info("memory and CPU of Apache Flink's processes are not limited", {{"why", group.error().message()}});
  }
}

Status FlinkRunner::StartProcesses(const std::string& folder, FlinkCluster* cluster) {
  LimitResources(cluster);
  SLUICE_RETURN_IF_ERROR(SaveFlinkCluster(folder, *cluster));
  SLUICE_ASSIGN_OR_RETURN(cluster->job_manager, StartProcess(folder, *cluster, cluster->job_manager_command));
  for (int i = 0; i < cluster->task_manager_count; ++i) {
    SLUICE_ASSIGN_OR_RETURN(ProcessIdentity process, StartProcess(folder, *cluster, cluster->task_manager_command));
    cluster->task_managers.push_back(std::move(process));
  }
  return SaveFlinkCluster(folder, *cluster);
}

Status FlinkRunner::AwaitRest(const std::string& folder, const FlinkCluster& cluster, const Interruption& interrupted) {
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

Result<EngineRecord> FlinkRunner::Launch(const std::string& folder, const JobSpec& spec,
                                         const Interruption& interrupted) {
  SLUICE_RETURN_IF_ERROR(End(folder, false));
  const FlinkDistribution* flink = FindFlinkDistribution(spec.runtime);
  if (flink == nullptr) {
    return Error(ErrorCode::kNotSupported,
                 fmt::format("not supported yet: Apache Flink for the runtime {}; there is {}", spec.runtime,
                             KnownFlinkRuntimes()));
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string distribution, Distribution(*flink, interrupted));
  for (int attempt = 1;; ++attempt) {
    SLUICE_ASSIGN_OR_RETURN(FlinkCluster cluster, Prepare(folder, spec, *flink, distribution));
    Status up = StartProcesses(folder, &cluster);
    if (up.ok()) up = AwaitRest(folder, cluster, interrupted);
    if (up.ok()) return cluster.record;
    // Also if a force stop, which does not wait for us, has removed the file already.
    (void)EndProcesses(cluster, false);
    (void)End(folder, false);
    // Somebody may have taken a port in between.
    if (up.error().code() != ErrorCode::kUnavailable || attempt == kPortAttempts) return up.error();
    logger_.Warn("the JobManager did not start; trying other ports", {{"error", up.error().message()}});
  }
}

Result<std::string> FlinkRunner::Stage(const std::string& folder, const EngineRecord&, const JobSpec& spec) {
  if (spec.program == ProgramKind::kSql) return std::string();
  if (spec.program == ProgramKind::kPython) return UnpackPython(folder, spec);
  // The folder is the JobManager's own for uploads: what lies in it is uploaded, and half a gigabyte is not sent
  // around.
  const std::string name = Id128::New(random_).ToString() + "_package.jar";
  const std::string path = FlinkUploadFolder(folder) + "/" + name;
  std::error_code ec;
  fs::create_hard_link(spec.package_file, path, ec);
  if (ec) fs::copy_file(spec.package_file, path, ec);
  if (ec) return Error(ErrorCode::kIo, fmt::format("cannot copy {} to {}: {}", spec.package_file, path, ec.message()));
  return name;
}

Status FlinkRunner::SubmitByClient(const std::string& folder, const JobSpec& spec, const std::string& staged,
                                   const JobStart& start, const Interruption& interrupted) {
  auto cluster = LoadFlinkCluster(folder);
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
  if (spec.program == ProgramKind::kSql) {
    JobStart sql_start = start;
    sql_start.job_id.clear();  // a script may have several jobs
    return SubmitSql(place, spec, sql_start, interrupted);
  }
  const auto go_on = [&](std::string_view, int64_t, int64_t) { return !interrupted(); };
  SLUICE_ASSIGN_OR_RETURN(const std::string python, PreparePython(*flink, options_.runtimes_folder, go_on));
  return SubmitPython(place, spec, start, staged, {python, python}, interrupted);
}

Result<std::string> FlinkRunner::RunJob(const std::string& folder, const EngineRecord& engine, const JobSpec& spec,
                                        const std::string& staged, const JobStart& wanted,
                                        const Interruption& interrupted) {
  SLUICE_ASSIGN_OR_RETURN(const net::Url url, net::ParseUrl(engine.rest_url));
  const FlinkClient client(url);
  JobStart start = wanted;
  if (start.same_job) {
    const std::string last = LastCheckpoint(FlinkCheckpointFolder(folder), start.job_id);
    if (!last.empty()) start.savepoints = {last};
  } else {
    // Checkpoints of jobs that this one takes the place of.
    SLUICE_RETURN_IF_ERROR(RemoveTree(FlinkCheckpointFolder(folder)));
    SLUICE_RETURN_IF_ERROR(MakeFolders(FlinkCheckpointFolder(folder)));
  }
  if (spec.program == ProgramKind::kJar) return SubmitJar(client, spec, staged, start, {});
  SLUICE_RETURN_IF_ERROR(SubmitByClient(folder, spec, staged, start, interrupted));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<FlinkJob> jobs, client.Jobs());
  if (jobs.empty()) return Error(ErrorCode::kInvalidArgument, "the program has ended without starting a job");
  return jobs.front().id;
}

Status FlinkRunner::RecordJob(const std::string& folder, const std::string& job_id, int64_t version) {
  auto cluster = LoadFlinkCluster(folder);
  if (!cluster) return Error(ErrorCode::kNotFound, "there is no Flink cluster in " + folder);
  cluster->record.job_id = job_id;
  cluster->record.version = version;
  return SaveFlinkCluster(folder, *cluster);
}

std::optional<EngineRecord> FlinkRunner::Adopt(const std::string& folder) {
  auto cluster = LoadFlinkCluster(folder);
  if (!cluster || cluster->job_manager.pid == 0 || !IsAlive(cluster->job_manager)) return std::nullopt;
  return cluster->record;
}

bool FlinkRunner::Alive(const std::string& folder) { return Adopt(folder).has_value(); }

std::string FlinkRunner::Tend(const std::string& folder) {
  if (auto kept = KeepLogsSmall(folder, options_.logs); !kept.ok()) {
    logger_.Warn("a log cannot be rotated", {{"error", kept.error().message()}});
  }
  auto cluster = LoadFlinkCluster(folder);
  if (!cluster || cluster->job_manager.pid == 0 || !IsAlive(cluster->job_manager)) return "";
  int restarted = 0;
  std::string problem;
  for (ProcessIdentity& process : cluster->task_managers) {
    if (IsAlive(process)) continue;
    auto started = StartProcess(folder, *cluster, cluster->task_manager_command);
    if (!started.ok()) {
      problem = started.error().message();
      continue;
    }
    process = *started;
    ++restarted;
  }
  if (restarted > 0) {
    if (auto saved = SaveFlinkCluster(folder, *cluster); !saved.ok()) problem = saved.error().message();
  }
  if (!problem.empty()) return "a TaskManager has ended and cannot be started: " + problem;
  return restarted == 0 ? "" : fmt::format("{} TaskManager(s) had ended and were started anew", restarted);
}

std::optional<EngineLoad> FlinkRunner::Load(const std::string& folder) {
  auto cluster = LoadFlinkCluster(folder);
  if (!cluster) return std::nullopt;
  EngineLoad out;
  for (const ProcessIdentity& process : ProcessesOf(*cluster)) {
    auto seconds = process.pid == cluster->job_manager.pid ? std::nullopt : CpuSeconds(process);
    if (!seconds) continue;
    out.processes += fmt::format("{}/{} ", process.pid, process.start_ticks);
    out.cpu_seconds += *seconds;
  }
  return out;
}

std::string FlinkRunner::Outdated(const std::string& folder) {
  auto cluster = LoadFlinkCluster(folder);
  const FlinkDistribution* flink = cluster ? FindFlinkDistribution(cluster->runtime) : nullptr;
  auto distribution = flink == nullptr ? Result<std::string>(Error(ErrorCode::kNotFound, "")) : runtimes_.Find(*flink);
  if (!distribution.ok()) return "";
  auto jars = JarsIn(*distribution + "/lib");
  const std::string installed = jars.ok() ? FlinkVersionIn(FlinkClassPath(*jars)) : "";
  const std::string running = FlinkVersionIn(cluster->class_path);
  if (!IsNewerVersion(installed, running)) return "";
  return fmt::format("the engine runs Apache Flink {}, installed is {}", running, installed);
}

Status FlinkRunner::EndProcesses(const FlinkCluster& cluster, bool gently) {
  const std::vector<ProcessIdentity> processes = ProcessesOf(cluster);
  // First all are told, so that none waits for another.
  if (gently) {
    for (const ProcessIdentity& process : processes) TellToEnd(process);
  }
  const int64_t deadline = clock_.MonotonicNs() + std::chrono::nanoseconds(options_.end_grace).count();
  for (const ProcessIdentity& process : processes) {
    const int64_t left = gently ? std::max<int64_t>(0, deadline - clock_.MonotonicNs()) / 1'000'000 : 0;
    SLUICE_RETURN_IF_ERROR(EndProcess(process, std::chrono::milliseconds(left)));
  }
  return {};
}

Status FlinkRunner::End(const std::string& folder, bool gently) {
  auto cluster = LoadFlinkCluster(folder);
  if (!cluster) return {};
  SLUICE_RETURN_IF_ERROR(EndProcesses(*cluster, gently));
  if (!cluster->control_group.empty()) RemoveControlGroup(cluster->control_group);
  SLUICE_RETURN_IF_ERROR(RemoveTree(folder + "/flink"));
  return ForgetFlinkCluster(folder);
}

std::string FlinkRunner::LastOutput(const std::string& folder) { return TailOf(folder + "/logs/engine.log"); }

}  // namespace sluice::service
