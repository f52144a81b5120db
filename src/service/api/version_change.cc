#include "service/api/version_change.h"

#include "service/api/json_access.h"
#include "service/api/version_check.h"

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
  const std::string& name = before.row.name;
  const int64_t from = before.row.version;
  VersionRow next{0, context.clock.NowMs(), from, document.Serialize()};
  SLUICE_RETURN_IF_ERROR(context.store.AddVersion(name, from, next, std::nullopt));
  SLUICE_ASSIGN_OR_RETURN(std::string id, BeginOperation(context, name, std::string(operation), from, from + 1));
  SLUICE_RETURN_IF_ERROR(context.store.EndOperation(name, id, "SUCCESSFUL", "", context.clock.NowMs()));
  return json::object{
      {"ApplicationARN", before.row.arn}, {"ApplicationVersionId", from + 1}, {"OperationId", std::move(id)}};
}

}  // namespace sluice::service
