// One request over HTTP/2 whose answer is read as it comes, for answers that go on for minutes.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/http_client.h"

namespace sluice::net {

/// A connection of its own, over TLS (https, by ALPN) or in clear text (http, without an upgrade). Start, then Read
/// until it answers an empty text; both by one thread. Whoever does not read slows the server down.
class Http2Stream {
 public:
  Http2Stream(Url url, HttpClientOptions options);
  ~Http2Stream();
  Http2Stream(const Http2Stream&) = delete;
  Http2Stream& operator=(const Http2Stream&) = delete;

  /// Connects, sends and waits for the answer's head, up to connect_timeout and total_timeout. Errors as SendHttp.
  Status Start(const HttpRequest& request);
  int status() const;
  const HttpHeaders& headers() const;
  /// What has come of the body; waits for some if there is none. Empty: the answer has ended. kTimeout after
  /// `patience`, then it may be called again; kIo, kCancelled: it may not.
  Result<std::string> Read(std::chrono::milliseconds patience);
  /// From any thread: Start and Read under way end with kCancelled, and so do later ones.
  void Cancel();

 private:
  class Session;
  const std::unique_ptr<Session> session_;
};

}  // namespace sluice::net
