#include "service/api/actions.h"
#include "service/api/snapshot_document.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> DescribeSnapshotOperation(ServiceContext& context, const json::object& request) {
  // An operation outlives its snapshot: it says that the deletion is done.
  auto operation =
      context.store.FindSnapshotOperation(TextAt(request, "SnapshotName"), TextAt(request, "SnapshotOperationId"));
  if (!operation.ok()) {
    if (operation.error().code() != ErrorCode::kNotFound) return operation.error();
    return ApiError::NotFound("Operation not found: " + TextAt(request, "SnapshotOperationId"));
  }
  json::object details = SnapshotOperationDetails(context.config, *operation);
  if (auto row = context.store.FindSnapshot(operation->snapshot); row.ok() && !row->application.empty()) {
    details["ApplicationOperationDescription"] = {{"ApplicationName", row->application}};
  }
  return json::object{{"SnapshotOperationInfoDetails", std::move(details)}};
}

}  // namespace sluice::service
