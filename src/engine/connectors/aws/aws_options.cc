#include "engine/connectors/aws/aws_options.h"

#include <algorithm>
#include <array>

#include "engine/formats/text/option_text.h"

namespace sluice::engine::aws {
namespace {

constexpr std::string_view kRoot = "aws.credentials.provider";
constexpr std::array<std::string_view, 8> kProviders = {"ENV_VAR",     "SYS_PROP",           "PROFILE", "BASIC",
                                                        "ASSUME_ROLE", "WEB_IDENTITY_TOKEN", "CUSTOM",  "AUTO"};
constexpr int kRoleDepth = 10;

Error Bad(std::string message) { return Error(ErrorCode::kOption, std::move(message)); }

/// In tables "aws.credentials.basic.accesskeyid"; elsewhere, and for the credentials that a role is assumed with,
/// "aws.credentials.provider.basic.accesskeyid". Flink turns the first into the second.
OptionMap Translated(const OptionMap& options) {
  OptionMap out;
  for (const auto& [name, value] : options) {
    if (!name.starts_with("aws.")) continue;
    std::string key = name;
    constexpr std::string_view kShort = "credentials.";
    constexpr std::string_view kLong = "credentials.provider.";
    const size_t at = key.find(kShort);
    if (at != std::string::npos && !key.ends_with("credentials.provider") &&
        key.compare(at, kLong.size(), kLong) != 0) {
      key.replace(at, kShort.size(), kLong);
    }
    out[key] = value;
  }
  return out;
}

std::string ProviderOf(const OptionMap& options, const std::string& root) {
  auto named = options.find(root);
  if (named != options.end()) return named->second;
  return options.contains(root + ".basic.accesskeyid") && options.contains(root + ".basic.secretkey") ? "BASIC"
                                                                                                      : "AUTO";
}

/// Java's pattern of region names: "us-east-1", "us-gov-west-1", "cn-north-1", "aws-global".
bool IsRegion(std::string_view region) {
  if (region == "global" || region.ends_with("-global")) return true;
  const size_t last = region.rfind('-');
  const size_t first = region.find('-');
  if (last == std::string_view::npos || first == last || last + 2 != region.size()) return false;
  if (region.back() < '0' || region.back() > '9') return false;
  const std::string_view words = region.substr(0, last);
  return !words.empty() && words.front() != '-' &&
         std::all_of(words.begin(), words.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

/// The provider that `root` describes; roles are assumed with what `root`.role.provider describes.
Result<std::unique_ptr<net::CredentialsProvider>> MakeProvider(const OptionMap& options, const std::string& root,
                                                               const net::EnvLookup& environment, const Clock& clock,
                                                               const std::string& region, int depth) {
  using Provider = std::unique_ptr<net::CredentialsProvider>;
  auto text = [&](std::string_view name) { return text::StringOption(options, root + "." + std::string(name), ""); };
  const std::string kind = ProviderOf(options, root);
  if (kind == "BASIC") {
    if (text("basic.accesskeyid").empty() || text("basic.secretkey").empty()) {
      return Bad("Please set values for AWS Access Key ID ('" + root + ".basic.accesskeyid') and Secret Key ('" + root +
                 ".basic.secretkey') when using the BASIC AWS credential provider type.");
    }
    return Provider(std::make_unique<net::FixedCredentials>(
        net::AwsCredentials{text("basic.accesskeyid"), text("basic.secretkey"), ""}));
  }
  if (kind == "ENV_VAR") return net::EnvironmentCredentials(environment);
  if (kind == "PROFILE") return net::ProfileCredentials(environment, text("profile.path"), text("profile.name"));
  if (kind == "AUTO") return Provider(std::make_unique<net::CredentialChain>(environment, clock));
  net::RoleRequest role{.role_arn = text("role.arn"),
                        .session_name = text("role.sessionName"),
                        .external_id = text("role.externalId"),
                        .token_file = text("webIdentityToken.file"),
                        .region = region,
                        .endpoint = text("role.stsEndpoint")};
  if (kind == "WEB_IDENTITY_TOKEN") return net::WebIdentityRole(std::move(role), environment, clock);
  if (kind == "ASSUME_ROLE") {
    if (role.role_arn.empty())
      return Bad("The credential provider ASSUME_ROLE needs the option '" + root + ".role.arn'.");
    if (depth == kRoleDepth) return Bad("Too many roles that are assumed with the credentials of roles.");
    SLUICE_ASSIGN_OR_RETURN(Provider base,
                            MakeProvider(options, root + ".role.provider", environment, clock, region, depth + 1));
    return net::AssumedRole(std::move(role), std::move(base), environment, clock);
  }
  if (kind == "SYS_PROP" || kind == "CUSTOM") {
    return Error(ErrorCode::kNotSupported,
                 "not supported yet: the AWS credential provider '" + kind + "' needs Java (" +
                     (kind == "SYS_PROP" ? "system properties of a JVM" : "a class of the application") +
                     "), and this engine runs without; use AUTO, ENV_VAR, PROFILE, BASIC, ASSUME_ROLE or "
                     "WEB_IDENTITY_TOKEN");
  }
  std::string known;
  for (const std::string_view provider : kProviders) known += std::string(provider) + ", ";
  return Bad("Invalid AWS Credential Provider Type set in config. Valid values are: " + known);
}

Result<bool> TrustAll(const OptionMap& options) {
  const std::string value = text::StringOption(options, "aws.trust.all.certificates", "false");
  if (value != "true" && value != "false") return Bad("Invalid aws.trust.all.certificates value, must be a boolean.");
  return value == "true";
}

/// A positive number of 32 bits; `fallback` if there is none.
Result<int64_t> PositiveOption(const OptionMap& options, const char* name, int64_t fallback, const char* what) {
  const Result<int64_t> value = text::IntOption(options, name, fallback, 32);
  if (value.ok() && *value > 0) return *value;
  return Bad("Invalid value given for HTTP " + std::string(what) + ". Must be positive integer.");
}

}  // namespace

Result<HttpClientLimits> ReadHttpClientLimits(const OptionMap& options) {
  HttpClientLimits limits;
  SLUICE_ASSIGN_OR_RETURN(const int64_t most,
                          PositiveOption(options, "sink.http-client.max-concurrency",
                                         static_cast<int64_t>(limits.max_concurrency), "client max concurrency"));
  SLUICE_ASSIGN_OR_RETURN(const int64_t timeout, PositiveOption(options, "sink.http-client.read-timeout",
                                                                limits.read_timeout.count(), "read timeout"));
  const std::string version = text::StringOption(options, "sink.http-client.protocol.version", "HTTP1_1");
  if (version != "HTTP1_1" && version != "HTTP2") {
    return Bad("Invalid value given for HTTP protocol. Must be HTTP1_1 or HTTP2.");
  }
  limits.max_concurrency = static_cast<size_t>(most);
  limits.read_timeout = std::chrono::milliseconds(timeout);
  return limits;
}

std::string RegionOfArn(const std::string& arn) {
  size_t begin = 0;
  for (int colons = 0; colons < 3; ++colons) {
    begin = arn.find(':', begin);
    if (begin == std::string::npos) return {};
    ++begin;
  }
  return arn.substr(begin, arn.find(':', begin) - begin);
}

Status CheckAwsOptions(const OptionMap& options) {
  static const SystemClock kClock;  // nothing is asked of it here
  auto nothing = [](const std::string&) { return std::string(); };
  auto region = options.find("aws.region");
  if (region != options.end() && !IsRegion(region->second)) {
    return Bad("Invalid AWS region set in config. '" + region->second +
               "' is not the name of a region, such as us-east-1.");
  }
  SLUICE_RETURN_IF_ERROR(TrustAll(options));
  SLUICE_RETURN_IF_ERROR(ReadHttpClientLimits(options));
  if (auto endpoint = options.find("aws.endpoint"); endpoint != options.end()) {
    auto url = net::ParseUrl(endpoint->second);
    if (!url.ok()) return url.error().WithContext("aws.endpoint");
  }
  auto provider = MakeProvider(Translated(options), std::string(kRoot), nothing, kClock, "", 0);
  return provider.ok() ? Status() : Status(provider.error());
}

Result<AwsAccess> MakeAwsAccess(const OptionMap& options, const std::string& service, const net::EnvLookup& environment,
                                const Clock& clock) {
  AwsAccess access;
  access.client = net::AwsClientOptions::FromEnvironment(service, environment);
  access.client.region = text::StringOption(options, "aws.region", access.client.region);
  access.client.endpoint = text::StringOption(options, "aws.endpoint", access.client.endpoint);
  SLUICE_ASSIGN_OR_RETURN(access.client.trust_all_certificates, TrustAll(options));
  if (options.contains("sink.http-client.read-timeout")) {
    SLUICE_ASSIGN_OR_RETURN(const HttpClientLimits limits, ReadHttpClientLimits(options));
    access.client.total_timeout = limits.read_timeout;
  }
  SLUICE_ASSIGN_OR_RETURN(access.credentials, MakeProvider(Translated(options), std::string(kRoot), environment, clock,
                                                           access.client.region, 0));
  return access;
}

}  // namespace sluice::engine::aws
