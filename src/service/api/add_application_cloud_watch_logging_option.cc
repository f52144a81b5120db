#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/json_access.h"
#include "service/api/version_check.h"

namespace sluice::service {

/// The option gets the id "<new version>.1", as all sub-resources in AWS are numbered by the version that made them.
Answer<json::object> AddApplicationCloudWatchLoggingOption(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "ApplicationName");
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  // The guide's own example has neither version nor token.
  if (request.contains("CurrentApplicationVersionId") || request.contains("ConditionalToken")) {
    SLUICE_RETURN_IF_ERROR(CheckVersion(request, stored.row));
  }
  SLUICE_RETURN_IF_ERROR(CheckCanChange(stored.row, "AddApplicationCloudWatchLoggingOption"));
  const int64_t from = stored.row.version;
  const std::string arn = TextAt(*ObjectAt(request, "CloudWatchLoggingOption"), "LogStreamARN");
  VersionDocument document = std::move(stored.document);
  document.logging_options.push_back(
      json::object{{"CloudWatchLoggingOptionId", std::to_string(from + 1) + ".1"}, {"LogStreamARN", arn}});
  VersionRow next{0, context.clock.NowMs(), from, document.Serialize()};
  SLUICE_RETURN_IF_ERROR(context.store.AddVersion(name, from, next, std::nullopt));
  SLUICE_ASSIGN_OR_RETURN(std::string operation,
                          BeginOperation(context, name, "AddApplicationCloudWatchLoggingOption", from, from + 1));
  SLUICE_RETURN_IF_ERROR(context.store.EndOperation(name, operation, "SUCCESSFUL", "", context.clock.NowMs()));
  return json::object{{"ApplicationARN", stored.row.arn},
                      {"ApplicationVersionId", from + 1},
                      {"CloudWatchLoggingOptionDescriptions", document.logging_options},
                      {"OperationId", operation}};
}

}  // namespace sluice::service
