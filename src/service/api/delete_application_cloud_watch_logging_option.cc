#include "service/api/actions.h"
#include "service/api/version_change.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> DeleteApplicationCloudWatchLoggingOption(ServiceContext& context, const json::object& request) {
  constexpr std::string_view kOperation = "DeleteApplicationCloudWatchLoggingOption";
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadForChange(context, request, kOperation));
  const std::string id = TextAt(request, "CloudWatchLoggingOptionId");
  VersionDocument document = stored.document;
  json::array kept;
  for (const json::value& option : document.logging_options) {
    if (TextAt(option.as_object(), "CloudWatchLoggingOptionId") != id) kept.push_back(option);
  }
  if (kept.size() == document.logging_options.size()) {
    return ApiError::NotFound("The application has no CloudWatchLoggingOptionId " + id);
  }
  document.logging_options = kept;
  SLUICE_ASSIGN_OR_RETURN(json::object out, CommitChange(context, stored, document, kOperation));
  out["CloudWatchLoggingOptionDescriptions"] = std::move(kept);
  return out;
}

}  // namespace sluice::service
