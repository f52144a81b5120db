#include "service/runner/flink_session_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/files.h"
#include "base/ids.h"
#include "base/random.h"
#include "service/model/json_access.h"
#include "service/runner/application_log.h"
#include "service/runner/engine_file.h"
#include "service/runner/flink_checkpoints.h"
#include "service/runner/flink_client.h"
#include "service/runner/flink_composition.h"
#include "service/runtimes/java_runtime.h"
#include "service/runtimes/python_runtime.h"

namespace sluice::service {
namespace {

std::string FilePath(const std::string& folder) { return folder + "/flink_session.json"; }

std::optional<EngineRecord> LoadRecord(const std::string& folder) {
  const auto content = LoadEngineFile(FilePath(folder));
  if (!content) return std::nullopt;
  EngineRecord out = RecordIn(*content);
  out.shared = true;
  return out;
}

Status Save(const std::string& folder, const EngineRecord& record) {
  boost::json::object content;
  PutRecord(record, &content);
  return SaveEngineFile(FilePath(folder), std::move(content));
}

/// What a job on somebody's cluster is to have of its own: the rest is the cluster's.
FlinkOptionMap JobConfiguration(const std::string& folder, const JobSpec& spec) {
  FlinkOptionMap out = spec.configuration;
  out["execution.checkpointing.dir"] = "file://" + FlinkCheckpointFolder(folder);
  // They go when another job takes this one's place.
  out["execution.checkpointing.externalized-checkpoint-retention"] = "RETAIN_ON_CANCELLATION";
  return out;
}

/// The ids of the property groups that a program would look for in /etc/flink; those of ours are not for it.
std::string GroupsForTheProgram(const JobSpec& spec) {
  boost::system::error_code ec;
  const json::value groups = json::parse(spec.application_properties, ec);
  std::string out;
  if (ec || !groups.is_array()) return out;
  for (const json::value& group : groups.as_array()) {
    const std::string id = group.is_object() ? TextAt(group.as_object(), "PropertyGroupId") : "";
    if (!id.empty() && !id.starts_with("sluice.")) out += (out.empty() ? "" : ", ") + id;
  }
  return out;
}

}  // namespace

Result<EngineRecord> FlinkSessionRunner::Launch(const std::string& folder, const JobSpec& spec,
                                                const Interruption& interrupted) {
  auto url = net::ParseUrl(spec.cluster_url);
  if (!url.ok()) return url.error().WithContext("clusterUrl of sluice.run.options");
  // A cluster whose job was lost may be on its way back.
  const auto patience = LoadRecord(folder) ? options_.return_timeout : options_.answer_timeout;
  SLUICE_RETURN_IF_ERROR(End(folder, false));
  EngineRecord record;
  record.rest_url = spec.cluster_url;
  record.shared = true;
  SLUICE_RETURN_IF_ERROR(MakeFolders(folder + "/logs"));
  SLUICE_RETURN_IF_ERROR(Save(folder, record));
  const int64_t deadline = clock_.MonotonicNs() + std::chrono::nanoseconds(patience).count();
  while (true) {
    const Status up = FlinkClient(*url).Ping();
    if (up.ok()) {
      TellWhatIsMissing(folder, spec);
      return record;
    }
    if (interrupted()) return Error(ErrorCode::kCancelled, "the start was interrupted");
    if (clock_.MonotonicNs() > deadline) {
      (void)End(folder, false);
      return up.error().WithContext(fmt::format("the Flink cluster at {} does not answer", spec.cluster_url));
    }
    clock_.Sleep(std::chrono::milliseconds(200));
  }
}

void FlinkSessionRunner::TellWhatIsMissing(const std::string& folder, const JobSpec& spec) const {
  const std::string groups = spec.program == ProgramKind::kJar ? GroupsForTheProgram(spec) : "";
  if (groups.empty()) return;
  ApplicationLog(folder + "/logs/application.log", spec.arn, clock_)
      .Write("WARN", spec.version,
             fmt::format("The program does not see the property groups {}: the cluster {} is not the service's, which "
                         "cannot put them to /etc/flink there. Give it what it is to know as programArgs of "
                         "sluice.run.options.",
                         groups, spec.cluster_url));
}

Result<std::string> FlinkSessionRunner::Stage(const std::string& folder, const EngineRecord& engine,
                                              const JobSpec& spec) {
  if (spec.program == ProgramKind::kSql) return std::string();
  if (spec.program == ProgramKind::kPython) {
    SLUICE_RETURN_IF_ERROR(RemoveTree(folder + "/flink"));
    return UnpackPython(folder, spec);
  }
  SLUICE_ASSIGN_OR_RETURN(const net::Url url, net::ParseUrl(engine.rest_url));
  SLUICE_ASSIGN_OR_RETURN(std::string bytes, ReadFile(spec.package_file));
  return FlinkClient(url).UploadPackage("package.jar", std::move(bytes));  // Flink takes no other endings
}

Result<std::string> FlinkSessionRunner::RunJob(const std::string& folder, const EngineRecord& engine,
                                               const JobSpec& spec, const std::string& staged, const JobStart& wanted,
                                               const Interruption& interrupted) {
  SLUICE_ASSIGN_OR_RETURN(const net::Url url, net::ParseUrl(engine.rest_url));
  const FlinkClient client(url);
  JobStart start = wanted;
  const std::string checkpoints = FlinkCheckpointFolder(folder);
  if (start.same_job) {
    const std::string last = NewestCheckpoint(checkpoints);
    if (!last.empty()) start.savepoints = {last};
    // A cluster never runs a job again that has ended under this id.
    if (client.Job(start.job_id).ok()) {
      SystemRandom random;
      start.job_id = Id128::New(random).ToString();
    }
  } else {
    SLUICE_RETURN_IF_ERROR(RemoveTree(checkpoints));
  }
  SLUICE_RETURN_IF_ERROR(MakeFolders(checkpoints));
  // Whatever happens to this call, the job that it may have begun can be ended.
  EngineRecord record = engine;
  record.job_id = start.job_id;
  record.version = 0;
  SLUICE_RETURN_IF_ERROR(Save(folder, record));
  if (spec.program != ProgramKind::kJar) return RunByClient(folder, engine, spec, staged, start, interrupted);
  auto job = SubmitJar(client, spec, staged, start, JobConfiguration(folder, spec));
  (void)client.DeletePackage(staged);  // the job has what it needs of it
  return job;
}

Result<FlinkClientPlace> FlinkSessionRunner::ClientPlace(const std::string& folder, const net::Url& cluster,
                                                         const FlinkDistribution& flink, const JobSpec& spec) {
  const RuntimeStore runtimes(options_.runtimes_folder, environment_);
  FlinkClientPlace place;
  SLUICE_ASSIGN_OR_RETURN(place.distribution, runtimes.Find(flink));
  SLUICE_ASSIGN_OR_RETURN(const JavaRuntime java, ChooseJava(flink, FindJavaRuntimes(environment_)));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> jars, JarsIn(place.distribution + "/lib"));
  PackageView view;
  if (views_ != nullptr && spec.program == ProgramKind::kPython) {
    SLUICE_ASSIGN_OR_RETURN(view, views_->ViewFor(folder, spec));
  }
  place.folder = folder + "/flink/client";
  SLUICE_RETURN_IF_ERROR(RemoveTree(place.folder));
  SLUICE_RETURN_IF_ERROR(MakeFolders(place.folder + "/tmp"));
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(place.folder + "/log4j2.properties",
                                             LogConfigurationText(spec, folder + "/logs/application.log")));
  place.java = JavaCommand(view, java, place.folder + "/log4j2.properties", place.folder + "/tmp");
  place.class_path = FlinkClassPath(jars);
  place.environment = std::move(view.environment);
  std::ranges::move(DistributionEnvironment(place.distribution), std::back_inserter(place.environment));
  for (const auto& [key, value] : JobConfiguration(folder, spec)) place.cluster[SpellOption(key, flink.number)] = value;
  place.cluster["parallelism.default"] = std::to_string(spec.parallelism);
  place.cluster["jobmanager.rpc.address"] = place.cluster["rest.address"] = cluster.host;
  place.cluster["rest.port"] = std::to_string(cluster.port);
  place.version = flink.number;
  return place;
}

