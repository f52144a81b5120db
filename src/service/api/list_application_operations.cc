#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/operation_document.h"
#include "service/api/page_token.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> ListApplicationOperations(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "ApplicationName");
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  const std::string page = PageOf("ListApplicationOperations", request);
  SLUICE_ASSIGN_OR_RETURN(int64_t before, ReadPageNumber(context.tokens, page, TextAt(request, "NextToken"), kNewest));
  const int64_t limit = IntAt(request, "Limit", 50);
  SLUICE_ASSIGN_OR_RETURN(auto operations, context.store.ListOperations(
                                               name, {TextAt(request, "Operation"), TextAt(request, "OperationStatus")},
                                               before, limit + 1));
  const bool more = static_cast<int64_t>(operations.size()) > limit;
  if (more) operations.pop_back();
  json::array list;
  for (const OperationRow& operation : operations) list.push_back(OperationInfo(operation));
  json::object out{{"ApplicationOperationInfoList", std::move(list)}};
  if (more) out["NextToken"] = WritePageToken(context.tokens, page, std::to_string(operations.back().sequence));
  return out;
}

}  // namespace sluice::service
