#include "service/runner/flink_kubernetes.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>

#include "net/digest.h"

namespace sluice::service {
namespace {

namespace json = boost::json;

constexpr size_t kLongestName = 45;
constexpr const char* kVolume = "application-properties";

/// The operator's own word for a version: "v2_3".
std::string OperatorVersion(FlinkVersion version) { return fmt::format("v{}_{}", version.major, version.minor); }

json::object Configuration(const JobSpec& spec, FlinkVersion version, const KubernetesOptions& options, int slots) {
  FlinkOptionMap wanted = {{"state.backend.type", "rocksdb"}, {"execution.checkpointing.incremental", "true"}};
  for (const auto& [key, value] : spec.configuration) wanted[key] = value;
  wanted["execution.checkpointing.dir"] = options.state_uri + "/checkpoints";
  wanted["execution.checkpointing.savepoint-dir"] = options.state_uri + "/savepoints";
  // The operator restores a job from its last checkpoint after the JobManager was lost.
  wanted["high-availability.type"] = "kubernetes";
  wanted["high-availability.storageDir"] = options.state_uri + "/ha";
  wanted["taskmanager.numberOfTaskSlots"] = std::to_string(slots);
  // The operator has a Flink of its own, older often than the job's: it must find the savepoints' folder, too.
  const FlinkVersion spelling = version.major < 2 ? std::min(version, FlinkVersion{1, 19}) : version;
  json::object out;
  for (const auto& [key, value] : wanted) out[SpellOption(key, spelling)] = value;
  return out;
}

/// Every container of the job's pods sees the runtime properties where applications look for them.
json::object PodTemplate(const std::string& name, const std::string& state_uri, std::string_view flink_version) {
  const json::object mount{{"name", kVolume}, {"mountPath", "/etc/flink"}, {"readOnly", true}};
  json::object container{{"name", "flink-main-container"}, {"volumeMounts", json::array{mount}}};
  if (state_uri.starts_with("s3")) {
    // Flink's own image has the file system in it, switched off.
    container["env"] = json::array{json::object{{"name", "ENABLE_BUILT_IN_PLUGINS"},
                                                {"value", fmt::format("flink-s3-fs-hadoop-{}.jar", flink_version)}}};
  }
  const json::object volume{{"name", kVolume}, {"configMap", json::object{{"name", name}}}};
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"spec", json::object{{"containers", json::array{container}}, {"volumes", json::array{volume}}}}};
}

json::object Job(const JobSpec& spec, const KubernetesOptions& options) {
  json::object job{{"jarURI", options.jar_uri},
                   {"parallelism", spec.parallelism},
                   {"upgradeMode", "savepoint"},
                   {"state", "running"}};
  if (!spec.entry_class.empty()) job["entryClass"] = spec.entry_class;
  if (!options.savepoint.empty()) {
    job["initialSavepointPath"] = options.savepoint;
    job["allowNonRestoredState"] = options.allow_non_restored;
  }
  if (options.restart_nonce != 0) job["upgradeMode"] = "last-state";
  if (!spec.program_args.empty()) job["args"] = json::value_from(spec.program_args);
  return job;
}

}  // namespace

KubernetesOptions KubernetesOptionsOf(const JobSpec& spec, const FlinkLimits& limits) {
  KubernetesOptions out;
  const auto read = [&](const char* key, std::string* to) {
    if (auto found = spec.run_options.find(key); found != spec.run_options.end()) *to = found->second;
  };
  read("jarUri", &out.jar_uri);
  read("stateUri", &out.state_uri);
  read("namespace", &out.name_space);
  read("image", &out.image);
  read("serviceAccount", &out.service_account);
  while (out.state_uri.ends_with('/')) out.state_uri.pop_back();
  out.limits = limits;
  return out;
}

