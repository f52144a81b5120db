#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/snapshot_document.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> DescribeApplicationSnapshot(ServiceContext& context, const json::object& request) {
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, TextAt(request, "ApplicationName")));
  SLUICE_ASSIGN_OR_RETURN(SnapshotRow row,
                          LoadApplicationSnapshot(context, stored.row.name, TextAt(request, "SnapshotName")));
  return json::object{{"SnapshotDetails", SnapshotDetails(row)}};
}

}  // namespace sluice::service
