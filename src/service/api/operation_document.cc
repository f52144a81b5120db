#include "service/api/operation_document.h"

#include "base/ids.h"
#include "service/api/application_document.h"
#include "service/api/snapshot_document.h"
#include "service/model/json_access.h"

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
  if (!row.error.empty()) {
    json::object failure{{"ErrorInfo", {{"ErrorString", ErrorString(row.error)}}}};
    if (!row.rollback_id.empty()) failure["RollbackOperationId"] = row.rollback_id;
    out["OperationFailureDetails"] = std::move(failure);
  }
  return out;
}

OperationRow NewOperation(ServiceContext& context, const std::string& operation, int64_t version_from,
                          int64_t version_to) {
  OperationRow row;
  row.id = Id128::New(context.random).ToString();
  row.operation = operation;
  row.status = "IN_PROGRESS";
  row.start_ms = context.clock.NowMs();
  row.version_from = version_from;
  row.version_to = version_to;
  return row;
}

}  // namespace sluice::service
