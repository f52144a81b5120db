#include "base/files.h"
#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/document_change.h"
#include "service/api/operation_document.h"
#include "service/api/run_configuration.h"
#include "service/api/version_check.h"
#include "service/model/json_access.h"

namespace sluice::service {
namespace {

bool AsksForNothing(const json::object& request) {
  for (const char* member : {"ApplicationConfigurationUpdate", "CloudWatchLoggingOptionUpdates",
                             "RunConfigurationUpdate", "RuntimeEnvironmentUpdate", "ServiceExecutionRoleUpdate"}) {
    if (request.contains(member)) return false;
  }
  return true;
}

/// The new version; a running job is to follow if it has to be `restarted` for it, with the parallelism that it says if
/// that was in the request (`rescaled`). Returns the operation's id.
Answer<std::string> CommitUpdate(ServiceContext& context, const StoredApplication& stored,
                                 const VersionDocument& document, RunRequest wanted, bool restarted, bool rescaled) {
  const bool up = stored.row.status != ApplicationStatus::kReady;
  if (up && restarted && SnapshotsEnabled(document)) {
    SLUICE_RETURN_IF_ERROR(RefuseSnapshotInDowntime(context, stored.row.name));
  }
  const int64_t now = context.clock.NowMs();
  OperationRow operation = NewOperation(context, "UpdateApplication", stored.row.version, stored.row.version + 1);
  ApplicationStore::Change change;
  change.expected_version = stored.row.version;
  change.expected_status = stored.row.status;
  change.next = VersionRow{0, now, stored.row.version, document.Serialize()};
  change.run_configuration = wanted.description;
  if (up && restarted) {
    change.expected_deployment = stored.row.deployment;
    change.event = ApplicationEvent::kUpdate;
    wanted.deployment.running_savepoints = Deployment::Parse(stored.row.deployment).savepoints;
    wanted.deployment.running_parallelism = stored.row.current_parallelism;
    // What the service has scaled stays as it is until somebody says otherwise.
    if (rescaled) change.current_parallelism = 0;
    change.deployment = wanted.deployment.Serialize();
  } else {
    operation.status = "SUCCESSFUL";
    operation.end_ms = now;
  }
  change.operation = operation;
  SLUICE_ASSIGN_OR_RETURN(auto moved, context.store.Commit(stored.row.name, change, now));
  if (!moved.accepted()) return WrongStatus(stored.row.name, moved.before, "UpdateApplication");
  context.supervisor.AtStep("update.accepted");
  context.supervisor.Perform(stored.row.name, moved.transition.action);
  return operation.id;
}

}  // namespace

Answer<json::object> UpdateApplication(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "ApplicationName");
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  SLUICE_RETURN_IF_ERROR(CheckVersion(request, stored.row));
  SLUICE_RETURN_IF_ERROR(CheckCanChange(stored.row, "UpdateApplication"));
  if (AsksForNothing(request)) return ApiError::InvalidArgument("The request has nothing to update");
  const auto* run = ObjectAt(request, "RunConfigurationUpdate");
  SLUICE_ASSIGN_OR_RETURN(RunRequest wanted, ReadRunConfiguration(context, stored, stored.row.run_configuration,
                                                                  run == nullptr ? json::object() : *run));
  if (run == nullptr) wanted.description = stored.row.run_configuration;
  VersionDocument document = stored.document;
  SLUICE_ASSIGN_OR_RETURN(bool restart, ChangeDocument(context, stored, request, &document));
  const auto* configuration = ObjectAt(request, "ApplicationConfigurationUpdate");
  const auto* flink =
      configuration == nullptr ? nullptr : ObjectAt(*configuration, "FlinkApplicationConfigurationUpdate");
  const bool rescaled = flink != nullptr && flink->contains("ParallelismConfigurationUpdate");
  const bool new_code = document.code_file != stored.document.code_file;
  auto done = CommitUpdate(context, stored, document, std::move(wanted), restart || run != nullptr, rescaled);
  if (!done.ok()) {
    if (new_code) (void)RemoveTree(CodeFolder(context.config, name) + "/" + document.code_file);
    return done.error();
  }
  SLUICE_ASSIGN_OR_RETURN(StoredApplication updated, LoadApplication(context, name));
  return json::object{{"ApplicationDetail", ApplicationDetail(updated)}, {"OperationId", *done}};
}

}  // namespace sluice::service