std::string KubernetesSnapshot(const std::string& name, const std::string& name_space, const std::string& deployment,
                               const std::string& folder) {
  return json::serialize(json::object{
      {"apiVersion", "flink.apache.org/v1beta1"},
      {"kind", "FlinkStateSnapshot"},
      {"metadata", json::object{{"name", name}, {"namespace", name_space}}},
      {"spec", json::object{{"backoffLimit", 0},
                            {"jobReference", json::object{{"kind", "FlinkDeployment"}, {"name", deployment}}},
                            // Who deletes the object keeps the savepoint: it is the application's snapshot.
                            {"savepoint", json::object{{"path", folder}, {"disposeOnDelete", false}}}}}});
}

std::string KubernetesName(const std::string& application) {
  std::string out;
  bool lost = false;
  for (char c : application) {
    const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool fits = std::isalnum(static_cast<unsigned char>(lower)) != 0 || lower == '-';
    out += fits ? lower : '-';
    lost = lost || !fits || lower != c;
  }
  if (out.empty() || std::isalpha(static_cast<unsigned char>(out[0])) == 0) {
    out.insert(0, "a-");
    lost = true;
  }
  lost = lost || out.size() > kLongestName || out.ends_with('-');
  if (!lost) return out;
  const std::string end = "-" + net::Hex(net::Sha256(application)).substr(0, 6);
  return out.substr(0, kLongestName - end.size()) + end;
}

Result<std::string> KubernetesManifest(const JobSpec& spec, const KubernetesOptions& options) {
  const FlinkDistribution* flink = FindFlinkDistribution(spec.runtime);
  if (spec.program != ProgramKind::kJar || flink == nullptr) {
    return Error(ErrorCode::kNotSupported,
                 fmt::format("not supported yet: manifests for Kubernetes of other programs than JARs for one of {}",
                             KnownFlinkRuntimes()));
  }
  if (options.jar_uri.empty() || options.state_uri.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "a manifest needs the URI of the JAR and the URI of a folder for checkpoints and savepoints that the "
                 "pods can reach, such as s3://bucket/state");
  }
  const TaskManagerPlan plan = PlanTaskManagers(spec.parallelism, spec.parallelism_per_kpu, options.limits);
  const std::string name = KubernetesName(spec.name);
  const json::object metadata{
      {"name", name},
      {"namespace", options.name_space},
      {"annotations", json::object{{"sluice/application-arn", spec.arn},
                                   {"sluice/application-version", std::to_string(spec.version)}}}};
  const json::object properties{{"apiVersion", "v1"},
                                {"kind", "ConfigMap"},
                                {"metadata", metadata},
                                {"data", json::object{{"application_properties.json", spec.application_properties}}}};
  const auto resource = [](int64_t mib, double cpu) {
    return json::object{{"memory", fmt::format("{}m", mib)}, {"cpu", cpu}};
  };
  json::object deployment{
      {"apiVersion", "flink.apache.org/v1beta1"},
      {"kind", "FlinkDeployment"},
      {"metadata", metadata},
      {"spec", json::object{{"image", options.image.empty() ? fmt::format("flink:{}", flink->version) : options.image},
                            {"flinkVersion", OperatorVersion(flink->number)},
                            {"mode", "native"},
                            {"serviceAccount", options.service_account},
                            {"flinkConfiguration", Configuration(spec, flink->number, options, plan.slots)},
                            {"podTemplate", PodTemplate(name, options.state_uri, flink->version)},
                            {"jobManager", json::object{{"resource", resource(2048, 1)}, {"replicas", 1}}},
                            {"taskManager", json::object{{"resource", resource(plan.mib, plan.kpus)}}},
                            {"job", Job(spec, options)}}}};
  if (options.restart_nonce != 0) deployment["spec"].as_object()["restartNonce"] = options.restart_nonce;
  return json::serialize(
      json::object{{"apiVersion", "v1"}, {"kind", "List"}, {"items", json::array{properties, deployment}}});
}

}  // namespace sluice::service
