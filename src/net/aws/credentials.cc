#include "net/aws/credentials.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::net {
namespace {

std::optional<AwsCredentials> FromProfile(const AwsProfile& profile) {
  auto key = profile.find("aws_access_key_id");
  auto secret = profile.find("aws_secret_access_key");
  if (key == profile.end() || secret == profile.end()) return std::nullopt;
  auto token = profile.find("aws_session_token");
  return AwsCredentials{key->second, secret->second, token == profile.end() ? "" : token->second};
}

std::optional<AwsCredentials> FromEnvironment(const EnvLookup& environment) {
  std::string key = environment("AWS_ACCESS_KEY_ID");
  std::string secret = environment("AWS_SECRET_ACCESS_KEY");
  if (key.empty() || secret.empty()) return std::nullopt;
  return AwsCredentials{std::move(key), std::move(secret), environment("AWS_SESSION_TOKEN")};
}

class FromVariables : public CredentialsProvider {
 public:
  explicit FromVariables(EnvLookup environment) : environment_(std::move(environment)) {}
  Result<AwsCredentials> Get() override {
    if (auto found = FromEnvironment(environment_)) return *found;
    return Error(ErrorCode::kNotFound,
                 "no AWS credentials in the environment: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  }

 private:
  const EnvLookup environment_;
};

class FromFile : public CredentialsProvider {
 public:
  FromFile(EnvLookup environment, std::string path, std::string name)
      : environment_(std::move(environment)), path_(std::move(path)), name_(std::move(name)) {}
  Result<AwsCredentials> Get() override {
    const std::string name = name_.empty() ? ProfileName(environment_) : name_;
    auto found = FromProfile(ReadCredentialsProfile(environment_, name, path_));
    if (!found && path_.empty()) found = FromProfile(ReadConfigProfile(environment_, name));
    if (found) return *found;
    return Error(ErrorCode::kNotFound, fmt::format("no AWS credentials in the profile '{}' of {}", name,
                                                   path_.empty() ? "the shared credentials file" : path_));
  }

 private:
  const EnvLookup environment_;
  const std::string path_, name_;
};

}  // namespace

Result<AwsCredentials> KeptCredentials::Get() {
  std::lock_guard lock(mutex_);
  const int64_t now = clock_.NowMs();
  if (kept_ && now < refresh_at_ms_) return *kept_;
  Result<AwsCredentials> fetched = Fetch();
  if (!fetched.ok()) {
    if (kept_ && now < kept_->expires_at_ms) return *kept_;
    return fetched;
  }
  constexpr int64_t kEarlyMs = 5 * 60 * 1000;
  const int64_t life_ms = std::max<int64_t>(0, fetched->expires_at_ms - now);
  refresh_at_ms_ = fetched->expires_at_ms - std::min(kEarlyMs, life_ms / 4);
  kept_ = *fetched;
  return fetched;
}

void KeptCredentials::Forget() {
  std::lock_guard lock(mutex_);
  kept_.reset();
}

CredentialChain::CredentialChain(EnvLookup environment, const Clock& clock) : environment_(std::move(environment)) {
  web_identity_ = WebIdentityRole({}, environment_, clock);
  container_ = ContainerCredentials(environment_, clock);
  instance_ = InstanceCredentials(environment_, clock);
}

Result<AwsCredentials> CredentialChain::Get() {
  if (auto found = FromEnvironment(environment_)) return *found;
  if (!environment_("AWS_WEB_IDENTITY_TOKEN_FILE").empty() && !environment_("AWS_ROLE_ARN").empty()) {
    return web_identity_->Get();
  }
  const std::string name = ProfileName(environment_);
  auto shared = FromProfile(ReadCredentialsProfile(environment_, name));
  if (!shared) shared = FromProfile(ReadConfigProfile(environment_, name));
  if (shared) return *shared;
  if (!environment_("AWS_CONTAINER_CREDENTIALS_FULL_URI").empty() ||
      !environment_("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").empty()) {
    return container_->Get();
  }
  const Result<AwsCredentials> of_instance = instance_->Get();
  if (of_instance.ok()) return of_instance;
  return Error(ErrorCode::kNotFound,
               fmt::format("no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or add the profile "
                           "'{}' to the shared credentials file, or set AWS_CONTAINER_CREDENTIALS_FULL_URI ({})",
                           name, of_instance.error().message()));
}

void CredentialChain::Forget() {
  web_identity_->Forget();
  container_->Forget();
  instance_->Forget();
}

std::unique_ptr<CredentialsProvider> EnvironmentCredentials(EnvLookup environment) {
  return std::make_unique<FromVariables>(std::move(environment));
}

std::unique_ptr<CredentialsProvider> ProfileCredentials(EnvLookup environment, std::string path, std::string name) {
  return std::make_unique<FromFile>(std::move(environment), std::move(path), std::move(name));
}

}  // namespace sluice::net
