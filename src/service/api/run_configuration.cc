#include "service/api/run_configuration.h"

#include "service/api/json_access.h"

namespace sluice::service {

Answer<std::string> ChangeRunConfiguration(const std::string& stored, const json::object& change) {
  if (change.contains("SqlRunConfigurations") && !ArrayAt(change, "SqlRunConfigurations")->empty()) {
    return ApiError::InvalidArgument(
        "SqlRunConfigurations belong to SQL-1_0 applications; this is a FLINK application");
  }
  boost::system::error_code ec;
  json::value parsed = json::parse(stored, ec);
  json::object out = !ec && parsed.is_object() ? std::move(parsed.as_object()) : json::object();
  if (const auto* restore = ObjectAt(change, "ApplicationRestoreConfiguration")) {
    if (TextAt(*restore, "ApplicationRestoreType") == "RESTORE_FROM_CUSTOM_SNAPSHOT") {
      const std::string snapshot = TextAt(*restore, "SnapshotName");
      if (snapshot.empty()) {
        return ApiError::InvalidArgument("RESTORE_FROM_CUSTOM_SNAPSHOT needs the SnapshotName to restore from");
      }
      return ApiError::NotFound("Snapshot not found: " + snapshot);
    }
    out["ApplicationRestoreConfigurationDescription"] = *restore;
  }
  if (const auto* flink = ObjectAt(change, "FlinkRunConfiguration")) out["FlinkRunConfigurationDescription"] = *flink;
  // What a start does that says nothing.
  if (!out.contains("ApplicationRestoreConfigurationDescription")) {
    out["ApplicationRestoreConfigurationDescription"] = {{"ApplicationRestoreType", "RESTORE_FROM_LATEST_SNAPSHOT"}};
  }
  if (!out.contains("FlinkRunConfigurationDescription")) {
    out["FlinkRunConfigurationDescription"] = {{"AllowNonRestoredState", false}};
  }
  return json::serialize(out);
}

}  // namespace sluice::service
