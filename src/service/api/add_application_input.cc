#include "service/api/actions.h"
#include "service/api/sql_change.h"
#include "service/api/sql_configuration.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> AddApplicationInput(ServiceContext& context, const json::object& request) {
  return ChangeSql(
      context, request, "AddApplicationInput",
      [&](json::object& sql, int64_t version, json::object& answer) -> Answer<Done> {
        SLUICE_RETURN_IF_ERROR(AddInput(*ObjectAt(request, "Input"), version, context.config.quotas, &sql));
        answer["InputDescriptions"] = sql["InputDescriptions"];
        return Done{};
      });
}

}  // namespace sluice::service
