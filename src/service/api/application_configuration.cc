#include "service/api/application_configuration.h"

#include <fmt/format.h>

#include <set>

#include "service/api/json_access.h"

namespace sluice::service {
namespace {

ApiError NotYet(std::string_view member) {
  return ApiError::Unsupported(fmt::format("{} is not supported yet", member));
}

Answer<Done> RefuseUnsupported(const json::object& configuration, std::initializer_list<std::string_view> members) {
  for (std::string_view member : members) {
    if (configuration.contains(member)) return NotYet(member);
  }
  return Done{};
}

json::object CheckpointDefaults() {
  return {{"ConfigurationType", "DEFAULT"},
          {"CheckpointingEnabled", true},
          {"CheckpointInterval", 60000},
          {"MinPauseBetweenCheckpoints", 5000}};
}
json::object MonitoringDefaults() {
  return {{"ConfigurationType", "DEFAULT"}, {"MetricsLevel", "APPLICATION"}, {"LogLevel", "INFO"}};
}
json::object ParallelismDefaults() {
  return {{"ConfigurationType", "DEFAULT"},
          {"Parallelism", 1},
          {"ParallelismPerKPU", 1},
          {"CurrentParallelism", 1},
          {"AutoScalingEnabled", true}};
}

/// Sets in `target` every member of `changes`; with `suffix`, "XUpdate" sets "X". With ConfigurationType DEFAULT the
/// defaults hold whatever else was given, as in AWS.
void Overlay(const json::object& changes, std::string_view suffix, json::object defaults, json::object* target) {
  for (const auto& change : changes) {
    std::string_view key = change.key();
    if (key.ends_with(suffix)) key.remove_suffix(suffix.size());
    (*target)[key] = change.value();
  }
  if (TextAt(*target, "ConfigurationType") == "DEFAULT") *target = std::move(defaults);
}

Answer<Done> FinishParallelism(const Quotas& quotas, json::object* parallelism) {
  const int64_t total = IntAt(*parallelism, "Parallelism", 1);
  const int64_t per_kpu = IntAt(*parallelism, "ParallelismPerKPU", 1);
  if (per_kpu > quotas.parallelism_per_kpu) {
    return ApiError::InvalidArgument(
        fmt::format("ParallelismPerKPU {} is larger than the maximum {}", per_kpu, quotas.parallelism_per_kpu));
  }
  const int64_t kpus = (total + per_kpu - 1) / per_kpu;
  if (kpus > quotas.kpus_per_application) {
    return ApiError::Limit(fmt::format("Parallelism {} with ParallelismPerKPU {} needs {} KPUs; the limit is {}", total,
                                       per_kpu, kpus, quotas.kpus_per_application));
  }
  (*parallelism)["CurrentParallelism"] = total;
  return Done{};
}

Answer<Done> CheckPropertyGroups(const json::array& groups) {
  std::set<std::string> seen;
  for (const json::value& group : groups) {
    std::string id = TextAt(group.as_object(), "PropertyGroupId");
    if (!seen.insert(id).second) {
      return ApiError::InvalidArgument(
          fmt::format("PropertyGroupId {} occurs twice; each group may be given once", id));
    }
  }
  return Done{};
}

Answer<json::object> DescribeFlink(const json::object& flink, const Quotas& quotas) {
  json::object checkpoint = CheckpointDefaults();
  json::object monitoring = MonitoringDefaults();
  json::object parallelism = ParallelismDefaults();
  if (const auto* given = ObjectAt(flink, "CheckpointConfiguration")) {
    Overlay(*given, "", CheckpointDefaults(), &checkpoint);
  }
  if (const auto* given = ObjectAt(flink, "MonitoringConfiguration")) {
    Overlay(*given, "", MonitoringDefaults(), &monitoring);
  }
  if (const auto* given = ObjectAt(flink, "ParallelismConfiguration")) {
    Overlay(*given, "", ParallelismDefaults(), &parallelism);
  }
  SLUICE_RETURN_IF_ERROR(FinishParallelism(quotas, &parallelism));
  return json::object{{"CheckpointConfigurationDescription", checkpoint},
                      {"MonitoringConfigurationDescription", monitoring},
                      {"ParallelismConfigurationDescription", parallelism}};
}

Answer<Done> CheckSnapshotMode(const json::object& configuration, std::string_view key) {
  if (TextAt(configuration, key) == "ENHANCED_SNAPSHOTS") return NotYet("SnapshotMode ENHANCED_SNAPSHOTS");
  return Done{};
}

Answer<Done> CheckKey(const json::object& configuration, std::string_view key) {
  if (TextAt(configuration, key) == "CUSTOMER_MANAGED_KEY") return NotYet("Encryption with a CUSTOMER_MANAGED_KEY");
  return Done{};
}

Answer<bool> UpdateFlink(const json::object& update, const Quotas& quotas, json::object* flink) {
  bool restart = false;
  if (const auto* given = ObjectAt(update, "CheckpointConfigurationUpdate")) {
    Overlay(*given, "Update", CheckpointDefaults(), ObjectAt(*flink, "CheckpointConfigurationDescription"));
    restart = true;
  }
  if (const auto* given = ObjectAt(update, "MonitoringConfigurationUpdate")) {
    Overlay(*given, "Update", MonitoringDefaults(), ObjectAt(*flink, "MonitoringConfigurationDescription"));
  }
  if (const auto* given = ObjectAt(update, "ParallelismConfigurationUpdate")) {
    json::object* parallelism = ObjectAt(*flink, "ParallelismConfigurationDescription");
    Overlay(*given, "Update", ParallelismDefaults(), parallelism);
    SLUICE_RETURN_IF_ERROR(FinishParallelism(quotas, parallelism));
    restart = true;
  }
  return restart;
}

}  // namespace

Answer<json::object> DescribeConfiguration(const json::object& configuration, const Quotas& quotas) {
  SLUICE_RETURN_IF_ERROR(RefuseUnsupported(
      configuration, {"SqlApplicationConfiguration", "ZeppelinApplicationConfiguration", "VpcConfigurations"}));
  json::object out;
  if (const auto* environment = ObjectAt(configuration, "EnvironmentProperties")) {
    const json::array* groups = ArrayAt(*environment, "PropertyGroups");
    SLUICE_RETURN_IF_ERROR(CheckPropertyGroups(*groups));
    out["EnvironmentPropertyDescriptions"] = {{"PropertyGroupDescriptions", *groups}};
  }
  const json::object* flink = ObjectAt(configuration, "FlinkApplicationConfiguration");
  SLUICE_ASSIGN_OR_RETURN(json::object flink_description,
                          DescribeFlink(flink == nullptr ? json::object() : *flink, quotas));
  out["FlinkApplicationConfigurationDescription"] = std::move(flink_description);
  json::object snapshots{{"SnapshotsEnabled", false}};
  if (const auto* given = ObjectAt(configuration, "ApplicationSnapshotConfiguration")) {
    SLUICE_RETURN_IF_ERROR(CheckSnapshotMode(*given, "SnapshotMode"));
    snapshots = *given;
  }
  out["ApplicationSnapshotConfigurationDescription"] = std::move(snapshots);
  const auto* rollback = ObjectAt(configuration, "ApplicationSystemRollbackConfiguration");
  out["ApplicationSystemRollbackConfigurationDescription"] =
      rollback != nullptr ? *rollback : json::object{{"RollbackEnabled", false}};
  json::object encryption{{"KeyType", "AWS_OWNED_KEY"}};
  if (const auto* given = ObjectAt(configuration, "ApplicationEncryptionConfiguration")) {
    SLUICE_RETURN_IF_ERROR(CheckKey(*given, "KeyType"));
  }
  out["ApplicationEncryptionConfigurationDescription"] = std::move(encryption);
  return out;
}

Answer<ConfigurationChange> UpdateConfiguration(const json::object& description, const json::object& update,
                                                const Quotas& quotas) {
  SLUICE_RETURN_IF_ERROR(
      RefuseUnsupported(update, {"SqlApplicationConfigurationUpdate", "ZeppelinApplicationConfigurationUpdate"}));
  if (const auto* vpc = ArrayAt(update, "VpcConfigurationUpdates"); vpc != nullptr && !vpc->empty()) {
    return NotYet("VpcConfigurationUpdates");
  }
  ConfigurationChange change{description, false};
  json::object& out = change.description;
  if (const auto* environment = ObjectAt(update, "EnvironmentPropertyUpdates")) {
    const json::array* groups = ArrayAt(*environment, "PropertyGroups");
    SLUICE_RETURN_IF_ERROR(CheckPropertyGroups(*groups));
    out["EnvironmentPropertyDescriptions"] = {{"PropertyGroupDescriptions", *groups}};
    change.needs_restart = true;
  }
  if (const auto* flink = ObjectAt(update, "FlinkApplicationConfigurationUpdate")) {
    SLUICE_ASSIGN_OR_RETURN(bool restart,
                            UpdateFlink(*flink, quotas, ObjectAt(out, "FlinkApplicationConfigurationDescription")));
    change.needs_restart = change.needs_restart || restart;
  }
  if (const auto* snapshots = ObjectAt(update, "ApplicationSnapshotConfigurationUpdate")) {
    SLUICE_RETURN_IF_ERROR(CheckSnapshotMode(*snapshots, "SnapshotModeUpdate"));
    Overlay(*snapshots, "Update", {}, ObjectAt(out, "ApplicationSnapshotConfigurationDescription"));
  }
  if (const auto* rollback = ObjectAt(update, "ApplicationSystemRollbackConfigurationUpdate")) {
    Overlay(*rollback, "Update", {}, ObjectAt(out, "ApplicationSystemRollbackConfigurationDescription"));
  }
  if (const auto* encryption = ObjectAt(update, "ApplicationEncryptionConfigurationUpdate")) {
    SLUICE_RETURN_IF_ERROR(CheckKey(*encryption, "KeyTypeUpdate"));
  }
  return change;
}

}  // namespace sluice::service
