#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/json_access.h"
#include "service/api/run_configuration.h"

namespace sluice::service {

Answer<json::object> StartApplication(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "ApplicationName");
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  if (Decide(stored.row.status, ApplicationEvent::kStart).verdict != Verdict::kAccept) {
    return WrongStatus(name, stored.row.status, "StartApplication");
  }
  if (stored.document.code_file.empty()) {
    return ApiError::InvalidConfiguration(
        "Application " + name + " has no code; add an ApplicationCodeConfiguration with UpdateApplication first");
  }
  if (!stored.document.why_not_runnable.empty()) return ApiError::Unsupported(stored.document.why_not_runnable);
  const auto* run = ObjectAt(request, "RunConfiguration");
  SLUICE_ASSIGN_OR_RETURN(std::string run_configuration,
                          ChangeRunConfiguration(stored.row.run_configuration, run == nullptr ? json::object() : *run));
  const int64_t version = stored.row.version;
  SLUICE_ASSIGN_OR_RETURN(auto moved, context.store.Apply(name, ApplicationEvent::kStart, context.clock.NowMs()));
  if (!moved.accepted()) return WrongStatus(name, moved.before, "StartApplication");
  auto stored_run = context.store.SetRunConfiguration(name, run_configuration);
  auto operation = BeginOperation(context, name, "StartApplication", version, version);
  // Whatever could not be noted down: the status has moved, so the engine must follow.
  context.supervisor.Perform(name, moved.transition.action);
  SLUICE_RETURN_IF_ERROR(stored_run);
  SLUICE_RETURN_IF_ERROR(operation);
  return json::object{{"OperationId", *operation}};
}

}  // namespace sluice::service
