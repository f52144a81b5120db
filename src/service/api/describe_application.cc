#include "base/files.h"
#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/model/json_access.h"

namespace sluice::service {
namespace {

/// IncludeAdditionalDetails: the plan of the job as it ran last. The driver has kept it; no engine is asked.
void AddJobPlan(const ServiceContext& context, const std::string& name, json::object* detail) {
  json::value* configuration = detail->if_contains("ApplicationConfigurationDescription");
  if (configuration == nullptr) return;
  json::value* flink = configuration->as_object().if_contains("FlinkApplicationConfigurationDescription");
  if (flink == nullptr) return;
  auto plan = ReadFile(JobPlanFile(ApplicationFolder(context.config.data_folder, name)));
  if (plan.ok()) flink->as_object()["JobPlanDescription"] = *plan;
}

}  // namespace

Answer<json::object> DescribeApplication(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "ApplicationName");
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  json::object detail = ApplicationDetail(stored);
  if (BoolAt(request, "IncludeAdditionalDetails", false)) AddJobPlan(context, name, &detail);
  return json::object{{"ApplicationDetail", std::move(detail)}};
}

}  // namespace sluice::service
