// Blocking HTTP/1.1 requests over http and https, one connection each.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "net/http_message.h"
#include "net/url.h"

namespace sluice::net {

struct HttpClientOptions {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds total_timeout{30'000};  // from the first byte of the connection to the last of the answer
  uint64_t max_response_bytes = 64ull * 1024 * 1024;
  std::string ca_file;  // PEM bundle to trust instead of the system's
};

/// Sends `request` to the host of `url`, with the target of `url` (request.target and path are not used), and returns
/// the whole answer whatever its status. Host, Content-Length and Connection are set here. Redirects are not followed.
/// Errors: kIo (no connection, TLS, broken answer), kTimeout, kResourceExhausted (answer over max_response_bytes).
/// Any thread; blocks up to connect_timeout plus total_timeout.
Result<HttpResponse> SendHttp(const Url& url, const HttpRequest& request, const HttpClientOptions& options = {});

}  // namespace sluice::net
