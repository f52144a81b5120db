// Checks the signature of a request (AWS Signature Version 4, in headers or presigned in the query). Pure: keys and
// time are parameters, any bytes are accepted.
#pragma once

#include <cstdint>
#include <string>

#include "net/http_message.h"
#include "service/auth/credentials_file.h"
#include "service/auth/principal.h"
#include "service/model/api_error.h"

namespace sluice::service {

struct SigV4Rules {
  std::string region;
  std::string service = "kinesisanalytics";
  int64_t max_skew_ms = 15 * 60 * 1000;
};

/// The principal whose key signed `request`, or AWS's error: MissingAuthenticationTokenException,
/// IncompleteSignatureException, UnrecognizedClientException, ExpiredTokenException, InvalidSignatureException. The
/// signature covers the body's real hash, whatever x-amz-content-sha256 says; host and every x-amz-* header must be
/// signed.
Answer<Principal> CheckSigV4(const net::HttpRequest& request, const KeyTable& keys, const SigV4Rules& rules,
                             int64_t now_ms);

}  // namespace sluice::service
