#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/page_token.h"
#include "service/api/snapshot_document.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> ListApplicationSnapshots(ServiceContext& context, const json::object& request) {
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, TextAt(request, "ApplicationName")));
  const std::string page = PageOf("ListApplicationSnapshots", request);
  SLUICE_ASSIGN_OR_RETURN(int64_t before, ReadPageNumber(context.tokens, page, TextAt(request, "NextToken"), kNewest));
  const int64_t limit = IntAt(request, "Limit", 50);
  SLUICE_ASSIGN_OR_RETURN(auto rows, context.store.ListSnapshots({.owner = stored.row.name}, before, limit + 1));
  const bool more = static_cast<int64_t>(rows.size()) > limit;
  if (more) rows.pop_back();
  json::array list;
  for (const SnapshotRow& row : rows) list.push_back(SnapshotDetails(row));
  json::object out{{"SnapshotSummaries", std::move(list)}};
  if (more) out["NextToken"] = WritePageToken(context.tokens, page, std::to_string(rows.back().sequence));
  return out;
}

}  // namespace sluice::service
