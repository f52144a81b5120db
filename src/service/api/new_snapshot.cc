#include "service/api/new_snapshot.h"

#include "base/ids.h"
#include "service/api/run_configuration.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<Done> CheckSnapshotPossible(ServiceContext& context, const StoredApplication& stored,
                                   std::string_view operation) {
  if (!stored.document.runtime.starts_with("FLINK-")) {
    return ApiError::Unsupported("Snapshots are not supported for applications with the runtime " +
                                 stored.document.runtime);
  }
  if (stored.row.status != ApplicationStatus::kRunning) {
    return WrongStatus(stored.row.name, stored.row.status, operation);
  }
  return RefuseSnapshotInDowntime(context, stored.row.name);
}

SnapshotRow NewSnapshot(ServiceContext& context, const StoredApplication& stored, const std::string& name,
                        bool standing_alone) {
  const std::string id = Id128::New(context.random).ToString();
  const std::string folder = ApplicationFolder(context.config.data_folder, stored.row.name);
  SnapshotRow row;
  row.owner = standing_alone ? "" : stored.row.name;
  row.name = name;
  row.application = stored.row.name;
  row.application_created_ms = stored.row.created_ms;
  row.status = "CREATING";
  row.version = stored.row.version;
  row.created_ms = context.clock.NowMs();
  row.runtime = stored.document.runtime;
  row.folder =
      standing_alone ? "snapshots/" + id : folder.substr(context.config.data_folder.size() + 1) + "/snapshots/" + id;
  row.origin = "CreateSnapshot";
  json::object detail;
  if (const auto* key = ObjectAt(stored.document.configuration, "ApplicationEncryptionConfigurationDescription")) {
    detail["encryption"] = *key;
  }
  row.detail = json::serialize(detail);
  return row;
}

}  // namespace sluice::service
