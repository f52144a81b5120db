#include "service/package/credentials_endpoint.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <ctime>
#include <limits>

#include "base/files.h"
#include "net/http_server.h"

namespace sluice::service {
namespace {

constexpr const char* kPath = "/v1/credentials";
constexpr std::string_view kPurpose = "container-credentials";
// Clients ask again before this; also when what they got would not expire by itself.
constexpr int64_t kLifetimeMs = 60 * 60 * 1000;

std::string IsoTime(int64_t ms) {
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

/// The service's own, which belong to the server.
class Borrowed : public net::CredentialsProvider {
 public:
  explicit Borrowed(net::CredentialsProvider& own) : own_(own) {}
  Result<net::AwsCredentials> Get() override { return own_.Get(); }
  void Forget() override { own_.Forget(); }

 private:
  net::CredentialsProvider& own_;
};

/// A session's name may have 2 to 64 of [A-Za-z0-9_=,.@-]; an application's is made of the same, and may be longer.
std::string SessionName(const std::string& application) { return ("app-" + application).substr(0, 64); }

net::HttpResponse Refused(int status, std::string_view code, const std::string& message) {
  return net::HttpResponse::Json(status,
                                 boost::json::serialize(boost::json::object{{"code", code}, {"message", message}}));
}

}  // namespace

CredentialsEndpoint::CredentialsEndpoint(CredentialsEndpointOptions options, net::CredentialsProvider& own,
                                         RoleOf role_of, const TokenSigner& tokens, const Clock& clock, Logger logger)
    : options_(std::move(options)),
      own_(own),
      role_of_(std::move(role_of)),
      tokens_(tokens),
      clock_(clock),
      logger_(logger.For("credentials")) {}

CredentialsEndpoint::~CredentialsEndpoint() { Stop(); }

void CredentialsEndpoint::Stop() {
  if (http_) http_->Stop();
}

Result<std::unique_ptr<CredentialsEndpoint>> CredentialsEndpoint::Start(CredentialsEndpointOptions options,
                                                                        net::CredentialsProvider& own, RoleOf role_of,
                                                                        const TokenSigner& tokens, const Clock& clock,
                                                                        Logger logger) {
  std::unique_ptr<CredentialsEndpoint> out(
      new CredentialsEndpoint(std::move(options), own, std::move(role_of), tokens, clock, std::move(logger)));
  SLUICE_RETURN_IF_ERROR(out->Listen());
  return out;
}

Status CredentialsEndpoint::Listen() {
  int port = 0;
  if (auto text = ReadFile(options_.port_file); text.ok()) {
    std::from_chars(text->data(), text->data() + text->size(), port);
  }
  const auto start = [&](int wanted) {
    net::HttpServerOptions http;
    http.handler_threads = 2;
    http.max_body_bytes = 4096;
    return net::HttpServer::Start(
        "127.0.0.1", static_cast<uint16_t>(wanted), [this](const net::HttpRequest& request) { return Handle(request); },
        http);
  };
  auto http = start(port > 0 && port < 65536 ? port : 0);
  if (!http.ok() && port != 0) {
    logger_.Warn("the port of the credentials is taken: applications that run get none until they are started again",
                 {{"port", port}, {"error", http.error().message()}});
    http = start(0);
  }
  if (!http.ok()) return http.error().WithContext("the credentials of applications");
  http_ = std::move(*http);
  return WriteFileAtomically(options_.port_file, std::to_string(http_->port()) + "\n");
}

std::vector<std::string> CredentialsEndpoint::EnvironmentFor(const std::string& application) const {
  return {fmt::format("AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:{}{}", http_->port(), kPath),
          "AWS_CONTAINER_AUTHORIZATION_TOKEN=" + tokens_.Sign(kPurpose, application)};
}

std::shared_ptr<net::CredentialsProvider> CredentialsEndpoint::ProviderFor(const std::string& role,
                                                                           const std::string& application) {
  std::lock_guard lock(mutex_);
  auto& provider = roles_[{application, role}];
  if (!provider) {
    // An application whose role was changed does not keep the old one's.
    for (auto it = roles_.lower_bound({application, ""}); it != roles_.end() && it->first.first == application;) {
      it = it->first.second == role ? std::next(it) : roles_.erase(it);
    }
    net::RoleRequest request;
    request.role_arn = role;
    request.session_name = SessionName(application);
    provider = net::AssumedRole(std::move(request), std::make_unique<Borrowed>(own_), options_.environment, clock_);
  }
  return provider;
}

Result<net::AwsCredentials> CredentialsEndpoint::CredentialsOf(const std::string& application) {
  SLUICE_ASSIGN_OR_RETURN(const std::string role, role_of_(application));
  if (!options_.assume_roles) return own_.Get();
  return ProviderFor(role, application)->Get();
}

net::HttpResponse CredentialsEndpoint::Handle(const net::HttpRequest& request) {
  if (request.path != kPath || request.method != "GET") return Refused(404, "NotFound", "there is nothing here");
  const auto application = tokens_.Verify(kPurpose, request.headers.Get("Authorization"));
  if (!application) return Refused(403, "AccessDenied", "the authorization token is not one of this service");
  auto credentials = CredentialsOf(*application);
  if (!credentials.ok()) {
    logger_.Warn("no credentials for an application",
                 {{"application", *application}, {"error", credentials.error().message()}});
    const bool missing = credentials.error().code() == ErrorCode::kNotFound;
    return Refused(missing ? 404 : 503, "CredentialsUnavailable", credentials.error().message());
  }
  const int64_t expires = std::min(credentials->expires_at_ms, clock_.NowMs() + kLifetimeMs);
  boost::json::object answer{{"AccessKeyId", credentials->access_key_id},
                             {"SecretAccessKey", credentials->secret_access_key},
                             {"Expiration", IsoTime(expires)}};
  // boto3 and JavaScript's SDK fail without a token, AWS's SDKs for Java send an empty one along.
  const bool java = request.headers.Get("User-Agent").starts_with("aws-sdk-java");
  if (!credentials->session_token.empty() || !java) answer["Token"] = credentials->session_token;
  auto response = net::HttpResponse::Json(200, boost::json::serialize(answer));
  response.headers.Set("Cache-Control", "no-store");
  return response;
}

}  // namespace sluice::service
