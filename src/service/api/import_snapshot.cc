#include "base/ids.h"
#include "service/api/actions.h"
#include "service/api/snapshot_document.h"
#include "service/api/snapshot_place.h"
#include "service/api/tags.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> ImportSnapshot(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "SnapshotName");
  const json::object& source = *ObjectAt(request, "ImportSourceConfiguration");
  SLUICE_RETURN_IF_ERROR(ReadTags(ArrayAt(request, "Tags"), context.config.quotas.tags));
  SLUICE_ASSIGN_OR_RETURN(const TransferPlace place, ReadPlace(*ObjectAt(source, "SourceS3PrefixLocation"),
                                                               ObjectAt(source, "SourceEncryptionConfiguration")));
  SnapshotRow row;
  row.name = name;
  row.status = "CREATING";
  row.created_ms = context.clock.NowMs();
  row.folder = "snapshots/" + Id128::New(context.random).ToString();
  row.origin = "ImportSnapshot";
  json::object detail{{"source", *ObjectAt(source, "SourceS3PrefixLocation")}};
  if (const auto* key = ObjectAt(request, "DestinationEncryptionConfiguration")) detail["encryption"] = *key;
  row.detail = StandingSnapshotDetail(json::serialize(detail), request);
  SnapshotOperationRow operation = NewSnapshotOperation(context, "ImportSnapshot");
  operation.detail = place.Serialize();
  if (auto begun = context.store.BeginSnapshot(&row, context.config.quotas.snapshots, &operation); !begun.ok()) {
    return SnapshotProblem(begun.error(), name);
  }
  context.supervisor.KeepSnapshots();
  return SnapshotBegun(context.config, row, operation);
}

}  // namespace sluice::service
