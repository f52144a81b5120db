#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/runtime_family.h"
#include "service/model/json_access.h"

namespace sluice::service {

Answer<json::object> UpdateApplicationMaintenanceConfiguration(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "ApplicationName");
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  if (FamilyOf(stored.document.runtime) == RuntimeFamily::kSql) {
    return ApiError::Unsupported(
        "UpdateApplicationMaintenanceConfiguration is not supported for applications with "
        "RuntimeEnvironment " +
        stored.document.runtime);
  }
  if (stored.row.status != ApplicationStatus::kReady && stored.row.status != ApplicationStatus::kRunning) {
    return WrongStatus(name, stored.row.status, "UpdateApplicationMaintenanceConfiguration");
  }
  const std::string start = TextAt(*ObjectAt(request, "ApplicationMaintenanceConfigurationUpdate"),
                                   "ApplicationMaintenanceWindowStartTimeUpdate");
  SLUICE_RETURN_IF_ERROR(context.store.SetMaintenanceStart(name, start));
  return json::object{{"ApplicationARN", stored.row.arn},
                      {"ApplicationMaintenanceConfigurationDescription", MaintenanceDescription(start)}};
}

}  // namespace sluice::service
