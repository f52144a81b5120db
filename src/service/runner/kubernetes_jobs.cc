#include "service/runner/kubernetes_jobs.h"

#include <fmt/format.h>

#include <charconv>

#include "service/model/json_access.h"
#include "service/runner/flink_kubernetes.h"

namespace sluice::service {
namespace {

constexpr const char* kKind = "flinkdeployments.flink.apache.org";
constexpr const char* kSnapshotKind = "flinkstatesnapshots.flink.apache.org";
constexpr const char* kStopAnnotation = "sluice/stop-trigger";

using Path = std::initializer_list<std::string_view>;

/// The object that has the last of these names; null if one on the way is not there.
const json::object* OwnerOf(const json::object& object, Path path) {
  const json::object* here = &object;
  for (auto name = path.begin(); here != nullptr && name + 1 != path.end(); ++name) here = ObjectAt(*here, *name);
  return here;
}

std::string DeepText(const json::object& object, Path path) {
  const json::object* owner = OwnerOf(object, path);
  return owner != nullptr ? TextAt(*owner, *(path.end() - 1)) : "";
}

int64_t DeepNumber(const json::object& object, Path path) {
  const json::object* owner = OwnerOf(object, path);
  return owner != nullptr ? IntAt(*owner, *(path.end() - 1)) : 0;
}

Result<json::object> ParseAnswer(const std::string& text) { return ParseObject(text, "kubectl's answer"); }

bool IsSuspended(const json::object& deployment) {
  return DeepText(deployment, {"status", "lifecycleState"}) == "SUSPENDED";
}

/// A number that Kubernetes can hold for the trigger, never 0.
int64_t Nonce(const std::string& trigger_id) {
  uint64_t number = 0;
  const size_t begin = trigger_id.size() > 12 ? trigger_id.size() - 12 : 0;
  std::from_chars(trigger_id.data() + begin, trigger_id.data() + trigger_id.size(), number, 16);
  return static_cast<int64_t>(number) + 1;
}

/// Flink writes "KUBERNETES_…" and the like where a job has no savepoint but state in the cluster's own store.
std::string Location(const json::object& deployment) {
  std::string out = DeepText(deployment, {"status", "jobStatus", "upgradeSavepointPath"});
  if (out.empty()) out = DeepText(deployment, {"status", "jobStatus", "savepointInfo", "lastSavepoint", "location"});
  return out.find('/') == std::string::npos ? "" : out;
}

}  // namespace

FlinkJob JobOf(const json::object& deployment) {
  FlinkJob out;
  out.id = DeepText(deployment, {"status", "jobStatus", "jobId"});
  out.state = DeepText(deployment, {"status", "jobStatus", "state"});
  const std::string lifecycle = DeepText(deployment, {"status", "lifecycleState"});
  if (lifecycle == "FAILED") out.state = "FAILED";
  if (lifecycle == "SUSPENDED") out.state = "FINISHED";
  if (out.state.empty()) out.state = "CREATED";
  out.vertices = 1;
  out.running_vertices =
      out.state == "RUNNING" && DeepText(deployment, {"status", "jobManagerDeploymentStatus"}) == "READY";
  out.finished_vertices = out.finished();
  out.all_ended = out.ended();
  return out;
}

std::string DeploymentError(const json::object& deployment) {
  const std::string text = DeepText(deployment, {"status", "error"});
  auto error = ParseAnswer(text);
  if (!error.ok()) return text;
  // {"type", "message", "throwableList": [{"type", "message"}…]}: the first cause is the last one.
  std::string out = TextAt(*error, "message");
  if (const json::array* causes = ArrayAt(*error, "throwableList")) {
    for (const json::value& cause : *causes) {
      const std::string message = cause.is_object() ? TextAt(cause.as_object(), "message") : "";
      if (!message.empty()) out = message + "\n" + out;
    }
  }
  return out.empty() ? text : out;
}

Result<json::object> KubernetesJobs::Deployment() const {
  SLUICE_ASSIGN_OR_RETURN(const std::string text,
                          kubectl_.Run({"get", kKind, job_.name, "--namespace", job_.name_space, "--output=json"}));
  return ParseAnswer(text);
}

Status KubernetesJobs::Patch(const json::object& patch) const {
  auto done = kubectl_.Run({"patch", kKind, job_.name, "--namespace", job_.name_space, "--type=merge",
                            "--field-manager=sluice", "--patch", json::serialize(patch)});
  return done.ok() ? Status() : Status(done.error());
}

Result<std::vector<FlinkJob>> KubernetesJobs::Jobs() const {
  SLUICE_ASSIGN_OR_RETURN(FlinkJob job, AllJobs());
  return std::vector<FlinkJob>{std::move(job)};
}

Result<FlinkJob> KubernetesJobs::AllJobs() const {
  SLUICE_ASSIGN_OR_RETURN(const json::object deployment, Deployment());
  return JobOf(deployment);
}

Result<std::string> KubernetesJobs::RootException(const std::string&) const {
  SLUICE_ASSIGN_OR_RETURN(const json::object deployment, Deployment());
  return DeploymentError(deployment);
}

Result<std::string> KubernetesJobs::Plan(const std::string&) const {
  return Error(ErrorCode::kNotSupported, "not supported yet: the plan of a job on Kubernetes");
}

Status KubernetesJobs::Cancel(const std::string&) const {
  return Patch({{"spec", json::object{{"job", json::object{{"state", "suspended"}, {"upgradeMode", "stateless"}}}}}});
}

std::string KubernetesJobs::SnapshotName(const std::string& trigger_id) const {
  return job_.name + "-" + trigger_id.substr(0, std::min<size_t>(trigger_id.size(), 8)) +
         trigger_id.substr(trigger_id.size() - std::min<size_t>(trigger_id.size(), 4));
}

Status KubernetesJobs::TriggerSavepoint(const std::string&, const std::string&, const std::string& trigger_id,
                                        bool stop) const {
  if (stop) {
    return Patch({{"metadata", json::object{{"annotations", json::object{{kStopAnnotation, trigger_id}}}}},
                  {"spec", json::object{{"job", json::object{{"state", "suspended"}, {"upgradeMode", "savepoint"}}}}}});
  }
  const std::string snapshot =
      KubernetesSnapshot(SnapshotName(trigger_id), job_.name_space, job_.name, job_.savepoints);
  const Status asked = kubectl_.Apply(snapshot, job_.work_file);
  if (asked.ok() || asked.error().code() != ErrorCode::kNotSupported) return asked;
  return Patch({{"spec", json::object{{"job", json::object{{"savepointTriggerNonce", Nonce(trigger_id)}}}}}});
}

Result<FlinkSavepoint> KubernetesJobs::StopSavepoint(const json::object& deployment) const {
  FlinkSavepoint out;
  const std::string error = DeploymentError(deployment);
  if (IsSuspended(deployment)) {
    out.done = true;
    out.location = Location(deployment);
    if (out.location.empty()) out.failure = error.empty() ? "the operator took no savepoint" : error;
  } else if (!error.empty()) {
    out.done = true;
    out.failure = error;
    // The stop is given up: the job goes on.
    SLUICE_RETURN_IF_ERROR(Patch({{"metadata", json::object{{"annotations", json::object{{kStopAnnotation, nullptr}}}}},
                                  {"spec", json::object{{"job", json::object{{"state", "running"}}}}}}));
  }
  return out;
}

Result<FlinkSavepoint> KubernetesJobs::Savepoint(const std::string&, const std::string& trigger_id) const {
  SLUICE_ASSIGN_OR_RETURN(const json::object deployment, Deployment());
  if (DeepText(deployment, {"metadata", "annotations", kStopAnnotation}) == trigger_id)
    return StopSavepoint(deployment);
  FlinkSavepoint out;
  auto text =
      kubectl_.Run({"get", kSnapshotKind, SnapshotName(trigger_id), "--namespace", job_.name_space, "--output=json"});
  if (!text.ok()) {
    const bool older_operator = DeepNumber(deployment, {"spec", "job", "savepointTriggerNonce"}) == Nonce(trigger_id);
    if (!older_operator) return Error(ErrorCode::kNotFound, text.error().message());
    out.done = DeepNumber(deployment, {"status", "jobStatus", "savepointInfo", "lastSavepoint", "triggerNonce"}) ==
               Nonce(trigger_id);
    out.location = DeepText(deployment, {"status", "jobStatus", "savepointInfo", "lastSavepoint", "location"});
    return out;
  }
  SLUICE_ASSIGN_OR_RETURN(const json::object snapshot, ParseAnswer(*text));
  const std::string state = DeepText(snapshot, {"status", "state"});
  out.done = state == "COMPLETED" || state == "FAILED" || state == "ABANDONED";
  out.location = DeepText(snapshot, {"status", "path"});
  if (out.done && (state != "COMPLETED" || out.location.empty())) {
    out.failure = DeepText(snapshot, {"status", "error"});
    if (out.failure.empty()) out.failure = "the operator says " + state + ", and not why";
  }
  return out;
}

}  // namespace sluice::service
