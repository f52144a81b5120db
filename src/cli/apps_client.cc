#include "cli/apps_client.h"

#include <fmt/format.h>

#include "net/http_client.h"
#include "net/sigv4.h"

namespace sluice::cli {
namespace {

namespace json = boost::json;

std::string Text(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

CallProblem FromAnswer(const net::HttpResponse& response) {
  boost::system::error_code ec;
  const json::value value = json::parse(response.body, ec);
  if (ec || !value.is_object()) {
    return {fmt::format("the service answered with HTTP status {}: {}", response.status, response.body.substr(0, 300)),
            kExitFailed};
  }
  const std::string type = Text(value.as_object(), "__type");
  std::string message = fmt::format("{}: {}", type, Text(value.as_object(), "message"));
  if (type == "MissingAuthenticationTokenException") {
    message += ". This service wants signed requests: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE";
  }
  return {std::move(message), type == "ResourceNotFoundException" ? kExitNotFound : kExitFailed};
}

}  // namespace

bool AppsClient::Send(net::HttpRequest request, const std::string& target, net::HttpResponse* response,
                      CallProblem* problem) {
  net::Url url = endpoint_;
  url.target = target;
  if (auto credentials = credentials_.Get(); credentials.ok()) {
    net::SignSigV4(url, *credentials, {region_, "kinesisanalytics"}, clock_.NowMs(), &request);
  }
  auto answer = net::SendHttp(url, request);
  if (!answer.ok()) {
    *problem = {
        fmt::format("no service at {}: {}. Is `sluice server` running? --endpoint or SLUICE_ENDPOINT says where",
                    endpoint_.ToString(), answer.error().message()),
        kExitNoService};
    return false;
  }
  if (answer->status != 200) {
    *problem = FromAnswer(*answer);
    return false;
  }
  *response = std::move(*answer);
  return true;
}

bool AppsClient::Call(const std::string& operation, const json::object& input, json::object* output,
                      CallProblem* problem) {
  net::HttpRequest request;
  request.method = "POST";
  request.body = json::serialize(input);
  request.headers.Set("Content-Type", "application/x-amz-json-1.1");
  request.headers.Set("X-Amz-Target", "KinesisAnalytics_20180523." + operation);
  net::HttpResponse response;
  if (!Send(std::move(request), "/", &response, problem)) return false;
  boost::system::error_code ec;
  json::value value = json::parse(response.body, ec);
  if (ec || !value.is_object()) {
    *problem = {"the answer of the service is not JSON; is --endpoint a sluice server?", kExitFailed};
    return false;
  }
  *output = std::move(value.as_object());
  return true;
}

bool AppsClient::CallAll(const std::string& operation, json::object input, const char* member, json::array* out,
                         CallProblem* problem) {
  while (true) {
    json::object page;
    if (!Call(operation, input, &page, problem)) return false;
    if (const json::value* rows = page.if_contains(member); rows != nullptr && rows->is_array()) {
      out->insert(out->end(), rows->as_array().begin(), rows->as_array().end());
    }
    const std::string next = Text(page, "NextToken");
    if (next.empty()) return true;
    input["NextToken"] = next;
  }
}

bool AppsClient::Get(const std::string& target, net::HttpResponse* response, CallProblem* problem) {
  return Send(net::HttpRequest{}, target, response, problem);
}

bool AppsClient::Post(const std::string& target, net::HttpResponse* response, CallProblem* problem) {
  net::HttpRequest request;
  request.method = "POST";
  request.body = "{}";
  request.headers.Set("Content-Type", "application/x-amz-json-1.1");
  return Send(std::move(request), target, response, problem);
}

}  // namespace sluice::cli
