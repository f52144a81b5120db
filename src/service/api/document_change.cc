#include "service/api/document_change.h"

#include <fmt/format.h>

#include "service/api/application_code.h"
#include "service/api/application_configuration.h"
#include "service/api/runtime_family.h"
#include "service/model/json_access.h"

namespace sluice::service {
namespace {

Answer<Done> UpdateLogging(const json::array& updates, json::array* options) {
  for (const json::value& update : updates) {
    const std::string id = TextAt(update.as_object(), "CloudWatchLoggingOptionId");
    bool found = false;
    for (json::value& option : *options) {
      if (TextAt(option.as_object(), "CloudWatchLoggingOptionId") != id) continue;
      found = true;
      std::string arn = TextAt(update.as_object(), "LogStreamARNUpdate");
      if (!arn.empty()) option.as_object()["LogStreamARN"] = arn;
    }
    if (!found) return ApiError::InvalidArgument("The application has no CloudWatchLoggingOptionId " + id);
  }
  return Done{};
}

}  // namespace

Answer<bool> ChangeDocument(ServiceContext& context, const StoredApplication& stored, const json::object& request,
                            VersionDocument* document) {
  const std::string& name = stored.row.name;
  bool restart = false;
  if (std::string role = TextAt(request, "ServiceExecutionRoleUpdate"); !role.empty()) document->role = role;
  if (std::string runtime = TextAt(request, "RuntimeEnvironmentUpdate"); !runtime.empty()) {
    // As AWS: to and fro between Flink's versions, but an application stays of its kind.
    if (FamilyOf(runtime) != FamilyOf(document->runtime)) {
      return ApiError::InvalidArgument(
          fmt::format("RuntimeEnvironment cannot change from {} to {}", document->runtime, runtime));
    }
    restart = runtime != document->runtime;
    document->runtime = runtime;
  }
  if (const auto* updates = ArrayAt(request, "CloudWatchLoggingOptionUpdates")) {
    SLUICE_RETURN_IF_ERROR(UpdateLogging(*updates, &document->logging_options));
  }
  const auto* update = ObjectAt(request, "ApplicationConfigurationUpdate");
  if (update == nullptr) return restart;
  SLUICE_ASSIGN_OR_RETURN(ConfigurationChange change, UpdateConfiguration(document->configuration, *update,
                                                                          document->runtime, context.config.quotas));
  document->configuration = std::move(change.description);
  if (const auto* code = ObjectAt(*update, "ApplicationCodeConfigurationUpdate")) {
    const auto* current = ObjectAt(document->configuration, "ApplicationCodeConfigurationDescription");
    SLUICE_ASSIGN_OR_RETURN(CodeRequest wanted, CodeFromUpdate(*code, current == nullptr ? json::object() : *current));
    SLUICE_RETURN_IF_ERROR(InstallCode(context, name, wanted, document));
    if (stored.row.status != ApplicationStatus::kReady && !document->why_not_runnable.empty()) {
      return ApiError::Unsupported(document->why_not_runnable);
    }
    restart = true;
  }
  return restart || change.needs_restart;
}

}  // namespace sluice::service
