#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/page_token.h"
#include "service/model/json_access.h"

namespace sluice::service {

/// The token holds the last name that was shown: it stays valid when that application is deleted in between.
Answer<json::object> ListApplications(ServiceContext& context, const json::object& request) {
  const int64_t limit = IntAt(request, "Limit", 50);
  auto after = ReadPageToken(context.tokens, "ListApplications", TextAt(request, "NextToken"));
  // The one error that this operation declares.
  if (!after.ok()) return ApiError("InvalidRequestException", after.error().message());
  SLUICE_ASSIGN_OR_RETURN(auto rows, context.store.List(*after, limit + 1));
  const bool more = static_cast<int64_t>(rows.size()) > limit;
  if (more) rows.pop_back();
  json::array summaries;
  for (const ApplicationRow& row : rows) {
    SLUICE_ASSIGN_OR_RETURN(VersionRow version, context.store.FindVersion(row.name, row.version));
    SLUICE_ASSIGN_OR_RETURN(VersionDocument document, VersionDocument::Parse(version.detail));
    summaries.push_back(json::object{{"ApplicationName", row.name},
                                     {"ApplicationARN", row.arn},
                                     {"ApplicationStatus", ApplicationStatusName(row.status)},
                                     {"ApplicationVersionId", row.version},
                                     {"RuntimeEnvironment", document.runtime},
                                     {"ApplicationMode", row.mode}});
  }
  json::object out{{"ApplicationSummaries", std::move(summaries)}};
  if (more) out["NextToken"] = WritePageToken(context.tokens, "ListApplications", rows.back().name);
  return out;
}

}  // namespace sluice::service
