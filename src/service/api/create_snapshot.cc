#include "service/api/actions.h"
#include "service/api/new_snapshot.h"
#include "service/api/snapshot_document.h"
#include "service/api/tags.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> CreateSnapshot(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "SnapshotName");
  SLUICE_RETURN_IF_ERROR(ReadTags(ArrayAt(request, "Tags"), context.config.quotas.tags));
  auto stored = LoadApplication(context, TextAt(request, "ApplicationName"));
  if (!stored.ok()) {
    // The operation's model has no ResourceNotFoundException.
    if (stored.error().type() != "ResourceNotFoundException") return stored.error();
    return ApiError::InvalidArgument(stored.error().message());
  }
  SLUICE_RETURN_IF_ERROR(CheckSnapshotPossible(context, *stored, "CreateSnapshot"));
  SnapshotRow row = NewSnapshot(context, *stored, name, true);
  row.detail = StandingSnapshotDetail(row.detail, request);
  SnapshotOperationRow operation = NewSnapshotOperation(context, "CreateSnapshot");
  if (auto begun = context.store.BeginSnapshot(&row, context.config.quotas.snapshots, &operation); !begun.ok()) {
    return SnapshotProblem(begun.error(), name);
  }
  context.supervisor.AtStep("create_snapshot.accepted");
  context.supervisor.TakeSnapshots(stored->row.name);
  return SnapshotBegun(context.config, row, operation);
}

}  // namespace sluice::service
