#include "service/api/run_configuration.h"

#include <fmt/format.h>

#include "service/api/snapshot_document.h"
#include "service/model/json_access.h"

namespace sluice::service {
namespace {

constexpr const char* kCustom = "RESTORE_FROM_CUSTOM_SNAPSHOT";

Answer<SnapshotRow> FindWanted(ServiceContext& context, const StoredApplication& stored, const json::object& restore) {
  const std::string name = TextAt(restore, "SnapshotName");
  const std::string arn = TextAt(restore, "SnapshotArn");
  if (name.empty() == arn.empty()) {
    return ApiError::InvalidArgument(
        name.empty() ? "RESTORE_FROM_CUSTOM_SNAPSHOT needs the SnapshotName or SnapshotArn to restore from"
                     : "SnapshotName and SnapshotArn must not both be given");
  }
  if (!arn.empty()) {
    SLUICE_ASSIGN_OR_RETURN(std::string standing, SnapshotNameOfArn(context.config, arn));
    return LoadStandingSnapshot(context, standing);
  }
  return LoadApplicationSnapshot(context, stored.row.name, name);
}

}  // namespace

Answer<RunRequest> ReadRunConfiguration(ServiceContext& context, const StoredApplication& stored,
                                        const std::string& base, const json::object& change) {
  if (change.contains("SqlRunConfigurations") && !ArrayAt(change, "SqlRunConfigurations")->empty()) {
    return ApiError::InvalidArgument(
        "SqlRunConfigurations belong to SQL-1_0 applications; this is a FLINK application");
  }
  boost::system::error_code ec;
  json::value parsed = json::parse(base, ec);
  json::object shown = !ec && parsed.is_object() ? std::move(parsed.as_object()) : json::object();
  RunRequest out;
  if (const auto* restore = ObjectAt(change, "ApplicationRestoreConfiguration")) {
    out.deployment.restore = TextAt(*restore, "ApplicationRestoreType");
    json::object description{{"ApplicationRestoreType", out.deployment.restore}};
    if (out.deployment.restore == kCustom) {
      SLUICE_ASSIGN_OR_RETURN(const SnapshotRow snapshot, FindWanted(context, stored, *restore));
      if (snapshot.status != "READY") {
        return ApiError::InvalidArgument(
            fmt::format("Snapshot {} cannot be restored from while its status is {}", snapshot.name, snapshot.status));
      }
      out.deployment.snapshot = snapshot.name;
      out.deployment.standing_alone = snapshot.owner.empty();
      description = *restore;
    }
    shown["ApplicationRestoreConfigurationDescription"] = std::move(description);
  }
  if (const auto* flink = ObjectAt(change, "FlinkRunConfiguration")) {
    json::object description{{"AllowNonRestoredState", BoolAt(*flink, "AllowNonRestoredState", false)}};
    shown["FlinkRunConfigurationDescription"] = std::move(description);
  }
  if (const auto* flink = ObjectAt(shown, "FlinkRunConfigurationDescription")) {
    out.deployment.allow_non_restored = BoolAt(*flink, "AllowNonRestoredState", false);
  }
  // What a start does that says nothing.
  if (!shown.contains("ApplicationRestoreConfigurationDescription")) {
    shown["ApplicationRestoreConfigurationDescription"] = {{"ApplicationRestoreType", "RESTORE_FROM_LATEST_SNAPSHOT"}};
  }
  if (!shown.contains("FlinkRunConfigurationDescription")) {
    shown["FlinkRunConfigurationDescription"] = {{"AllowNonRestoredState", false}};
  }
  out.description = json::serialize(shown);
  return out;
}

Answer<Done> RefuseSnapshotInDowntime(ServiceContext& context, const std::string& name) {
  auto why = context.supervisor.Downtime(name);
  if (!why) return Done{};
  return ApiError::InvalidConfiguration(fmt::format(
      "Failed to take snapshot for the application {} at this moment. The application is currently experiencing "
      "downtime. Please check the application's CloudWatch metrics or CloudWatch logs for any possible errors and "
      "retry "
      "the request. You can also retry the request after disabling the snapshots in the Managed Service for Apache "
      "Flink "
      "console or by updating the ApplicationSnapshotConfiguration through the AWS SDK. ({})",
      name, *why));
}

bool SnapshotsEnabled(const VersionDocument& document) {
  const auto* snapshots = ObjectAt(document.configuration, "ApplicationSnapshotConfigurationDescription");
  return snapshots != nullptr && BoolAt(*snapshots, "SnapshotsEnabled", false);
}

}  // namespace sluice::service
