#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/operation_document.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> DescribeApplicationOperation(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "ApplicationName");
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  const std::string id = TextAt(request, "OperationId");
  auto operation = context.store.FindOperation(name, id);
  if (!operation.ok()) {
    if (operation.error().code() != ErrorCode::kNotFound) return operation.error();
    return ApiError::NotFound("Operation not found: " + id);
  }
  return json::object{{"ApplicationOperationInfoDetails", OperationDetails(*operation)}};
}

}  // namespace sluice::service
