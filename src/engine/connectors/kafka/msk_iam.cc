#include "engine/connectors/kafka/msk_iam.h"

#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "net/aws/credentials.h"
#include "net/digest.h"

namespace sluice::engine::kafka {
namespace {

constexpr int64_t kLifeSeconds = 900;

std::string Encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out.push_back(c);
    } else {
      const std::string hex = net::Hex(std::string_view(&c, 1));
      out.push_back('%');
      for (const char h : hex) out.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(h))));
    }
  }
  return out;
}

std::string Base64Url(std::string_view bytes) {
  std::string text = net::Base64(bytes);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::string Option(const std::map<std::string, std::string>& login, const std::string& name) {
  const auto it = login.find(name);
  return it == login.end() ? std::string() : it->second;
}

}  // namespace

BearerToken MskIamToken(const net::AwsCredentials& credentials, const std::string& region, int64_t now_ms) {
  const std::string host = "kafka." + region + ".amazonaws.com";
  const std::string date = net::SigV4Date(now_ms);
  const std::string scope = date.substr(0, 8) + "/" + region + "/kafka-cluster/aws4_request";
  // The parameters in the order of their names, as they are signed.
  std::string target = "/?Action=" + Encoded("kafka-cluster:Connect") + "&X-Amz-Algorithm=AWS4-HMAC-SHA256" +
                       "&X-Amz-Credential=" + Encoded(credentials.access_key_id + "/" + scope) + "&X-Amz-Date=" + date +
                       "&X-Amz-Expires=" + std::to_string(kLifeSeconds);
  if (!credentials.session_token.empty()) target += "&X-Amz-Security-Token=" + Encoded(credentials.session_token);
  target += "&X-Amz-SignedHeaders=host";
  net::HttpHeaders headers;
  headers.Set("Host", host);
  net::SigV4Message message{"GET", target, headers, {"host"}, net::Hex(net::Sha256("")), date, region, "kafka-cluster"};
  const std::string signature = net::SigV4Signature(message, credentials.secret_access_key);
  BearerToken token;
  token.token = Base64Url("https://" + host + target + "&X-Amz-Signature=" + signature + "&User-Agent=sluice");
  token.principal = "sluice";
  token.expires_at_ms = std::min(now_ms + kLifeSeconds * 1000, credentials.expires_at_ms);
  return token;
}

std::string RegionOfBroker(const std::string& servers) {
  const std::string host = servers.substr(0, servers.find_first_of(":,"));
  const size_t end = host.find(".amazonaws.com");
  if (end == std::string::npos || host.find(".kafka") == std::string::npos) return {};
  const size_t dot = host.rfind('.', end - 1);
  return dot == std::string::npos ? std::string() : host.substr(dot + 1, end - dot - 1);
}

Result<std::function<Result<BearerToken>()>> MskIamTokens(const std::map<std::string, std::string>& login,
                                                          const std::string& servers, std::function<int64_t()> now_ms) {
  const net::EnvLookup environment = net::ProcessEnvironment();
  std::string region = RegionOfBroker(servers);
  if (region.empty()) region = net::FindRegion(environment);
  const std::string profile = Option(login, "awsProfileName"), role = Option(login, "awsRoleArn");
  auto clock = std::make_shared<SystemClock>();
  std::unique_ptr<net::CredentialsProvider> made;
  if (profile.empty()) {
    made = std::make_unique<net::CredentialChain>(environment, *clock);
  } else {
    made = net::ProfileCredentials(environment, "", profile);
  }
  if (!role.empty()) {
    net::RoleRequest request;
    request.role_arn = role;
    request.session_name = Option(login, "awsRoleSessionName");
    request.external_id = Option(login, "awsRoleExternalId");
    request.region = Option(login, "awsStsRegion");
    if (request.region.empty()) request.region = region;
    made = net::AssumedRole(request, std::move(made), environment, *clock);
  }
  std::shared_ptr<net::CredentialsProvider> credentials = std::move(made);
  return std::function<Result<BearerToken>()>([credentials, clock, region, now_ms]() -> Result<BearerToken> {
    SLUICE_ASSIGN_OR_RETURN(const net::AwsCredentials found, credentials->Get());
    return MskIamToken(found, region, now_ms());
  });
}

}  // namespace sluice::engine::kafka
