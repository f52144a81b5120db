#include "service/api/operation_document.h"

#include "service/api/application_document.h"
#include "service/api/json_access.h"

namespace sluice::service {

json::object OperationInfo(const OperationRow& row) {
  json::object out{{"Operation", row.operation},
                   {"OperationId", row.id},
                   {"StartTime", Seconds(row.start_ms)},
                   {"OperationStatus", row.status}};
  if (row.end_ms > 0) out["EndTime"] = Seconds(row.end_ms);
  return out;
}

json::object OperationDetails(const OperationRow& row) {
  json::object out{{"Operation", row.operation},
                   {"StartTime", Seconds(row.start_ms)},
                   {"EndTime", Seconds(row.end_ms > 0 ? row.end_ms : row.start_ms)},
                   {"OperationStatus", row.status}};
  if (row.version_to != row.version_from) {
    out["ApplicationVersionChangeDetails"] = {{"ApplicationVersionUpdatedFrom", row.version_from},
                                              {"ApplicationVersionUpdatedTo", row.version_to}};
  }
  if (!row.error.empty()) out["OperationFailureDetails"] = {{"ErrorInfo", {{"ErrorString", row.error}}}};
  return out;
}

}  // namespace sluice::service
