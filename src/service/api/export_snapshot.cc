#include <fmt/format.h>

#include "service/api/actions.h"
#include "service/api/snapshot_document.h"
#include "service/api/snapshot_place.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> ExportSnapshot(ServiceContext& context, const json::object& request) {
  SLUICE_ASSIGN_OR_RETURN(const SnapshotRow row, LoadStandingSnapshot(context, TextAt(request, "SnapshotName")));
  const json::object& destination = *ObjectAt(request, "ExportDestinationConfiguration");
  SLUICE_ASSIGN_OR_RETURN(TransferPlace place, ReadPlace(*ObjectAt(destination, "DestinationS3PrefixLocation"),
                                                         ObjectAt(destination, "DestinationEncryptionConfiguration")));
  SnapshotOperationRow operation = NewSnapshotOperation(context, "ExportSnapshot");
  std::string prefix = place.prefix;
  while (prefix.ends_with('/')) prefix.pop_back();
  // Every export has a folder of its own: none can mix with an older one of the same name.
  place.exported_prefix = prefix + "/" + operation.id;
  constexpr size_t kLongest = 200;
  if (place.exported_prefix.size() > kLongest) {
    return ApiError::InvalidArgument(fmt::format("KeyPrefix must have at most {} characters, as the export adds {}",
                                                 kLongest - operation.id.size() - 1, operation.id.size() + 1));
  }
  operation.snapshot = row.sequence;
  operation.name = row.name;
  operation.detail = place.Serialize();
  if (auto begun = context.store.BeginExport(operation); !begun.ok()) {
    if (begun.error().code() != ErrorCode::kConflict) return begun.error();
    return ApiError::InUse(fmt::format("Snapshot {} cannot be exported while its status is {}", row.name, row.status));
  }
  context.supervisor.KeepSnapshots();
  return json::object{{"SnapshotOperationId", operation.id}, {"SnapshotOperationStatus", operation.status}};
}

}  // namespace sluice::service
