#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/snapshot_document.h"
#include "service/model/json_access.h"
#include "service/runner/deployment.h"

namespace sluice::service {
namespace {

/// Whether a start or a change that is under way reads the snapshot.
bool IsBeingRestored(const ApplicationRow& row, const SnapshotRow& snapshot) {
  const bool settled = row.status == ApplicationStatus::kReady || row.status == ApplicationStatus::kRunning ||
                       row.status == ApplicationStatus::kRolledBack;
  return !settled && Deployment::Parse(row.deployment).snapshot == snapshot.name;
}

}  // namespace

Answer<json::object> DeleteApplicationSnapshot(ServiceContext& context, const json::object& request) {
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, TextAt(request, "ApplicationName")));
  SLUICE_ASSIGN_OR_RETURN(SnapshotRow row,
                          LoadApplicationSnapshot(context, stored.row.name, TextAt(request, "SnapshotName")));
  SLUICE_RETURN_IF_ERROR(CheckSnapshotTimestamp(request, row));
  if (IsBeingRestored(stored.row, row)) {
    return ApiError::InUse("Snapshot " + row.name + " is being restored by application " + stored.row.name);
  }
  if (auto marked = context.store.MarkSnapshotDeleting(row.sequence); !marked.ok()) {
    return SnapshotProblem(marked.error(), row.name);
  }
  context.supervisor.KeepSnapshots();
  return json::object();
}

}  // namespace sluice::service
