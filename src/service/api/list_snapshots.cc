#include "service/api/actions.h"
#include "service/api/page_token.h"
#include "service/api/snapshot_document.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> ListSnapshots(ServiceContext& context, const json::object& request) {
  const std::string page = PageOf("ListSnapshots", request);
  SLUICE_ASSIGN_OR_RETURN(int64_t before, ReadPageNumber(context.tokens, page, TextAt(request, "NextToken"), kNewest));
  const int64_t limit = IntAt(request, "Limit", 50);
  SnapshotFilter filter{.standing_alone = true};
  filter.application = TextAt(request, "SourceApplicationName");
  filter.status = TextAt(request, "SnapshotStatus");
  filter.origin = TextAt(request, "SnapshotInitiatorOperation");
  const std::string initiator = TextAt(request, "SnapshotInitiator");
  if (!initiator.empty()) filter.by_system = initiator == "SYSTEM" ? 1 : 0;
  SLUICE_ASSIGN_OR_RETURN(auto rows, context.store.ListSnapshots(filter, before, limit + 1));
  const bool more = static_cast<int64_t>(rows.size()) > limit;
  if (more) rows.pop_back();
  json::array list;
  for (const SnapshotRow& row : rows) list.push_back(StandingSnapshotInfo(context.config, row));
  json::object out{{"SnapshotInfoList", std::move(list)}};
  if (more) out["NextToken"] = WritePageToken(context.tokens, page, std::to_string(rows.back().sequence));
  return out;
}

}  // namespace sluice::service
