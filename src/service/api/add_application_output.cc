#include "service/api/actions.h"
#include "service/api/sql_change.h"
#include "service/api/sql_configuration.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> AddApplicationOutput(ServiceContext& context, const json::object& request) {
  return ChangeSql(
      context, request, "AddApplicationOutput",
      [&](json::object& sql, int64_t version, json::object& answer) -> Answer<Done> {
        SLUICE_RETURN_IF_ERROR(AddOutput(*ObjectAt(request, "Output"), version, context.config.quotas, &sql));
        answer["OutputDescriptions"] = sql["OutputDescriptions"];
        return Done{};
      });
}

}  // namespace sluice::service
