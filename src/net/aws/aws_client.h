// Signed requests to one AWS service: endpoint, credentials, retries. The clients of services stand on it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "net/aws/credentials.h"
#include "net/http_client.h"

namespace sluice::net {

struct AwsClientOptions {
  std::string service;  // as signatures and host names have it: "kinesis"
  std::string region;
  std::string endpoint;  // "http://127.0.0.1:5000"; empty: https://SERVICE.REGION.amazonaws.com
  std::string ca_file;
  bool trust_all_certificates = false;
  std::chrono::milliseconds total_timeout{30'000};  // of one attempt
  uint64_t max_response_bytes = 64ull * 1024 * 1024;
  /// Attempts of a request that was throttled, met a 5xx answer or no answer; 1: it is sent once.
  int attempts = 1;

  /// FindRegion; AWS_ENDPOINT_URL_<SERVICE> (upper case), else AWS_ENDPOINT_URL; AWS_CA_BUNDLE.
  static AwsClientOptions FromEnvironment(std::string service, const EnvLookup& environment);
};

/// How long before attempt number `attempt` (from 1) of something that failed before: a random time up to
/// `base` · 2^(attempt-1), at most `limit`, so that many clients do not come back at once.
std::chrono::milliseconds BackOff(int attempt, std::chrono::milliseconds base, std::chrono::milliseconds limit,
                                  Random& random);

/// Any thread; calls block. Errors of all calls: kNotFound (ResourceNotFoundException, status 404), kResourceExhausted
/// (throttled), kInvalidArgument (other refusals, with the service's own words), kUnavailable (5xx), kIo, kTimeout,
/// kCancelled. Messages begin with the service's error type: "ExpiredIteratorException: …".
class AwsClient {
 public:
  /// `credentials`, `clock` and `random` outlive the client; `random` may be null if there is one attempt only.
  AwsClient(AwsClientOptions options, CredentialsProvider* credentials, Clock& clock, Random* random);

  /// `operation` of the JSON protocol ("Kinesis_20131202.ListShards"); `version` "1.0" or "1.1". The answer's body.
  Result<std::string> CallJson(std::string_view operation, std::string body, std::string_view version = "1.1");

  /// The answer to a request that is signed here, whatever its status (AwsRefusal reads it); what may pass has been
  /// tried again. `url` has path and query. `max_response_bytes` 0: the options'.
  Result<HttpResponse> Send(const Url& url, const HttpRequest& request, const SigV4Scope& scope,
                            uint64_t max_response_bytes = 0);

  /// Such a request as `CallJson` sends to EndpointUrl(), signed, for another way to send it.
  Result<HttpRequest> SignedJsonRequest(std::string_view operation, std::string body, std::string_view version = "1.1");
  Result<Url> EndpointUrl() const;

  /// Calls under way end with kCancelled, and so do all later ones.
  void Cancel();
  const AwsClientOptions& options() const { return options_; }

 private:
  bool WaitBefore(int attempt, bool throttled);

  const AwsClientOptions options_;
  CredentialsProvider* const credentials_;
  Clock& clock_;
  Random* const random_;
  HttpClient http_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool cancelled_ = false;
};

/// What an answer that is no success says, as an Error of AwsClient's kinds. JSON and XML bodies.
Error AwsRefusal(const HttpResponse& response);
/// The error's type: "ResourceNotFoundException"; of an Error of AwsClient.
std::string_view AwsErrorType(const Error& error);

}  // namespace sluice::net