Result<std::string> FlinkSessionRunner::RunByClient(const std::string& folder, const EngineRecord& engine,
                                                    const JobSpec& spec, const std::string& staged,
                                                    const JobStart& start, const Interruption& interrupted) {
  SLUICE_ASSIGN_OR_RETURN(const net::Url url, net::ParseUrl(engine.rest_url));
  const FlinkDistribution* flink = FindFlinkDistribution(spec.runtime);
  if (flink == nullptr || url.scheme != "http" || url.target.size() > 1) {
    return Error(ErrorCode::kNotSupported,
                 fmt::format("not supported yet: SQL and Python of {} on the cluster {}; its URL must be "
                             "http://HOST:PORT and the runtime one of {}",
                             spec.runtime, engine.rest_url, KnownFlinkRuntimes()));
  }
  SLUICE_ASSIGN_OR_RETURN(const FlinkClientPlace place, ClientPlace(folder, url, *flink, spec));
  if (spec.program == ProgramKind::kSql) {
    SLUICE_RETURN_IF_ERROR(SubmitSql(place, spec, start, interrupted));
  } else {
    const auto go_on = [&](std::string_view, int64_t, int64_t) { return !interrupted(); };
    SLUICE_ASSIGN_OR_RETURN(const std::string python, PreparePython(*flink, options_.runtimes_folder, go_on));
    SLUICE_RETURN_IF_ERROR(SubmitPython(place, spec, start, staged, {.client = python, .workers = ""}, interrupted));
  }
  if (!FlinkClient(url).Job(start.job_id).ok()) {
    return Error(ErrorCode::kInvalidArgument, "the program has ended without starting a job");
  }
  return start.job_id;
}

