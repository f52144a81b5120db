#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/operation_document.h"
#include "service/api/run_configuration.h"
#include "service/model/json_access.h"

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
  // What the start before asked for does not hold for this one.
  SLUICE_ASSIGN_OR_RETURN(RunRequest wanted,
                          ReadRunConfiguration(context, stored, "", run == nullptr ? json::object() : *run));
  wanted.deployment.stopped = true;
  const OperationRow operation = NewOperation(context, "StartApplication", stored.row.version, stored.row.version);
  ApplicationStore::Change change;
  change.event = ApplicationEvent::kStart;
  change.run_configuration = wanted.description;
  change.deployment = wanted.deployment.Serialize();
  change.operation = operation;
  SLUICE_ASSIGN_OR_RETURN(auto moved, context.store.Commit(name, change, context.clock.NowMs()));
  if (!moved.accepted()) return WrongStatus(name, moved.before, "StartApplication");
  context.supervisor.AtStep("start.accepted");
  context.supervisor.Perform(name, moved.transition.action);
  return json::object{{"OperationId", operation.id}};
}

}  // namespace sluice::service
