#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/json_access.h"

namespace sluice::service {

Answer<json::object> StopApplication(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "ApplicationName");
  const bool force = BoolAt(request, "Force", false);
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  const auto event = force ? ApplicationEvent::kForceStop : ApplicationEvent::kStop;
  SLUICE_ASSIGN_OR_RETURN(auto moved, context.store.Apply(name, event, context.clock.NowMs()));
  if (!moved.accepted()) return WrongStatus(name, moved.before, "StopApplication");
  (void)context.store.EndOperation(name, "", "CANCELLED", "", context.clock.NowMs());
  auto operation = BeginOperation(context, name, "StopApplication", stored.row.version, stored.row.version);
  // Whatever could not be noted down: the status has moved, so the engine must follow.
  context.supervisor.Perform(name, moved.transition.action);
  SLUICE_RETURN_IF_ERROR(operation);
  return json::object{{"OperationId", *operation}};
}

}  // namespace sluice::service
