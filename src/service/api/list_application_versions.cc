#include <limits>

#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/page_token.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> ListApplicationVersions(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "ApplicationName");
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  const std::string page = PageOf("ListApplicationVersions", request);
  SLUICE_ASSIGN_OR_RETURN(int64_t before, ReadPageNumber(context.tokens, page, TextAt(request, "NextToken"),
                                                         std::numeric_limits<int64_t>::max()));
  const int64_t limit = IntAt(request, "Limit", 50);
  SLUICE_ASSIGN_OR_RETURN(auto versions, context.store.ListVersions(name, before, limit + 1));
  const bool more = static_cast<int64_t>(versions.size()) > limit;
  if (more) versions.pop_back();
  json::array summaries;
  for (const VersionRow& version : versions) {
    const ApplicationStatus status =
        version.version == stored.row.version ? stored.row.status : ApplicationStatus::kReady;
    summaries.push_back(
        json::object{{"ApplicationVersionId", version.version}, {"ApplicationStatus", ApplicationStatusName(status)}});
  }
  json::object out{{"ApplicationVersionSummaries", std::move(summaries)}};
  if (more) out["NextToken"] = WritePageToken(context.tokens, page, std::to_string(versions.back().version));
  return out;
}

}  // namespace sluice::service
