// The options 'aws.*' that all AWS connectors take, with the rules and sentences of Flink's AWSGeneralUtil.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/plan/descriptors.h"
#include "net/aws/aws_client.h"
#include "net/aws/credentials.h"

namespace sluice::engine::aws {

/// How a connector reaches its service.
struct AwsAccess {
  net::AwsClientOptions client;
  std::unique_ptr<net::CredentialsProvider> credentials;
};

/// Region, endpoint, certificates and the credential provider are ones that can be used.
Status CheckAwsOptions(const OptionMap& options);

/// `service` as in host names ("kinesis"). What options leave out comes from `environment`; an endpoint in the options
/// goes before those of the environment. `clock` must outlive the answer.
Result<AwsAccess> MakeAwsAccess(const OptionMap& options, const std::string& service, const net::EnvLookup& environment,
                                const Clock& clock);

/// The options sink.http-client.*. Which protocol the service is spoken to by makes no difference to the rows: it is
/// HTTP/1.1.
struct HttpClientLimits {
  size_t max_concurrency = 10'000;  // requests at once
  std::chrono::milliseconds read_timeout{360'000};
};
Result<HttpClientLimits> ReadHttpClientLimits(const OptionMap& options);

/// "arn:aws:SERVICE:REGION:ACCOUNT:…" → REGION, or empty.
std::string RegionOfArn(const std::string& arn);

}  // namespace sluice::engine::aws
