#include "service/api/flink_configuration.h"

#include <fmt/format.h>

#include "service/model/json_access.h"

namespace sluice::service {
namespace {

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

}  // namespace

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

}  // namespace sluice::service
