#include "net/aws/credentials.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>

#include "base/files.h"
#include "net/http_client.h"

namespace sluice::net {
namespace {

using Profile = std::map<std::string, std::string>;

std::string_view Trim(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// The key = value lines of one [section]; nested (indented) lines are skipped.
Profile ReadIniSection(const std::string& path, std::string_view section) {
  Profile out;
  std::ifstream file(path);
  std::string line;
  bool inside = false;
  while (std::getline(file, line)) {
    std::string_view text = Trim(line);
    if (text.empty() || text[0] == '#' || text[0] == ';') continue;
    if (text[0] == '[') {
      inside = text.ends_with(']') && Trim(text.substr(1, text.size() - 2)) == section;
      continue;
    }
    size_t equals = text.find('=');
    if (!inside || equals == std::string_view::npos || line[0] == ' ' || line[0] == '\t') continue;
    out[std::string(Trim(text.substr(0, equals)))] = std::string(Trim(text.substr(equals + 1)));
  }
  return out;
}

std::string FilePath(const EnvLookup& environment, const std::string& variable, const std::string& file) {
  std::string path = environment(variable);
  if (!path.empty()) return path;
  std::string home = environment("HOME");
  return home.empty() ? "" : home + "/.aws/" + file;
}

std::string ProfileName(const EnvLookup& environment) {
  std::string name = environment("AWS_PROFILE");
  return name.empty() ? "default" : name;
}

Profile ReadConfigProfile(const EnvLookup& environment) {
  std::string name = ProfileName(environment);
  return ReadIniSection(FilePath(environment, "AWS_CONFIG_FILE", "config"),
                        name == "default" ? name : "profile " + name);
}

std::optional<AwsCredentials> FromProfile(const Profile& profile) {
  auto key = profile.find("aws_access_key_id");
  auto secret = profile.find("aws_secret_access_key");
  if (key == profile.end() || secret == profile.end()) return std::nullopt;
  auto token = profile.find("aws_session_token");
  return AwsCredentials{key->second, secret->second, token == profile.end() ? "" : token->second};
}

int64_t ParseExpirationMs(const std::string& text) {
  std::tm utc{};
  if (strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc) == nullptr) return AwsCredentials().expires_at_ms;
  return static_cast<int64_t>(timegm(&utc)) * 1000;
}

}  // namespace

EnvLookup ProcessEnvironment() {
  return [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return std::string(value == nullptr ? "" : value);
  };
}

Result<AwsCredentials> CredentialChain::Get() {
  std::lock_guard lock(mutex_);
  constexpr int64_t kRefreshBeforeMs = 5 * 60 * 1000;
  if (cached_ && clock_.NowMs() < cached_->expires_at_ms - kRefreshBeforeMs) return *cached_;
  std::string key = environment_("AWS_ACCESS_KEY_ID");
  std::string secret = environment_("AWS_SECRET_ACCESS_KEY");
  if (!key.empty() && !secret.empty()) return AwsCredentials{key, secret, environment_("AWS_SESSION_TOKEN")};
  auto shared = FromProfile(
      ReadIniSection(FilePath(environment_, "AWS_SHARED_CREDENTIALS_FILE", "credentials"), ProfileName(environment_)));
  if (!shared) shared = FromProfile(ReadConfigProfile(environment_));
  if (shared) return *shared;
  if (!environment_("AWS_CONTAINER_CREDENTIALS_FULL_URI").empty() ||
      !environment_("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").empty()) {
    SLUICE_ASSIGN_OR_RETURN(cached_, FromContainer());
    return *cached_;
  }
  return Error(ErrorCode::kNotFound,
               fmt::format("no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or add the profile "
                           "'{}' to the shared credentials file, or set AWS_CONTAINER_CREDENTIALS_FULL_URI",
                           ProfileName(environment_)));
}

Result<AwsCredentials> CredentialChain::FromContainer() const {
  std::string uri = environment_("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  // The relative form is answered by the agent of the container platform at its fixed link-local address.
  std::string relative = environment_("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  if (!relative.empty()) uri = "http://169.254.170.2" + relative;
  SLUICE_ASSIGN_OR_RETURN(Url url, ParseUrl(uri));
  HttpRequest request;
  std::string token_file = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  std::string token = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (!token_file.empty()) {
    auto content = ReadFile(token_file);
    if (!content.ok()) return content.error().WithContext("container credentials");
    token = *content;
  }
  if (std::string_view trimmed = Trim(std::string_view(token).substr(0, token.find('\n'))); !trimmed.empty()) {
    request.headers.Set("Authorization", std::string(trimmed));
  }
  HttpClientOptions options;
  options.connect_timeout = std::chrono::seconds(2);
  options.total_timeout = std::chrono::seconds(5);
  auto response = SendHttp(url, request, options);
  if (!response.ok()) return response.error().WithContext("container credentials");
  if (response->status != 200) {
    return Error(ErrorCode::kIo,
                 fmt::format("container credentials: {} answers status {}", url.ToString(), response->status));
  }
  boost::system::error_code ec;
  auto json = boost::json::parse(response->body, ec);
  auto text = [&](const char* name) -> std::string {
    const auto* value = json.is_object() ? json.as_object().if_contains(name) : nullptr;
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
  };
  if (ec || text("AccessKeyId").empty() || text("SecretAccessKey").empty()) {
    return Error(ErrorCode::kIo, fmt::format("container credentials: {} answers without keys", url.ToString()));
  }
  return AwsCredentials{text("AccessKeyId"), text("SecretAccessKey"), text("Token"),
                        ParseExpirationMs(text("Expiration"))};
}

std::string FindRegion(const EnvLookup& environment) {
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (std::string region = environment(name); !region.empty()) return region;
  }
  Profile profile = ReadConfigProfile(environment);
  auto region = profile.find("region");
  return region == profile.end() || region->second.empty() ? "us-east-1" : region->second;
}

}  // namespace sluice::net
