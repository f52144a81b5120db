// Credentials that STS gives out for a role.
#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "net/aws/credentials.h"
#include "net/aws/iso_time.h"
#include "net/aws/xml.h"
#include "net/http_client.h"

namespace sluice::net {
namespace {

Result<Url> StsUrl(const RoleRequest& request, const EnvLookup& environment, const std::string& region) {
  std::string endpoint = request.endpoint.empty() ? FindEndpoint(environment, "STS") : request.endpoint;
  if (endpoint.empty()) endpoint = fmt::format("https://sts.{}.amazonaws.com", region);
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return ParseUrl(endpoint + "/");
}

/// Signed if there are `credentials`.
Result<AwsCredentials> Ask(const RoleRequest& request, const EnvLookup& environment, std::string form,
                           const AwsCredentials* credentials, int64_t now_ms) {
  const std::string context = fmt::format("assuming the role {}", request.role_arn);
  const std::string region = request.region.empty() ? FindRegion(environment) : request.region;
  auto url = StsUrl(request, environment, region);
  if (!url.ok()) return url.error().WithContext("the STS endpoint");
  HttpRequest http;
  http.method = "POST";
  http.body = "Version=2011-06-15&" + std::move(form);
  http.headers.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  if (credentials != nullptr) SignSigV4(*url, *credentials, {region, "sts"}, now_ms, &http);
  HttpClientOptions options;
  options.total_timeout = std::chrono::seconds(10);
  options.ca_file = environment("AWS_CA_BUNDLE");
  auto response = SendHttp(*url, http, options);
  if (!response.ok()) return response.error().WithContext(context);
  if (response->status != 200) {
    return Error(response->status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument,
                 fmt::format("{}: {}: {}", context, FirstXmlText(response->body, "Code"),
                             FirstXmlText(response->body, "Message")));
  }
  AwsCredentials out{FirstXmlText(response->body, "AccessKeyId"), FirstXmlText(response->body, "SecretAccessKey"),
                     FirstXmlText(response->body, "SessionToken"),
                     IsoTimeMs(FirstXmlText(response->body, "Expiration")).value_or(AwsCredentials().expires_at_ms)};
  if (out.access_key_id.empty() || out.secret_access_key.empty()) {
    return Error(ErrorCode::kData, context + ": the answer has no keys");
  }
  return out;
}

std::string RoleForm(const char* action, const RoleRequest& request) {
  return fmt::format("Action={}&RoleArn={}&RoleSessionName={}", action, PercentEncode(request.role_arn),
                     PercentEncode(request.session_name.empty() ? "sluice" : request.session_name));
}

class ByRole : public KeptCredentials {
 public:
  ByRole(RoleRequest request, std::unique_ptr<CredentialsProvider> base, EnvLookup environment, const Clock& clock)
      : KeptCredentials(clock),
        request_(std::move(request)),
        base_(std::move(base)),
        environment_(std::move(environment)),
        clock_(clock) {}

 protected:
  Result<AwsCredentials> Fetch() override {
    SLUICE_ASSIGN_OR_RETURN(const AwsCredentials base, base_->Get());
    std::string form = RoleForm("AssumeRole", request_);
    if (!request_.external_id.empty()) form += "&ExternalId=" + PercentEncode(request_.external_id);
    return Ask(request_, environment_, std::move(form), &base, clock_.NowMs());
  }

 private:
  const RoleRequest request_;
  const std::unique_ptr<CredentialsProvider> base_;
  const EnvLookup environment_;
  const Clock& clock_;
};

class ByWebIdentity : public KeptCredentials {
 public:
  ByWebIdentity(RoleRequest request, EnvLookup environment, const Clock& clock)
      : KeptCredentials(clock), request_(std::move(request)), environment_(std::move(environment)) {}

 protected:
  Result<AwsCredentials> Fetch() override {
    RoleRequest request = request_;
    if (request.role_arn.empty()) request.role_arn = environment_("AWS_ROLE_ARN");
    if (request.session_name.empty()) request.session_name = environment_("AWS_ROLE_SESSION_NAME");
    if (request.token_file.empty()) request.token_file = environment_("AWS_WEB_IDENTITY_TOKEN_FILE");
    if (request.role_arn.empty() || request.token_file.empty()) {
      return Error(ErrorCode::kNotFound,
                   "a web identity needs the role's ARN and the token's file: set them, or AWS_ROLE_ARN and "
                   "AWS_WEB_IDENTITY_TOKEN_FILE");
    }
    auto token = ReadFile(request.token_file);
    if (!token.ok()) return token.error().WithContext("the web identity's token");
    std::string form = RoleForm("AssumeRoleWithWebIdentity", request);
    form += "&WebIdentityToken=" + PercentEncode(Trim(*token));
    return Ask(request, environment_, std::move(form), nullptr, 0);
  }

 private:
  const RoleRequest request_;
  const EnvLookup environment_;
};

}  // namespace

std::unique_ptr<CredentialsProvider> AssumedRole(RoleRequest request, std::unique_ptr<CredentialsProvider> base,
                                                 EnvLookup environment, const Clock& clock) {
  return std::make_unique<ByRole>(std::move(request), std::move(base), std::move(environment), clock);
}

std::unique_ptr<CredentialsProvider> WebIdentityRole(RoleRequest request, EnvLookup environment, const Clock& clock) {
  return std::make_unique<ByWebIdentity>(std::move(request), std::move(environment), clock);
}

}  // namespace sluice::net
