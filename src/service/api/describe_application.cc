#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/json_access.h"

namespace sluice::service {

Answer<json::object> DescribeApplication(ServiceContext& context, const json::object& request) {
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, TextAt(request, "ApplicationName")));
  return json::object{{"ApplicationDetail", ApplicationDetail(stored)}};
}

}  // namespace sluice::service