Status FlinkSessionRunner::RecordJob(const std::string& folder, const std::string& job_id, int64_t version) {
  return RecordJobIn(FilePath(folder), job_id, version);
}

std::optional<EngineRecord> FlinkSessionRunner::Adopt(const std::string& folder) { return LoadRecord(folder); }

bool FlinkSessionRunner::Alive(const std::string& folder) {
  auto record = LoadRecord(folder);
  if (!record) return false;
  auto url = net::ParseUrl(record->rest_url);
  const bool answers = url.ok() && FlinkClient(*url).Ping().ok();
  std::lock_guard lock(mutex_);
  if (answers) {
    silent_since_ns_.erase(folder);
    return true;
  }
  const int64_t now = clock_.MonotonicNs();
  const int64_t since = silent_since_ns_.emplace(folder, now).first->second;
  return now - since < std::chrono::nanoseconds(options_.lost_after).count();
}

Status FlinkSessionRunner::End(const std::string& folder, bool) {
  auto record = LoadRecord(folder);
  if (!record) return {};
  auto url = net::ParseUrl(record->rest_url);
  if (url.ok() && !record->job_id.empty()) {
    const FlinkClient client(*url, record->job_id);
    const int64_t deadline = clock_.MonotonicNs() + std::chrono::nanoseconds(options_.leave_timeout).count();
    while (clock_.MonotonicNs() < deadline) {
      auto job = client.Job(record->job_id);
      if (!job.ok() || job->ended()) break;
      (void)client.Cancel(record->job_id);
      clock_.Sleep(std::chrono::milliseconds(100));
    }
  }
  {
    std::lock_guard lock(mutex_);
    silent_since_ns_.erase(folder);
  }
  SLUICE_RETURN_IF_ERROR(RemoveTree(folder + "/flink"));
  return RemoveTree(FilePath(folder));
}

std::string FlinkSessionRunner::LastOutput(const std::string& folder) {
  auto record = LoadRecord(folder);
  return record ? "the Flink cluster at " + record->rest_url + " does not answer" : "";
}

}  // namespace sluice::service
