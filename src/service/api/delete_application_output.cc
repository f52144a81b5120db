#include "service/api/actions.h"
#include "service/api/resource_ids.h"
#include "service/api/sql_change.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> DeleteApplicationOutput(ServiceContext& context, const json::object& request) {
  return ChangeSql(context, request, "DeleteApplicationOutput",
                   [&](json::object& sql, int64_t, json::object&) -> Answer<Done> {
                     const std::string id = TextAt(request, "OutputId");
                     if (EraseById(sql, "OutputDescriptions", "OutputId", id)) return Done{};
                     return ApiError::NotFound("The application has no OutputId " + id);
                   });
}

}  // namespace sluice::service
