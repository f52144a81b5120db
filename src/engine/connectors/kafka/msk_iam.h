// Amazon MSK's IAM access control over OAUTHBEARER: the token is a presigned kafka-cluster:Connect request.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "engine/connectors/kafka/security.h"
#include "net/sigv4.h"

namespace sluice::engine::kafka {

/// The token that the credentials make at that time; good for 15 minutes, or as long as the credentials.
BearerToken MskIamToken(const net::AwsCredentials& credentials, const std::string& region, int64_t now_ms);

/// "us-east-1" of "b-1.name.abc.c2.kafka.us-east-1.amazonaws.com:9098"; empty for other hosts.
std::string RegionOfBroker(const std::string& servers);

/// Tokens by the options of IAMLoginModule (awsProfileName, awsRoleArn, awsRoleSessionName, awsStsRegion) and the
/// standard chain of credentials.
Result<std::function<Result<BearerToken>()>> MskIamTokens(const std::map<std::string, std::string>& login,
                                                          const std::string& servers, std::function<int64_t()> now_ms);

}  // namespace sluice::engine::kafka
