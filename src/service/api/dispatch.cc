#include "service/api/dispatch.h"

#include <fmt/format.h>

#include "base/ids.h"
#include "net/gzip.h"
#include "net/url.h"
#include "service/api/actions.h"
#include "service/model/json_access.h"
#include "service/model/shapes.h"
#include "service/model/validate.h"

namespace sluice::service {
namespace {

using Action = Answer<json::object> (*)(ServiceContext&, const json::object&);
struct NamedAction {
  std::string_view name;
  Action action;
};
constexpr NamedAction kActions[] = {
#define SLUICE_X(name) {#name, &name},
    SLUICE_API_ACTIONS(SLUICE_X)
#undef SLUICE_X
};

constexpr std::string_view kContentType = "application/x-amz-json-1.1";
constexpr size_t kMaxUnpackedBytes = 80u * 1024 * 1024;  // as much as the server takes unpacked

Action FindAction(std::string_view name) {
  for (const NamedAction& action : kActions) {
    if (action.name == name) return action.action;
  }
  return nullptr;
}

std::string RequestId(Random& random) {
  std::string hex = Id128::New(random).ToString();
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20));
}

/// The body as it was before the client packed it. Not before its signature was checked: that covers what was sent.
Answer<std::string> Unpack(const net::HttpRequest& request) {
  const std::string_view encoding = request.headers.Get("Content-Encoding");
  if (encoding.empty() || net::EqualsIgnoreCase(encoding, "identity")) return request.body;
  if (!net::EqualsIgnoreCase(encoding, "gzip")) {
    return ApiError("UnsupportedMediaTypeException",
                    fmt::format("Content-Encoding must be gzip or none, not '{}'", encoding), 415);
  }
  auto body = net::Gunzip(request.body, kMaxUnpackedBytes);
  if (body.ok()) return std::move(*body);
  const bool large = body.error().code() == ErrorCode::kResourceExhausted;
  return ApiError("SerializationException", body.error().message(), large ? 413 : 400);
}

Answer<json::value> ParseBody(const std::string& body) {
  if (body.empty()) return json::value(json::object());
  boost::system::error_code ec;
  // Deep nesting is refused by the parser (32 levels); the model needs fewer than ten.
  json::value value = json::parse(body, ec);
  if (ec) return ApiError("SerializationException", "The request body is not valid JSON: " + ec.message());
  return value;
}

bool IsApiContentType(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return net::EqualsIgnoreCase(type, kContentType) || net::EqualsIgnoreCase(type, "application/x-amz-json-1.0") ||
         net::EqualsIgnoreCase(type, "application/json");
}

Answer<const Operation*> FindTarget(const net::HttpRequest& request) {
  if (request.path != "/") return ApiError("UnknownOperationException", "The API is at /, not at " + request.path, 404);
  if (request.method != "POST") {
    return ApiError("UnknownOperationException", "The API takes POST requests, not " + request.method, 405);
  }
  if (!IsApiContentType(request.headers.Get("Content-Type"))) {
    return ApiError("UnsupportedMediaTypeException",
                    fmt::format("Content-Type must be {}, not '{}'", kContentType, request.headers.Get("Content-Type")),
                    415);
  }
  std::string_view target = request.headers.Get("X-Amz-Target");
  const std::string prefix = std::string(TargetPrefix()) + ".";
  const Operation* operation =
      target.starts_with(prefix) ? service::FindOperation(target.substr(prefix.size())) : nullptr;
  if (operation == nullptr) {
    return ApiError("UnknownOperationException", fmt::format("There is no operation '{}'", target));
  }
  return operation;
}

/// Where the client believes to be talking to: behind a proxy, what that says.
std::string BaseUrl(const net::HttpRequest& request) {
  const bool https = net::EqualsIgnoreCase(request.headers.Get("X-Forwarded-Proto"), "https");
  const std::string url = fmt::format("{}://{}", https ? "https" : "http", request.headers.Get("Host"));
  auto parsed = net::ParseUrl(url);
  return parsed.ok() && parsed->target == "/" ? url : "";
}

Answer<json::object> Run(const ServiceContext& shared, const net::HttpRequest& request, Principal* caller) {
  if (request.path == "/") {
    SLUICE_ASSIGN_OR_RETURN(*caller, shared.authenticator.Authenticate(request));
  }
  SLUICE_ASSIGN_OR_RETURN(const Operation* operation, FindTarget(request));
  SLUICE_ASSIGN_OR_RETURN(const std::string body, Unpack(request));
  SLUICE_ASSIGN_OR_RETURN(json::value input, ParseBody(body));
  if (auto invalid = ValidateRequest(*operation, &input)) return *invalid;
  Action action = FindAction(operation->name);
  if (action == nullptr) return ApiError::Unsupported(fmt::format("{} is not supported yet", operation->name));
  ServiceContext context = shared;
  context.caller = *caller;
  if (std::string url = BaseUrl(request); !url.empty()) context.base_url = std::move(url);
  return action(context, input.as_object());
}

net::HttpResponse ErrorResponse(const ApiError& error) {
  net::HttpResponse response;
  response.status = error.status();
  response.headers.Set("Content-Type", std::string(kContentType));
  response.headers.Set("x-amzn-ErrorType", error.type());
  if (error.status() == 405) response.headers.Set("Allow", "POST");
  // SDKs read "message" or "Message", depending on their age.
  json::object body{{"__type", error.type()}, {"message", error.message()}, {"Message", error.message()}};
  boost::system::error_code ec;
  const json::value members = json::parse(error.members(), ec);
  if (!ec && members.is_object()) {
    for (const auto& member : members.as_object()) body[member.key()] = member.value();
  }
  response.body = json::serialize(body);
  return response;
}

/// Clients poll with reads that succeed: those would drown everything else.
LogLevel LevelFor(std::string_view target, int status) {
  if (status >= 500) return LogLevel::kError;
  const std::string_view operation = target.substr(target.find('.') + 1);
  const bool read = operation.starts_with("Describe") || operation.starts_with("List");
  return read && status == 200 ? LogLevel::kDebug : LogLevel::kInfo;
}

}  // namespace

net::HttpResponse HandleApiRequest(ServiceContext& context, const net::HttpRequest& request) {
  if ((request.path == "/health" || request.path == "/ready") &&
      (request.method == "GET" || request.method == "HEAD")) {
    return net::HttpResponse::Json(200, R"({"status":"ok"})");
  }
  const int64_t begin_ns = context.clock.MonotonicNs();
  Principal caller;
  Answer<json::object> answer = Run(context, request, &caller);
  net::HttpResponse response;
  if (answer.ok()) {
    response.headers.Set("Content-Type", std::string(kContentType));
    response.body = json::serialize(*answer);
  } else {
    response = ErrorResponse(answer.error());
  }
  const std::string id = RequestId(context.random);
  response.headers.Set("x-amzn-RequestId", id);
  context.logger.Log(LevelFor(request.headers.Get("X-Amz-Target"), response.status), "request",
                     {{"target", request.headers.Get("X-Amz-Target")},
                      {"status", response.status},
                      {"principal", caller.name},
                      {"error", answer.ok() ? std::string() : answer.error().type() + ": " + answer.error().message()},
                      {"ms", (context.clock.MonotonicNs() - begin_ns) / 1'000'000},
                      {"request_id", id}});
  return response;
}

}  // namespace sluice::service
