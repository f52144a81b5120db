#include "service/server/maintenance_endpoint.h"

#include <boost/json.hpp>

#include "base/ids.h"
#include "service/api/application_document.h"
#include "service/model/api_error.h"
#include "service/runner/deployment.h"

namespace sluice::service {
namespace {

constexpr std::string_view kPrefix = "/maintenance/app-";

Answer<std::string> Begin(ServiceContext& context, const net::HttpRequest& request) {
  SLUICE_RETURN_IF_ERROR(context.authenticator.Authenticate(request));
  if (request.method != "POST") {
    return ApiError("UnknownOperationException", "Maintenance is asked for with POST, not " + request.method, 405);
  }
  // A page in somebody's browser cannot send this type to another origin without being allowed to.
  if (!request.headers.Get("Content-Type").starts_with("application/x-amz-json-1.1")) {
    return ApiError("UnsupportedMediaTypeException", "Content-Type must be application/x-amz-json-1.1", 415);
  }
  const std::string name = request.path.substr(kPrefix.size());
  SLUICE_ASSIGN_OR_RETURN(const StoredApplication stored, LoadApplication(context, name));
  OperationRow operation = ServiceOperation(kMaintenanceOperation, Id128::New(context.random).ToString(),
                                            stored.row.version, context.clock.NowMs());
  std::string id = operation.id;
  SLUICE_ASSIGN_OR_RETURN(
      auto moved,
      context.store.Commit(name, ServiceChange(stored.row, ApplicationEvent::kMaintain, std::move(operation)),
                           context.clock.NowMs()));
  if (!moved.accepted()) return WrongStatus(name, moved.before, "maintenance");
  context.supervisor.AtStep("maintenance.accepted");
  context.supervisor.Perform(name, moved.transition.action);
  return id;
}

}  // namespace

std::optional<net::HttpResponse> HandleMaintenanceRequest(ServiceContext& context, const net::HttpRequest& request) {
  if (!request.path.starts_with(kPrefix)) return std::nullopt;
  auto id = Begin(context, request);
  if (id.ok()) {
    return net::HttpResponse::Json(200, boost::json::serialize(boost::json::object{{"OperationId", *id}}));
  }
  return net::HttpResponse::Json(
      id.error().status(),
      boost::json::serialize(boost::json::object{{"__type", id.error().type()}, {"message", id.error().message()}}));
}

}  // namespace sluice::service
