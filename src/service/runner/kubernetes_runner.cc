#include "service/runner/kubernetes_runner.h"

#include <fmt/format.h>

#include "base/files.h"
#include "service/model/json_access.h"
#include "service/runner/engine_file.h"
#include "service/runner/flink_kubernetes.h"

namespace sluice::service {
namespace {

constexpr const char* kDeployment = "flinkdeployments.flink.apache.org";

std::string FilePath(const std::string& folder) { return folder + "/kubernetes.json"; }
std::string WorkFolder(const std::string& folder) { return folder + "/kubernetes"; }

}  // namespace

struct KubernetesRunner::Known {
  std::string name;
  std::string name_space;
  std::string state_uri;
  EngineRecord record;
};

std::optional<KubernetesRunner::Known> KubernetesRunner::LoadKnown(const std::string& folder) {
  const auto content = LoadEngineFile(FilePath(folder));
  if (!content) return std::nullopt;
  Known out{TextAt(*content, "name"), TextAt(*content, "namespace"), TextAt(*content, "state_uri"), RecordIn(*content)};
  // The operator's service of the JobManager: reachable from within the cluster.
  out.record.rest_url = fmt::format("http://{}-rest.{}:8081", out.name, out.name_space);
  return out;
}

Status KubernetesRunner::Save(const std::string& folder, const Known& known) {
  json::object content{{"name", known.name}, {"namespace", known.name_space}, {"state_uri", known.state_uri}};
  PutRecord(known.record, &content);
  return SaveEngineFile(FilePath(folder), std::move(content));
}

KubernetesJobs KubernetesRunner::JobsOf(const std::string& folder, const Known& known) const {
  return KubernetesJobs(
      kubectl_, {known.name, known.name_space, known.state_uri + "/savepoints", WorkFolder(folder) + "/snapshot.json"});
}

Result<EngineRecord> KubernetesRunner::Launch(const std::string& folder, const JobSpec& spec, const Interruption&) {
  const KubernetesOptions options = KubernetesOptionsOf(spec, options_.limits);
  // What is wrong with it is said before anything is changed.
  SLUICE_RETURN_IF_ERROR(KubernetesManifest(spec, options));
  auto kinds = kubectl_.Run({"get", kDeployment, "--namespace", options.name_space, "--output=name"});
  if (!kinds.ok()) {
    return kinds.error().WithContext("Kubernetes, or Flink's Kubernetes operator in it, cannot be used");
  }
  const std::string name = KubernetesName(spec.name);
  if (auto known = LoadKnown(folder); known && (known->name != name || known->name_space != options.name_space)) {
    SLUICE_RETURN_IF_ERROR(End(folder, false));
  }
  SLUICE_RETURN_IF_ERROR(MakeFolders(WorkFolder(folder)));
  SLUICE_RETURN_IF_ERROR(Save(folder, {name, options.name_space, options.state_uri, {}}));
  return LoadKnown(folder)->record;
}

Result<std::string> KubernetesRunner::Stage(const std::string&, const EngineRecord&, const JobSpec&) {
  return std::string();
}

Result<std::string> KubernetesRunner::RunJob(const std::string& folder, const EngineRecord&, const JobSpec& spec,
                                             const std::string&, const JobStart& start,
                                             const Interruption& interrupted) {
  auto known = LoadKnown(folder);
  if (!known) return Error(ErrorCode::kNotFound, "no deployment is known in " + folder);
  const KubernetesJobs jobs = JobsOf(folder, *known);
  KubernetesOptions options = KubernetesOptionsOf(spec, options_.limits);
  if (!start.savepoints.empty()) options.savepoint = start.savepoints.front();
  options.allow_non_restored = start.allow_non_restored;
  if (start.same_job && jobs.Deployment().ok()) {
    options.restart_nonce = clock_.NowMs();
  } else {
    SLUICE_RETURN_IF_ERROR(Delete(*known));
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string manifest, KubernetesManifest(spec, options));
  SLUICE_RETURN_IF_ERROR(kubectl_.Apply(manifest, WorkFolder(folder) + "/manifest.json"));
  return AwaitJob(jobs, start.timeout, interrupted);
}

Result<std::string> KubernetesRunner::AwaitJob(const KubernetesJobs& jobs, std::chrono::milliseconds timeout,
                                               const Interruption& interrupted) {
  const int64_t deadline = clock_.MonotonicNs() + std::chrono::nanoseconds(timeout).count();
  while (true) {
    if (interrupted()) return Error(ErrorCode::kCancelled, "the start was interrupted");
    SLUICE_ASSIGN_OR_RETURN(const json::object deployment, jobs.Deployment());
    const FlinkJob job = JobOf(deployment);
    const std::string error = DeploymentError(deployment);
    if (job.state == "FAILED") {
      return Error(ErrorCode::kInvalidArgument, error.empty() ? "the operator says that it has failed" : error);
    }
    if (!job.id.empty()) return job.id;
    if (clock_.MonotonicNs() > deadline) {
      return Error(ErrorCode::kTimeout,
                   fmt::format("Flink's Kubernetes operator had not started the job within {} s{}{}",
                               timeout.count() / 1000, error.empty() ? "" : ": ", error));
    }
    clock_.Sleep(options_.poll_interval);
  }
}

Status KubernetesRunner::RecordJob(const std::string& folder, const std::string& job_id, int64_t version) {
  return RecordJobIn(FilePath(folder), job_id, version);
}

std::optional<EngineRecord> KubernetesRunner::Adopt(const std::string& folder) {
  auto known = LoadKnown(folder);
  return known ? std::optional(known->record) : std::nullopt;
}

bool KubernetesRunner::Alive(const std::string& folder) {
  auto known = LoadKnown(folder);
  if (!known) return false;
  auto deployment = JobsOf(folder, *known).Deployment();
  return deployment.ok() || deployment.error().code() != ErrorCode::kNotFound;
}

std::unique_ptr<JobControl> KubernetesRunner::Control(const std::string& folder, const EngineRecord&) {
  auto known = LoadKnown(folder);
  return known ? std::make_unique<KubernetesJobs>(JobsOf(folder, *known)) : nullptr;
}

Status KubernetesRunner::Delete(const Known& known) const {
  const std::string timeout = fmt::format("--timeout={}s", options_.delete_timeout.count() / 1000);
  for (const char* kind : {kDeployment, "configmaps"}) {
    auto done = kubectl_.Run(
        {"delete", kind, known.name, "--namespace", known.name_space, "--ignore-not-found", "--wait", timeout});
    if (!done.ok()) return done.error();
  }
  return {};
}

Status KubernetesRunner::End(const std::string& folder, bool) {
  auto known = LoadKnown(folder);
  if (!known) return {};
  SLUICE_RETURN_IF_ERROR(Delete(*known));
  SLUICE_RETURN_IF_ERROR(RemoveTree(WorkFolder(folder)));
  return RemoveTree(FilePath(folder));
}

std::string KubernetesRunner::LastOutput(const std::string& folder) {
  auto known = LoadKnown(folder);
  auto deployment = known ? JobsOf(folder, *known).Deployment() : Error(ErrorCode::kNotFound, "");
  return deployment.ok() ? DeploymentError(*deployment) : deployment.error().message();
}

}  // namespace sluice::service
