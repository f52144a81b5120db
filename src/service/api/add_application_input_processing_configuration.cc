#include "service/api/actions.h"
#include "service/api/sql_change.h"
#include "service/api/sql_configuration.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> AddApplicationInputProcessingConfiguration(ServiceContext& context, const json::object& request) {
  auto add = [&](json::object& sql, int64_t, json::object& answer) -> Answer<Done> {
    SLUICE_ASSIGN_OR_RETURN(json::object * input, FindInput(sql, TextAt(request, "InputId")));
    if (input->contains(kProcessing)) {
      return ApiError::InvalidArgument(
          "The input has an InputProcessingConfiguration already; change it with UpdateApplication");
    }
    (*input)[kProcessing] = DescribeProcessing(*ObjectAt(request, "InputProcessingConfiguration"));
    answer["InputId"] = TextAt(request, "InputId");
    answer[kProcessing] = (*input)[kProcessing];
    return Done{};
  };
  return ChangeSql(context, request, "AddApplicationInputProcessingConfiguration", add);
}

}  // namespace sluice::service
