#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> DescribeApplicationVersion(ServiceContext& context, const json::object& request) {
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplicationVersion(context, TextAt(request, "ApplicationName"),
                                                                           IntAt(request, "ApplicationVersionId", 0)));
  return json::object{{"ApplicationVersionDetail", ApplicationDetail(stored)}};
}

}  // namespace sluice::service
