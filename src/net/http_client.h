// Blocking HTTP/1.1 requests over http and https: one connection each, or over connections that are kept.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/http_message.h"
#include "net/url.h"

namespace sluice::net {

struct HttpClientOptions {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds total_timeout{30'000};  // from the first byte of the request to the last of the answer
  uint64_t max_response_bytes = 64ull * 1024 * 1024;
  std::string ca_file;                  // PEM bundles to trust instead of the system's; several with commas between
  std::string certificate_file;         // PEM: what the client shows of itself; empty: nothing
  std::string key_file;                 // its private key, PEM or DER
  bool trust_all_certificates = false;  // for tests: any certificate, of any name
};

/// Sends `request` to the host of `url`, with the target of `url` (request.target and path are not used), and returns
/// the whole answer whatever its status. Host, Content-Length and Connection are set here. Redirects are not followed.
/// Errors: kIo (no connection, TLS, broken answer), kTimeout, kResourceExhausted (answer over max_response_bytes).
/// Any thread; blocks up to connect_timeout plus total_timeout.
Result<HttpResponse> SendHttp(const Url& url, const HttpRequest& request, const HttpClientOptions& options = {});

/// The same over connections that stay open between requests, one request at a time on each; as many as there are
/// requests at once. A connection that the server closed meanwhile is replaced: the request is then sent a second time,
/// though the server may have seen the first. Any thread.
class HttpClient {
 public:
  /// `options` hold for all requests.
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// As SendHttp; kCancelled after Cancel. `max_response_bytes` 0: the options'.
  Result<HttpResponse> Send(const Url& url, const HttpRequest& request, uint64_t max_response_bytes = 0);
  /// Ends requests under way and refuses later ones: for whoever must join a thread that may wait for a dead peer.
  void Cancel();

 private:
  struct Pool;
  const HttpClientOptions options_;
  const std::unique_ptr<Pool> pool_;
};

}  // namespace sluice::net
