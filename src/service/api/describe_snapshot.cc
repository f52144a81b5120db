#include "service/api/actions.h"
#include "service/api/snapshot_document.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> DescribeSnapshot(ServiceContext& context, const json::object& request) {
  SLUICE_ASSIGN_OR_RETURN(SnapshotRow row, LoadStandingSnapshot(context, TextAt(request, "SnapshotName")));
  return json::object{{"SnapshotInfoDetails", StandingSnapshotDetails(context.config, row)}};
}

}  // namespace sluice::service
