// Credentials that the platform gives to whatever runs on it: containers (ECS, EKS) and EC2 instances.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>

#include "base/files.h"
#include "base/text.h"
#include "net/aws/credentials.h"
#include "net/aws/iso_time.h"
#include "net/http_client.h"

namespace sluice::net {
namespace {

/// What answers is on this machine or beside it.
HttpClientOptions Near(std::chrono::milliseconds connect_timeout) {
  HttpClientOptions options;
  options.connect_timeout = connect_timeout;
  options.total_timeout = std::chrono::seconds(5);
  return options;
}

Result<std::string> BodyOf(const Url& url, const HttpRequest& request, const HttpClientOptions& options) {
  auto response = SendHttp(url, request, options);
  if (!response.ok()) return response.error();
  if (response->status == 200) return std::move(response->body);
  return Error(ErrorCode::kIo, fmt::format("{} answers status {}", url.ToString(), response->status));
}

/// Both kinds of platforms answer in the same form.
Result<AwsCredentials> ReadKeys(const Url& url, const std::string& body) {
  boost::system::error_code ec;
  const auto json = boost::json::parse(body, ec);
  auto text = [&](const char* name) -> std::string {
    const auto* value = json.is_object() ? json.as_object().if_contains(name) : nullptr;
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
  };
  if (ec || text("AccessKeyId").empty() || text("SecretAccessKey").empty()) {
    return Error(ErrorCode::kIo, fmt::format("{} answers without keys", url.ToString()));
  }
  return AwsCredentials{text("AccessKeyId"), text("SecretAccessKey"), text("Token"),
                        IsoTimeMs(text("Expiration")).value_or(AwsCredentials().expires_at_ms)};
}

class FromContainer : public KeptCredentials {
 public:
  FromContainer(EnvLookup environment, const Clock& clock)
      : KeptCredentials(clock), environment_(std::move(environment)) {}

 protected:
  Result<AwsCredentials> Fetch() override {
    Result<AwsCredentials> found = Ask();
    if (!found.ok()) return found.error().WithContext("container credentials");
    return found;
  }

 private:
  Result<AwsCredentials> Ask() const {
    std::string uri = environment_("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    // The relative form is answered by the agent of the container platform at its fixed link-local address.
    const std::string relative = environment_("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    if (!relative.empty()) uri = "http://169.254.170.2" + relative;
    SLUICE_ASSIGN_OR_RETURN(const Url url, ParseUrl(uri));
    SLUICE_ASSIGN_OR_RETURN(const HttpRequest request, Request());
    SLUICE_ASSIGN_OR_RETURN(const std::string body, BodyOf(url, request, Near(std::chrono::seconds(2))));
    return ReadKeys(url, body);
  }

  Result<HttpRequest> Request() const {
    HttpRequest request;
    std::string token = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    const std::string token_file = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    if (!token_file.empty()) {
      SLUICE_ASSIGN_OR_RETURN(token, ReadFile(token_file));
    }
    if (std::string_view trimmed = Trim(std::string_view(token).substr(0, token.find('\n'))); !trimmed.empty()) {
      request.headers.Set("Authorization", std::string(trimmed));
    }
    return request;
  }

  const EnvLookup environment_;
};

class FromInstance : public KeptCredentials {
 public:
  FromInstance(EnvLookup environment, const Clock& clock)
      : KeptCredentials(clock), environment_(std::move(environment)), clock_(clock) {}

 protected:
  Result<AwsCredentials> Fetch() override {
    if (environment_("AWS_EC2_METADATA_DISABLED") == "true") {
      return Error(ErrorCode::kNotFound, "AWS_EC2_METADATA_DISABLED is set");
    }
    constexpr int64_t kMinuteMs = 60'000;
    const int64_t now_ms = clock_.NowMs();
    if (failed_ && now_ms < failed_at_ms_ + kMinuteMs) return *failed_;
    Result<AwsCredentials> found = Ask();
    if (found.ok()) return found;
    failed_at_ms_ = now_ms;
    failed_ = found.error().WithContext("EC2 instance metadata");
    return *failed_;
  }

 private:
  Result<AwsCredentials> Ask() const {
    constexpr std::string_view kRoles = "/latest/meta-data/iam/security-credentials/";
    std::string base = environment_("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    if (base.empty()) base = "http://169.254.169.254";
    while (base.ends_with('/')) base.pop_back();
    const HttpClientOptions options = Near(std::chrono::seconds(1));

    HttpRequest for_token;
    for_token.method = "PUT";
    for_token.headers.Set("X-aws-ec2-metadata-token-ttl-seconds", "21600");
    SLUICE_ASSIGN_OR_RETURN(const Url token_url, ParseUrl(base + "/latest/api/token"));
    SLUICE_ASSIGN_OR_RETURN(const std::string token, BodyOf(token_url, for_token, options));

    HttpRequest request;
    request.headers.Set("X-aws-ec2-metadata-token", token);
    SLUICE_ASSIGN_OR_RETURN(Url url, ParseUrl(base + std::string(kRoles)));
    SLUICE_ASSIGN_OR_RETURN(const std::string roles, BodyOf(url, request, options));
    const std::string role(Trim(std::string_view(roles).substr(0, roles.find('\n'))));
    if (role.empty()) return Error(ErrorCode::kNotFound, "the instance has no role");
    SLUICE_ASSIGN_OR_RETURN(url, ParseUrl(base + std::string(kRoles) + PercentEncode(role)));
    SLUICE_ASSIGN_OR_RETURN(const std::string body, BodyOf(url, request, options));
    return ReadKeys(url, body);
  }

  const EnvLookup environment_;
  const Clock& clock_;
  // Under the lock that Fetch is called with.
  std::optional<Error> failed_;
  int64_t failed_at_ms_ = 0;
};

}  // namespace

std::unique_ptr<CredentialsProvider> ContainerCredentials(EnvLookup environment, const Clock& clock) {
  return std::make_unique<FromContainer>(std::move(environment), clock);
}

std::unique_ptr<CredentialsProvider> InstanceCredentials(EnvLookup environment, const Clock& clock) {
  return std::make_unique<FromInstance>(std::move(environment), clock);
}

}  // namespace sluice::net
