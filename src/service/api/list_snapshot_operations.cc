#include "service/api/actions.h"
#include "service/api/page_token.h"
#include "service/api/snapshot_document.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> ListSnapshotOperations(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "SnapshotName");
  const std::string page = PageOf("ListSnapshotOperations", request);
  SLUICE_ASSIGN_OR_RETURN(int64_t before, ReadPageNumber(context.tokens, page, TextAt(request, "NextToken"), kNewest));
  const int64_t limit = IntAt(request, "Limit", 50);
  SLUICE_ASSIGN_OR_RETURN(
      auto rows,
      context.store.ListSnapshotOperations(
          name, {TextAt(request, "SnapshotOperation"), TextAt(request, "SnapshotOperationStatus")}, before, limit + 1));
  if (rows.empty()) {
    SLUICE_ASSIGN_OR_RETURN(auto any, context.store.ListSnapshotOperations(name, {}, kNewest, 1));
    if (any.empty()) SLUICE_RETURN_IF_ERROR(LoadStandingSnapshot(context, name));
  }
  const bool more = static_cast<int64_t>(rows.size()) > limit;
  if (more) rows.pop_back();
  json::array list;
  for (const SnapshotOperationRow& row : rows) list.push_back(SnapshotOperationInfo(row));
  json::object out{{"SnapshotOperationInfoList", std::move(list)}};
  if (more) out["NextToken"] = WritePageToken(context.tokens, page, std::to_string(rows.back().sequence));
  return out;
}

}  // namespace sluice::service
