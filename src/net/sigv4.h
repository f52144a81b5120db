// AWS Signature Version 4: signing of requests, and the signature that a request should have. Pure: the time is a
// parameter (milliseconds since 1970).
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.h"
#include "net/url.h"

namespace sluice::net {

struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // empty for long-term keys
  int64_t expires_at_ms = std::numeric_limits<int64_t>::max();
};

struct SigV4Scope {
  std::string region;
  std::string service;
  /// Every service but S3 signs the path encoded once more than it is sent.
  bool encode_path_twice = true;
  /// S3 wants the payload's hash in x-amz-content-sha256.
  bool content_sha256_header = false;
};

/// Adds Host, X-Amz-Date, X-Amz-Security-Token (with a session token) and Authorization to `request`, which must carry
/// its final body; every header present is signed, but for those that proxies change (User-Agent, Connection, ...). The
/// target signed is the one of `url`.
void SignSigV4(const Url& url, const AwsCredentials& credentials, const SigV4Scope& scope, int64_t now_ms,
               HttpRequest* request);

/// What a signature covers. The views must outlive it.
struct SigV4Message {
  std::string_view method;
  std::string_view target;  // path and query as sent
  const HttpHeaders& headers;
  std::vector<std::string> signed_headers;  // lower case, sorted
  std::string payload_hash;                 // hex SHA-256 of the body
  std::string date_time;                    // "20150830T123600Z"
  std::string region;
  std::string service;
  bool encode_path_twice = true;
  std::string_view without_parameter = {};  // a query parameter that is not covered: X-Amz-Signature
};

/// 64 hex digits, lower case.
std::string SigV4Signature(const SigV4Message& message, std::string_view secret_access_key);

/// Milliseconds since 1970 → "20150830T123600Z".
std::string SigV4Date(int64_t ms);

}  // namespace sluice::net
