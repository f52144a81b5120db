#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/operation_document.h"
#include "service/api/version_check.h"
#include "service/model/json_access.h"
#include "service/runner/deployment.h"

namespace sluice::service {
namespace {

/// The version that ran before the one that runs, or before the one that is being brought up. 0 if there is none.
int64_t VersionBefore(const ApplicationRow& row) {
  // What is undone then is the scaling: the version that ran before it is the running one.
  if (row.status == ApplicationStatus::kAutoscaling) return row.running_version;
  return row.running_version == row.version ? row.previous_version : row.running_version;
}

}  // namespace

Answer<json::object> RollbackApplication(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "ApplicationName");
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  const ApplicationRow& row = stored.row;
  if (!stored.document.runtime.starts_with("FLINK-")) {
    return ApiError::Unsupported("RollbackApplication is not supported for applications with the runtime " +
                                 stored.document.runtime);
  }
  SLUICE_RETURN_IF_ERROR(CheckVersion(request, row));
  if (Decide(row.status, ApplicationEvent::kRollback).verdict != Verdict::kAccept) {
    return WrongStatus(name, row.status, "RollbackApplication");
  }
  const int64_t target = VersionBefore(row);
  if (target == 0) {
    return ApiError("InvalidRequestException",
                    "Application " + name + " has no previous running version to roll back to");
  }
  auto snapshot = context.store.LatestSnapshot(row);
  if (!snapshot) {
    return ApiError("InvalidRequestException",
                    "Application " + name + " cannot be rolled back: it has no snapshot to load its state from");
  }
  const int64_t now = context.clock.NowMs();
  SLUICE_ASSIGN_OR_RETURN(ApplicationStore::Change change, RollbackTo(context.store, row, target, now));
  const bool changing = row.status != ApplicationStatus::kRunning;
  const int64_t before = changing ? Deployment::Parse(row.deployment).running_parallelism : 0;
  Deployment deployment = Deployment::Parse(row.deployment).Following(row.current_parallelism);
  change.current_parallelism = before;
  deployment.restore = "RESTORE_FROM_LATEST_SNAPSHOT";
  deployment.take_snapshot = false;
  deployment.snapshot = snapshot->name;
  deployment.savepoints = snapshot->locations;
  const OperationRow operation = NewOperation(context, "RollbackApplication", row.version, row.version + 1);
  change.event = ApplicationEvent::kRollback;
  change.deployment = deployment.Serialize();
  change.ends_operations = "CANCELLED";
  change.operation = operation;
  SLUICE_ASSIGN_OR_RETURN(auto moved, context.store.Commit(name, change, now));
  if (!moved.accepted()) return WrongStatus(name, moved.before, "RollbackApplication");
  context.supervisor.AtStep("rollback.requested");
  context.supervisor.Perform(name, moved.transition.action);
  SLUICE_ASSIGN_OR_RETURN(StoredApplication updated, LoadApplication(context, name));
  return json::object{{"ApplicationDetail", ApplicationDetail(updated)}, {"OperationId", operation.id}};
}

}  // namespace sluice::service
