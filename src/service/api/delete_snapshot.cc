#include "service/api/actions.h"
#include "service/api/snapshot_document.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> DeleteSnapshot(ServiceContext& context, const json::object& request) {
  SLUICE_ASSIGN_OR_RETURN(SnapshotRow row, LoadStandingSnapshot(context, TextAt(request, "SnapshotName")));
  SLUICE_RETURN_IF_ERROR(CheckSnapshotTimestamp(request, row));
  SnapshotOperationRow operation = NewSnapshotOperation(context, "DeleteSnapshot");
  operation.snapshot = row.sequence;
  operation.name = row.name;
  if (auto marked = context.store.MarkSnapshotDeleting(row.sequence, &operation); !marked.ok()) {
    return SnapshotProblem(marked.error(), row.name);
  }
  context.supervisor.KeepSnapshots();
  row.status = "DELETING";
  return SnapshotBegun(context.config, row, operation);
}

}  // namespace sluice::service
