#include "service/api/actions.h"
#include "service/api/new_snapshot.h"
#include "service/api/snapshot_document.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> CreateApplicationSnapshot(ServiceContext& context, const json::object& request) {
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, TextAt(request, "ApplicationName")));
  const std::string name = TextAt(request, "SnapshotName");
  SLUICE_RETURN_IF_ERROR(CheckSnapshotPossible(context, stored, "CreateApplicationSnapshot"));
  SnapshotRow row = NewSnapshot(context, stored, name, false);
  if (auto begun = context.store.BeginSnapshot(&row, context.config.quotas.snapshots); !begun.ok()) {
    return SnapshotProblem(begun.error(), name);
  }
  context.supervisor.AtStep("create_snapshot.accepted");
  context.supervisor.TakeSnapshots(stored.row.name);
  return json::object();
}

}  // namespace sluice::service
