#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/json_access.h"
#include "service/api/version_check.h"

namespace sluice::service {

Answer<json::object> DeleteApplicationCloudWatchLoggingOption(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "ApplicationName");
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  SLUICE_RETURN_IF_ERROR(CheckVersion(request, stored.row));
  SLUICE_RETURN_IF_ERROR(CheckCanChange(stored.row, "DeleteApplicationCloudWatchLoggingOption"));
  const std::string id = TextAt(request, "CloudWatchLoggingOptionId");
  VersionDocument document = std::move(stored.document);
  json::array kept;
  for (const json::value& option : document.logging_options) {
    if (TextAt(option.as_object(), "CloudWatchLoggingOptionId") != id) kept.push_back(option);
  }
  if (kept.size() == document.logging_options.size()) {
    return ApiError::NotFound("There is no CloudWatchLoggingOptionId " + id);
  }
  document.logging_options = std::move(kept);
  const int64_t from = stored.row.version;
  VersionRow next{0, context.clock.NowMs(), from, document.Serialize()};
  SLUICE_RETURN_IF_ERROR(context.store.AddVersion(name, from, next, std::nullopt));
  SLUICE_ASSIGN_OR_RETURN(std::string operation,
                          BeginOperation(context, name, "DeleteApplicationCloudWatchLoggingOption", from, from + 1));
  SLUICE_RETURN_IF_ERROR(context.store.EndOperation(name, operation, "SUCCESSFUL", "", context.clock.NowMs()));
  return json::object{{"ApplicationARN", stored.row.arn},
                      {"ApplicationVersionId", from + 1},
                      {"CloudWatchLoggingOptionDescriptions", document.logging_options},
                      {"OperationId", operation}};
}

}  // namespace sluice::service
