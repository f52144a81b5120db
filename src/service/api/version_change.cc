#include "service/api/version_change.h"

#include "service/api/operation_document.h"
#include "service/api/version_check.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<StoredApplication> LoadForChange(ServiceContext& context, const json::object& request,
                                        std::string_view operation, bool version_is_optional) {
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, TextAt(request, "ApplicationName")));
  const bool given = request.contains("CurrentApplicationVersionId") || request.contains("ConditionalToken");
  if (given || !version_is_optional) SLUICE_RETURN_IF_ERROR(CheckVersion(request, stored.row));
  SLUICE_RETURN_IF_ERROR(CheckCanChange(stored.row, operation));
  return stored;
}

Answer<json::object> CommitChange(ServiceContext& context, const StoredApplication& before,
                                  const VersionDocument& document, std::string_view operation) {
  const int64_t from = before.row.version;
  const int64_t now = context.clock.NowMs();
  OperationRow record = NewOperation(context, std::string(operation), from, from + 1);
  record.status = "SUCCESSFUL";
  record.end_ms = now;
  ApplicationStore::Change change;
  change.expected_version = from;
  change.expected_status = before.row.status;
  change.next = VersionRow{0, now, from, document.Serialize()};
  change.operation = record;
  SLUICE_RETURN_IF_ERROR(context.store.Commit(before.row.name, change, now));
  return json::object{
      {"ApplicationARN", before.row.arn}, {"ApplicationVersionId", from + 1}, {"OperationId", std::move(record.id)}};
}

}  // namespace sluice::service
