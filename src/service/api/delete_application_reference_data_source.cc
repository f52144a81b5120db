#include "service/api/actions.h"
#include "service/api/resource_ids.h"
#include "service/api/sql_change.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> DeleteApplicationReferenceDataSource(ServiceContext& context, const json::object& request) {
  return ChangeSql(context, request, "DeleteApplicationReferenceDataSource",
                   [&](json::object& sql, int64_t, json::object&) -> Answer<Done> {
                     const std::string id = TextAt(request, "ReferenceId");
                     if (EraseById(sql, "ReferenceDataSourceDescriptions", "ReferenceId", id)) return Done{};
                     return ApiError::NotFound("The application has no ReferenceId " + id);
                   });
}

}  // namespace sluice::service
