#include "service/server/metrics_endpoint.h"

#include "base/files.h"
#include "net/digest.h"

namespace sluice::service {
namespace {

/// Without its newline; empty if there is none.
std::string TokenIn(const std::string& file) {
  auto text = file.empty() ? Result<std::string>(std::string()) : ReadFile(file);
  if (!text.ok()) return "";
  const size_t end = text->find_last_not_of(" \t\r\n");
  return end == std::string::npos ? "" : text->substr(0, end + 1);
}

bool HasToken(const net::HttpRequest& request, const std::string& token_file) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view given = request.headers.Get("Authorization");
  if (!given.starts_with(kScheme)) return false;
  const std::string token = TokenIn(token_file);
  // Digests: how long the comparison takes says nothing of the token.
  return !token.empty() && net::Sha256(given.substr(kScheme.size())) == net::Sha256(token);
}

}  // namespace

std::optional<net::HttpResponse> HandleMetricsRequest(const ServiceContext& context, const std::string& token_file,
                                                      const net::HttpRequest& request) {
  if (request.path != "/metrics") return std::nullopt;
  if (request.method != "GET") return net::HttpResponse::Text(405, "Metrics are read with GET\n");
  if (!HasToken(request, token_file)) {
    auto caller = context.authenticator.Authenticate(request);
    if (!caller.ok()) {
      return net::HttpResponse::Text(caller.error().status(),
                                     caller.error().message() +
                                         "\nSign the request, or send the token of --metrics-token-file as "
                                         "'Authorization: Bearer TOKEN'\n");
    }
  }
  auto text = context.supervisor.PrometheusText();
  if (!text.ok()) return net::HttpResponse::Text(500, text.error().message() + "\n");
  net::HttpResponse response = net::HttpResponse::Text(200, std::move(*text));
  response.headers.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  return response;
}

}  // namespace sluice::service
