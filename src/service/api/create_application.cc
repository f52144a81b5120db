#include <fmt/format.h>

#include "base/files.h"
#include "service/api/actions.h"
#include "service/api/application_code.h"
#include "service/api/application_configuration.h"
#include "service/api/application_document.h"
#include "service/api/runtime_family.h"
#include "service/api/tags.h"
#include "service/model/json_access.h"

namespace sluice::service {
namespace {

/// Notebooks are interactive, and only they are.
Answer<Done> CheckMode(const std::string& runtime, const std::string& mode) {
  const bool notebook = FamilyOf(runtime) == RuntimeFamily::kZeppelin;
  if (notebook == (mode == "INTERACTIVE")) return Done{};
  return ApiError::InvalidArgument(
      fmt::format("ApplicationMode {} is not supported for applications with RuntimeEnvironment {}; use {}", mode,
                  runtime, notebook ? "INTERACTIVE" : "STREAMING"));
}

json::array DescribeLogging(const json::array* options) {
  json::array out;
  if (options == nullptr) return out;
  for (const json::value& option : *options) {
    out.push_back(json::object{{"CloudWatchLoggingOptionId", "1." + std::to_string(out.size() + 1)},
                               {"LogStreamARN", TextAt(option.as_object(), "LogStreamARN")}});
  }
  return out;
}

Answer<VersionDocument> BuildDocument(ServiceContext& context, const std::string& name, const json::object& request) {
  VersionDocument document;
  document.runtime = TextAt(request, "RuntimeEnvironment");
  document.role = TextAt(request, "ServiceExecutionRole");
  document.description = TextAt(request, "ApplicationDescription");
  document.logging_options = DescribeLogging(ArrayAt(request, "CloudWatchLoggingOptions"));
  const json::object* given = ObjectAt(request, "ApplicationConfiguration");
  const json::object configuration = given == nullptr ? json::object() : *given;
  SLUICE_ASSIGN_OR_RETURN(document.configuration,
                          DescribeConfiguration(configuration, document.runtime, context.config.quotas));
  if (const auto* code = ObjectAt(configuration, "ApplicationCodeConfiguration")) {
    SLUICE_RETURN_IF_ERROR(InstallCode(context, name, CodeFromConfiguration(*code), &document));
  }
  return document;
}

ApiError CreateProblem(const Error& error) {
  if (error.code() == ErrorCode::kAlreadyExists)
    return ApiError::InUse("Application already exists: " + error.message());
  if (error.code() == ErrorCode::kResourceExhausted) return ApiError::Limit(error.message());
  return error;
}

}  // namespace

Answer<json::object> CreateApplication(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "ApplicationName");
  std::string mode = TextAt(request, "ApplicationMode");
  if (mode.empty()) mode = "STREAMING";
  SLUICE_RETURN_IF_ERROR(CheckMode(TextAt(request, "RuntimeEnvironment"), mode));
  SLUICE_ASSIGN_OR_RETURN(TagMap tags, ReadTags(ArrayAt(request, "Tags"), context.config.quotas.tags));
  // Asked again in the store's transaction; here it keeps the code of a second application out of the first one's
  // folder.
  if (context.store.Find(name).ok()) return ApiError::InUse("Application already exists: " + name);
  SLUICE_ASSIGN_OR_RETURN(VersionDocument document, BuildDocument(context, name, request));

  ApplicationRow row;
  row.name = name;
  row.arn = ApplicationArn(context.config, name);
  row.mode = mode;
  row.created_ms = row.updated_ms = context.clock.NowMs();
  row.maintenance_start = DefaultMaintenanceStart(context.config.region);
  VersionRow version{1, row.created_ms, 0, document.Serialize()};
  if (auto created = context.store.Create(row, version, tags, context.config.quotas.applications); !created.ok()) {
    if (!document.code_file.empty()) (void)RemoveTree(CodeFolder(context.config, name) + "/" + document.code_file);
    return CreateProblem(created.error());
  }
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  return json::object{{"ApplicationDetail", ApplicationDetail(stored)}};
}

}  // namespace sluice::service
