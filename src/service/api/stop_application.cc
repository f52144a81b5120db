#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/operation_document.h"
#include "service/api/run_configuration.h"
#include "service/model/json_access.h"
#include "service/runner/deployment.h"

namespace sluice::service {

Answer<json::object> StopApplication(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "ApplicationName");
  const bool force = BoolAt(request, "Force", false);
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  if (!force && stored.row.status == ApplicationStatus::kRunning && SnapshotsEnabled(stored.document)) {
    SLUICE_RETURN_IF_ERROR(RefuseSnapshotInDowntime(context, name));
  }
  const OperationRow operation = NewOperation(context, "StopApplication", stored.row.version, stored.row.version);
  ApplicationStore::Change change;
  change.event = force ? ApplicationEvent::kForceStop : ApplicationEvent::kStop;
  change.ends_operations = "CANCELLED";
  if (!force) {
    change.expected_deployment = stored.row.deployment;
    change.deployment = Deployment::Parse(stored.row.deployment).Following(stored.row.current_parallelism).Serialize();
  }
  change.operation = operation;
  SLUICE_ASSIGN_OR_RETURN(auto moved, context.store.Commit(name, change, context.clock.NowMs()));
  if (!moved.accepted()) return WrongStatus(name, moved.before, "StopApplication");
  context.supervisor.AtStep("stop.accepted");
  context.supervisor.Perform(name, moved.transition.action);
  return json::object{{"OperationId", operation.id}};
}

}  // namespace sluice::service
