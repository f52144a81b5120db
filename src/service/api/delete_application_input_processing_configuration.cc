#include "service/api/actions.h"
#include "service/api/sql_change.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> DeleteApplicationInputProcessingConfiguration(ServiceContext& context,
                                                                   const json::object& request) {
  auto remove = [&](json::object& sql, int64_t, json::object&) -> Answer<Done> {
    SLUICE_ASSIGN_OR_RETURN(json::object * input, FindInput(sql, TextAt(request, "InputId")));
    if (input->erase(kProcessing) > 0) return Done{};
    return ApiError::NotFound("The input " + TextAt(request, "InputId") + " has no InputProcessingConfiguration");
  };
  return ChangeSql(context, request, "DeleteApplicationInputProcessingConfiguration", remove);
}

}  // namespace sluice::service
