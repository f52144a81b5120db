#include "base/files.h"
#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/api/document_change.h"
#include "service/api/json_access.h"
#include "service/api/run_configuration.h"
#include "service/api/version_check.h"

namespace sluice::service {
namespace {

bool AsksForNothing(const json::object& request) {
  for (const char* member : {"ApplicationConfigurationUpdate", "CloudWatchLoggingOptionUpdates",
                             "RunConfigurationUpdate", "RuntimeEnvironmentUpdate", "ServiceExecutionRoleUpdate"}) {
    if (request.contains(member)) return false;
  }
  return true;
}

}  // namespace

Answer<json::object> UpdateApplication(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "ApplicationName");
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  SLUICE_RETURN_IF_ERROR(CheckVersion(request, stored.row));
  SLUICE_RETURN_IF_ERROR(CheckCanChange(stored.row, "UpdateApplication"));
  if (AsksForNothing(request)) return ApiError::InvalidArgument("The request has nothing to update");
  std::string run_configuration = stored.row.run_configuration;
  if (const auto* run = ObjectAt(request, "RunConfigurationUpdate")) {
    SLUICE_ASSIGN_OR_RETURN(run_configuration, ChangeRunConfiguration(run_configuration, *run));
  }
  VersionDocument document = stored.document;
  SLUICE_ASSIGN_OR_RETURN(bool restart, ChangeDocument(context, stored, request, &document));

  const int64_t from = stored.row.version;
  VersionRow next{0, context.clock.NowMs(), from, document.Serialize()};
  const auto event = restart ? std::optional(ApplicationEvent::kUpdate) : std::nullopt;
  SLUICE_ASSIGN_OR_RETURN(auto moved, context.store.AddVersion(name, from, next, event));
  if (!moved.accepted()) {
    if (document.code_file != stored.document.code_file) {
      (void)RemoveTree(CodeFolder(context.config, name) + "/" + document.code_file);
    }
    return WrongStatus(name, moved.before, "UpdateApplication");
  }
  auto stored_run = context.store.SetRunConfiguration(name, run_configuration);
  auto operation = BeginOperation(context, name, "UpdateApplication", from, from + 1);
  // Whatever could not be noted down: the status has moved, so the engine must follow.
  context.supervisor.Perform(name, moved.transition.action);
  SLUICE_RETURN_IF_ERROR(stored_run);
  SLUICE_RETURN_IF_ERROR(operation);
  if (moved.transition.action == LifecycleAction::kNone) {
    SLUICE_RETURN_IF_ERROR(context.store.EndOperation(name, *operation, "SUCCESSFUL", "", context.clock.NowMs()));
  }
  SLUICE_ASSIGN_OR_RETURN(StoredApplication updated, LoadApplication(context, name));
  return json::object{{"ApplicationDetail", ApplicationDetail(updated)}, {"OperationId", *operation}};
}

}  // namespace sluice::service
