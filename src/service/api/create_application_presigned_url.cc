#include <fmt/format.h>

#include "service/api/actions.h"
#include "service/api/application_document.h"
#include "service/auth/dashboard_pass.h"
#include "service/model/json_access.h"

namespace sluice::service {
namespace {

/// The kinds of runtime that have such a page.
Answer<Done> CheckUrlType(const StoredApplication& stored, const std::string& url_type) {
  const std::string& runtime = stored.document.runtime;
  const std::string& name = stored.row.name;
  if (url_type == "ZEPPELIN_UI_URL" && stored.row.mode != "INTERACTIVE") {
    return ApiError::InvalidArgument(
        fmt::format("ZEPPELIN_UI_URL is for Studio notebooks (ApplicationMode INTERACTIVE); application {} is {}: use "
                    "FLINK_DASHBOARD_URL",
                    name, stored.row.mode));
  }
  if (!runtime.starts_with("FLINK-") && !runtime.starts_with("ZEPPELIN-FLINK-")) {
    return ApiError::InvalidArgument(fmt::format(
        "{} is for applications with a FLINK runtime; application {} has the runtime {}", url_type, name, runtime));
  }
  return Done{};
}

}  // namespace

Answer<json::object> CreateApplicationPresignedUrl(ServiceContext& context, const json::object& request) {
  const std::string name = TextAt(request, "ApplicationName");
  const std::string url_type = TextAt(request, "UrlType");
  SLUICE_ASSIGN_OR_RETURN(StoredApplication stored, LoadApplication(context, name));
  SLUICE_RETURN_IF_ERROR(CheckUrlType(stored, url_type));
  if (stored.row.status != ApplicationStatus::kRunning && stored.row.status != ApplicationStatus::kRolledBack) {
    return ApiError::InUse(
        fmt::format("Application {} is in the state {}; a URL of type {} can be had while it is RUNNING", name,
                    ApplicationStatusName(stored.row.status), url_type));
  }
  if (url_type == "ZEPPELIN_UI_URL") return ApiError::Unsupported("not supported yet: the page of Studio notebooks");
  SLUICE_ASSIGN_OR_RETURN(auto starts, context.store.ListOperations(name, {"StartApplication", ""}, kNewest, 1));
  const int64_t otherwise_s = std::chrono::seconds(kSessionLife).count();
  DashboardPass pass;
  pass.application = name;
  pass.run = starts.empty() ? "" : starts[0].id;
  pass.issued_ms = context.clock.NowMs();
  pass.session_end_ms = pass.issued_ms + IntAt(request, "SessionExpirationDurationInSeconds", otherwise_s) * 1000;
  return json::object{{"AuthorizedUrl", fmt::format("{}{}?authToken={}", context.base_url, DashboardPath(name),
                                                    WriteTicket(context.tokens, pass))}};
}

}  // namespace sluice::service
