// What AWS's tools read from environment variables and shared files: region, endpoints, profiles.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace sluice::net {

/// Looks an environment variable up; empty when it is not set.
using EnvLookup = std::function<std::string(const std::string& name)>;
EnvLookup ProcessEnvironment();

/// AWS_REGION, AWS_DEFAULT_REGION, the profile's region, else "us-east-1".
std::string FindRegion(const EnvLookup& environment);

/// AWS_ENDPOINT_URL_<SERVICE>, else AWS_ENDPOINT_URL, else empty. `service` as in the variable: "KINESIS", "S3", "STS".
std::string FindEndpoint(const EnvLookup& environment, std::string_view service);

/// One section of a file of profiles.
using AwsProfile = std::map<std::string, std::string>;

/// AWS_PROFILE, else "default".
std::string ProfileName(const EnvLookup& environment);

/// The profile in AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials; empty if there is none. `path` names another file.
AwsProfile ReadCredentialsProfile(const EnvLookup& environment, const std::string& name, const std::string& path = "");

/// The profile in AWS_CONFIG_FILE or ~/.aws/config.
AwsProfile ReadConfigProfile(const EnvLookup& environment, const std::string& name);

}  // namespace sluice::net
