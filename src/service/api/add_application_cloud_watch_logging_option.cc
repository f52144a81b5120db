#include "service/api/actions.h"
#include "service/api/resource_ids.h"
#include "service/api/version_change.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> AddApplicationCloudWatchLoggingOption(ServiceContext& context, const json::object& request) {
  constexpr std::string_view kOperation = "AddApplicationCloudWatchLoggingOption";
  // The guide's own example has neither version nor token.
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadForChange(context, request, kOperation, true));
  const std::string arn = TextAt(*ObjectAt(request, "CloudWatchLoggingOption"), "LogStreamARN");
  VersionDocument document = stored.document;
  json::array& options = document.logging_options;
  options.push_back(
      json::object{{"CloudWatchLoggingOptionId", NextId(options, "CloudWatchLoggingOptionId", stored.row.version + 1)},
                   {"LogStreamARN", arn}});
  SLUICE_ASSIGN_OR_RETURN(json::object out, CommitChange(context, stored, document, kOperation));
  out["CloudWatchLoggingOptionDescriptions"] = std::move(options);
  return out;
}

}  // namespace sluice::service
