#include "service/runner/kubernetes_jobs.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

#include "service/runner/flink_kubernetes.h"

namespace sluice::service {
namespace {

namespace json = boost::json;

constexpr const char* kKind = "flinkdeployments.flink.apache.org";
constexpr const char* kSnapshotKind = "flinkstatesnapshots.flink.apache.org";
constexpr const char* kStopAnnotation = "sluice/stop-trigger";

/// The member below these names; null if it is not there.
const json::value* At(const json::object& object, std::initializer_list<std::string_view> path) {
  const json::object* here = &object;
  const json::value* found = nullptr;
  for (std::string_view name : path) {
    if (here == nullptr) return nullptr;
    found = here->if_contains(name);
    here = found != nullptr && found->is_object() ? &found->as_object() : nullptr;
  }
  return found;
}

std::string TextAt(const json::object& object, std::initializer_list<std::string_view> path) {
  const json::value* found = At(object, path);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
}

int64_t NumberAt(const json::object& object, std::initializer_list<std::string_view> path) {
  const json::value* found = At(object, path);
  return found != nullptr && found->is_int64() ? found->as_int64() : 0;
}

Result<json::object> Parse(const std::string& text) {
  boost::system::error_code ec;
  json::value value = json::parse(text, ec);
  if (ec || !value.is_object()) return Error(ErrorCode::kData, "kubectl's answer is not a JSON object");
  return std::move(value.as_object());
}

bool IsSuspended(const json::object& deployment) {
  return TextAt(deployment, {"status", "lifecycleState"}) == "SUSPENDED";
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
  std::string out = TextAt(deployment, {"status", "jobStatus", "upgradeSavepointPath"});
  if (out.empty()) out = TextAt(deployment, {"status", "jobStatus", "savepointInfo", "lastSavepoint", "location"});
  return out.find('/') == std::string::npos ? "" : out;
}

}  // namespace

FlinkJob JobOf(const json::object& deployment) {
  FlinkJob out;
  out.id = TextAt(deployment, {"status", "jobStatus", "jobId"});
  out.state = TextAt(deployment, {"status", "jobStatus", "state"});
  const std::string lifecycle = TextAt(deployment, {"status", "lifecycleState"});
  if (lifecycle == "FAILED") out.state = "FAILED";
  if (lifecycle == "SUSPENDED") out.state = "FINISHED";
  if (out.state.empty()) out.state = "CREATED";
  out.vertices = 1;
  out.running_vertices =
      out.state == "RUNNING" && TextAt(deployment, {"status", "jobManagerDeploymentStatus"}) == "READY";
  out.finished_vertices = out.finished();
  out.all_ended = out.ended();
  return out;
}

std::string DeploymentError(const json::object& deployment) {
  const std::string text = TextAt(deployment, {"status", "error"});
  auto error = Parse(text);
  if (!error.ok()) return text;
  // {"type", "message", "throwableList": [{"type", "message"}…]}: the first cause is the last one.
  std::string out = TextAt(*error, {"message"});
  if (const json::value* causes = error->if_contains("throwableList"); causes != nullptr && causes->is_array()) {
    for (const json::value& cause : causes->as_array()) {
      const std::string message = cause.is_object() ? TextAt(cause.as_object(), {"message"}) : "";
      if (!message.empty()) out = message + "\n" + out;
    }
  }
  return out.empty() ? text : out;
}

Result<json::object> KubernetesJobs::Deployment() const {
  SLUICE_ASSIGN_OR_RETURN(const std::string text,
                          kubectl_.Run({"get", kKind, job_.name, "--namespace", job_.name_space, "--output=json"}));
  return Parse(text);
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
  if (TextAt(deployment, {"metadata", "annotations", kStopAnnotation}) == trigger_id) return StopSavepoint(deployment);
  FlinkSavepoint out;
  auto text =
      kubectl_.Run({"get", kSnapshotKind, SnapshotName(trigger_id), "--namespace", job_.name_space, "--output=json"});
  if (!text.ok()) {
    const bool older_operator = NumberAt(deployment, {"spec", "job", "savepointTriggerNonce"}) == Nonce(trigger_id);
    if (!older_operator) return Error(ErrorCode::kNotFound, text.error().message());
    out.done = NumberAt(deployment, {"status", "jobStatus", "savepointInfo", "lastSavepoint", "triggerNonce"}) ==
               Nonce(trigger_id);
    out.location = TextAt(deployment, {"status", "jobStatus", "savepointInfo", "lastSavepoint", "location"});
    return out;
  }
  SLUICE_ASSIGN_OR_RETURN(const json::object snapshot, Parse(*text));
  const std::string state = TextAt(snapshot, {"status", "state"});
  out.done = state == "COMPLETED" || state == "FAILED" || state == "ABANDONED";
  out.location = TextAt(snapshot, {"status", "path"});
  if (out.done && (state != "COMPLETED" || out.location.empty())) {
    out.failure = TextAt(snapshot, {"status", "error"});
    if (out.failure.empty()) out.failure = "the operator says " + state + ", and not why";
  }
  return out;
}

}  // namespace sluice::service
