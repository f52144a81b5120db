#include "engine/connectors/http/access_token.h"

#include "engine/formats/json/json_tree.h"
#include "engine/formats/text/scalar_text.h"

namespace sluice::engine::http {

Status AccessToken::Ask(net::HttpClient& http) {
  SLUICE_ASSIGN_OR_RETURN(const net::Url url, net::ParseUrl(options_.token_endpoint));
  net::HttpRequest request;
  request.method = "POST";
  request.headers.Set("Content-Type", "application/x-www-form-urlencoded");
  request.body = options_.token_request;
  const Result<net::HttpResponse> response = http.Send(url, request);
  if (!response.ok()) return response.error().WithContext("the token endpoint");
  if (response->status != 200) {
    return Error(ErrorCode::kIo, "Attempted to get an access token but got http status code " +
                                     std::to_string(response->status) + " from " + options_.token_endpoint);
  }
  json::Document document;
  const json::Node* token = document.Parse(response->body) ? document.Get(document.root(), "access_token") : nullptr;
  if (token == nullptr || token->kind != json::NodeKind::kString) {
    return Error(ErrorCode::kData, "Error found while trying to request a new token: the answer of " +
                                       options_.token_endpoint + " has no access_token");
  }
  token_ = token->text;
  const json::Node* life = document.Get(document.root(), "expires_in");
  int64_t life_ms = life == nullptr ? 0 : text::ParseJavaInt(life->text, 32).value_or(0) * 1000;
  if (life_ms > options_.token_early_ms) life_ms -= options_.token_early_ms;
  ask_at_ms_ = clock_.NowMs() + life_ms;
  return {};
}

Result<std::string> AccessToken::Get(net::HttpClient& http) {
  if (token_.empty() || clock_.NowMs() > ask_at_ms_) SLUICE_RETURN_IF_ERROR(Ask(http));
  return token_;
}

}  // namespace sluice::engine::http
