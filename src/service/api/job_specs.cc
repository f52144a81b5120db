#include "service/api/job_specs.h"

#include <fmt/format.h>

#include "base/files.h"
#include "service/api/application_code.h"
#include "service/api/application_document.h"
#include "service/api/runtime_properties.h"
#include "service/model/json_access.h"

namespace sluice::service {
namespace {

/// "dir/orders.zip" → "orders.sql": the engine is given the SQL itself, under the package's name.
std::string PackageName(const std::string& code_name) {
  return code_name.substr(0, code_name.find_last_of('.')) + ".sql";
}

/// An array of {PropertyGroupId, PropertyMap}: the file that applications read on AWS.
std::string PropertiesFile(const json::object& configuration) {
  const auto* environment = ObjectAt(configuration, "EnvironmentPropertyDescriptions");
  const auto* groups = environment == nullptr ? nullptr : ArrayAt(*environment, "PropertyGroupDescriptions");
  return json::serialize(groups == nullptr ? json::array() : *groups);
}

/// What the service gives a job with checkpoints, unless a property group says otherwise.
constexpr std::pair<const char*, const char*> kFixedSettings[] = {
    {"execution.checkpointing.timeout", "60 min"},
    {"execution.checkpointing.max-concurrent-checkpoints", "1"},
    {"execution.checkpointing.num-retained", "1"},
    {"execution.checkpointing.externalized-checkpoint-retention", "DELETE_ON_CANCELLATION"},
    {"execution.checkpointing.data-inline-threshold", "1 mb"},
    {"restart-strategy.type", "fixed-delay"},
    {"restart-strategy.fixed-delay.attempts", "2147483647"},
    {"restart-strategy.fixed-delay.delay", "10 s"},
};

/// "s3://BUCKET/KEY" of the code, if it came from there; else empty.
std::string CodeUri(const json::object& configuration) {
  const auto* code = ObjectAt(configuration, "ApplicationCodeConfigurationDescription");
  const auto* content = code == nullptr ? nullptr : ObjectAt(*code, "CodeContentDescription");
  const auto* s3 = content == nullptr ? nullptr : ObjectAt(*content, "S3ApplicationCodeLocationDescription");
  if (s3 == nullptr) return "";
  const std::string bucket = TextAt(*s3, "BucketARN");
  return "s3://" + bucket.substr(bucket.rfind(':') + 1) + "/" + TextAt(*s3, "FileKey");
}

/// The code and what the run options say of it.
Status ReadProgram(const std::string& folder, const VersionDocument& document, const PropertyGroups& properties,
                   JobSpec* spec) {
  SLUICE_ASSIGN_OR_RETURN(auto run, RunOptions(properties));
  const std::string path = folder + "/" + document.code_file;
  spec->entry_class = run["entryClass"];
  spec->program_args = SplitWords(run["programArgs"]);
  spec->cluster_url = run["clusterUrl"];
  spec->run_options = run;
  if (document.code_file.ends_with(kSqlFile)) {
    SLUICE_ASSIGN_OR_RETURN(spec->package, ReadFile(path));
    SLUICE_ASSIGN_OR_RETURN(spec->package, FillInVariables(spec->package, properties));
    spec->package_name = PackageName(document.code_name);
    spec->engine = run["engine"] == "flink" || !spec->cluster_url.empty() ? EngineKind::kFlink : EngineKind::kNative;
    return {};
  }
  spec->program = document.code_file.ends_with(kJarFile) ? ProgramKind::kJar : ProgramKind::kPython;
  if (auto uri = CodeUri(document.configuration); !uri.empty()) spec->run_options.emplace("jarUri", uri);
  spec->engine = run["engine"] == "kubernetes" ? EngineKind::kKubernetes : EngineKind::kFlink;
  spec->package_file = path;
  spec->package_name = document.code_name;
  if (auto python = properties.find(kPythonGroup); python != properties.end()) spec->python = python->second;
  return {};
}

void ReadFlinkConfiguration(const json::object& flink, JobSpec* spec) {
  if (const auto* parallelism = ObjectAt(flink, "ParallelismConfigurationDescription")) {
    spec->parallelism = static_cast<int>(IntAt(*parallelism, "Parallelism", 1));
    spec->parallelism_per_kpu = static_cast<int>(IntAt(*parallelism, "ParallelismPerKPU", 1));
  }
  if (const auto* monitoring = ObjectAt(flink, "MonitoringConfigurationDescription")) {
    spec->log_level = TextAt(*monitoring, "LogLevel");
  }
  const auto* checkpoint = ObjectAt(flink, "CheckpointConfigurationDescription");
  if (checkpoint == nullptr || !BoolAt(*checkpoint, "CheckpointingEnabled", true)) return;
  spec->configuration["execution.checkpointing.interval"] =
      fmt::format("{} ms", IntAt(*checkpoint, "CheckpointInterval", 60000));
  spec->configuration["execution.checkpointing.min-pause"] =
      fmt::format("{} ms", IntAt(*checkpoint, "MinPauseBetweenCheckpoints", 5000));
  for (const auto& [key, value] : kFixedSettings) spec->configuration.emplace(key, value);
}

}  // namespace

Result<JobSpec> StoredJobSpecs::SpecFor(const ApplicationRow& row) {
  SLUICE_ASSIGN_OR_RETURN(VersionRow version, store_.FindVersion(row.name, row.version));
  SLUICE_ASSIGN_OR_RETURN(VersionDocument document, VersionDocument::Parse(version.detail));
  if (document.code_file.empty()) return Error(ErrorCode::kNotFound, "the application has no code");
  JobSpec spec;
  spec.name = row.name;
  spec.arn = row.arn;
  spec.role = document.role;
  spec.runtime = document.runtime;
  spec.version = row.version;
  const PropertyGroups properties = ReadPropertyGroups(document.configuration);
  SLUICE_RETURN_IF_ERROR(ReadProgram(CodeFolder(config_, row.name), document, properties, &spec));
  SLUICE_ASSIGN_OR_RETURN(spec.own_options, FlinkOptions(properties));
  spec.configuration = spec.own_options;
  spec.application_properties = PropertiesFile(document.configuration);
  spec.configuration["pipeline.name"] = row.name;
  if (const auto* flink = ObjectAt(document.configuration, "FlinkApplicationConfigurationDescription")) {
    ReadFlinkConfiguration(*flink, &spec);
  }
  if (row.current_parallelism > 0) spec.parallelism = static_cast<int>(row.current_parallelism);
  return spec;
}

Result<LifecycleSettings> StoredJobSpecs::SettingsFor(const ApplicationRow& row) {
  SLUICE_ASSIGN_OR_RETURN(VersionRow version, store_.FindVersion(row.name, row.version));
  SLUICE_ASSIGN_OR_RETURN(VersionDocument document, VersionDocument::Parse(version.detail));
  LifecycleSettings out;
  out.runtime = document.runtime;
  if (const auto* snapshots = ObjectAt(document.configuration, "ApplicationSnapshotConfigurationDescription")) {
    out.snapshots = BoolAt(*snapshots, "SnapshotsEnabled", false);
    out.standing_snapshots = TextAt(*snapshots, "SnapshotMode") == "ENHANCED_SNAPSHOTS";
  }
  if (const auto* flink = ObjectAt(document.configuration, "FlinkApplicationConfigurationDescription")) {
    if (const auto* parallelism = ObjectAt(*flink, "ParallelismConfigurationDescription")) {
      out.autoscaling = BoolAt(*parallelism, "AutoScalingEnabled", false);
      out.parallelism = IntAt(*parallelism, "Parallelism", 1);
      out.parallelism_per_kpu = IntAt(*parallelism, "ParallelismPerKPU", 1);
    }
    if (const auto* monitoring = ObjectAt(*flink, "MonitoringConfigurationDescription")) {
      out.metrics_level = TextAt(*monitoring, "MetricsLevel");
    }
  }
  if (const auto* rollback = ObjectAt(document.configuration, "ApplicationSystemRollbackConfigurationDescription")) {
    out.system_rollback = BoolAt(*rollback, "RollbackEnabled", false);
  }
  return out;
}

}  // namespace sluice::service
