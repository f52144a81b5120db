// Where AWS credentials and the region come from: the standard chain, with the environment as a parameter.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/sigv4.h"

namespace sluice::net {

/// Looks an environment variable up; empty when it is not set.
using EnvLookup = std::function<std::string(const std::string& name)>;
EnvLookup ProcessEnvironment();

/// In this order: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; the profile (AWS_PROFILE or "default") in
/// AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials, then AWS_CONFIG_FILE or ~/.aws/config;
/// AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI. Temporary ones are kept until five minutes before they expire.
/// Any thread.
class CredentialChain {
 public:
  /// `clock` must outlive the chain.
  CredentialChain(EnvLookup environment, const Clock& clock) : environment_(std::move(environment)), clock_(clock) {}

  /// kNotFound when no place has any; the message lists the places.
  Result<AwsCredentials> Get();

 private:
  Result<AwsCredentials> FromContainer() const;

  EnvLookup environment_;
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<AwsCredentials> cached_;
};

/// AWS_REGION, AWS_DEFAULT_REGION, the profile's region, else "us-east-1".
std::string FindRegion(const EnvLookup& environment);

}  // namespace sluice::net
