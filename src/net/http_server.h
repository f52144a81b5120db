// A small HTTP/1.1 server: one thread does the sockets, a pool of threads runs the handler.
//
// - Start binds before it returns, so port() is final and a client may connect at once.
// - The handler is called on a pool thread, several at a time; it must be thread-safe and may block. An exception that
//   leaves it becomes a 500. The response's Content-Length, Date and Connection are the server's business.
// - Keep-alive, Expect: 100-continue and chunked request bodies work; HEAD gets the handler's answer without its body.
// - Broken requests are answered by the server: 400; header over its limit: 431; body over its limit: 413; too slow:
// closed.
// - Stop (also run by the destructor) refuses new connections, lets running handlers finish and their answers go out,
//   then joins all threads. It may be called from any thread but a handler's, more than once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/http_message.h"

namespace sluice::net {

struct HttpServerOptions {
  int handler_threads = 4;
  uint32_t max_header_bytes = 32 * 1024;
  uint64_t max_body_bytes = 64ull * 1024 * 1024;
  std::chrono::milliseconds idle_timeout{75'000};  // between requests of a kept connection
  std::chrono::milliseconds read_timeout{60'000};  // for one whole request, and for writing one answer
  std::string server_name;                         // the Server header; empty: none
  std::string tls_certificate_file;  // PEM, the server's first; with it the server speaks HTTPS only, and requests
                                     // carry X-Forwarded-Proto: https, as behind a proxy
  std::string tls_key_file;          // PEM; read once, at the start
};

using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

class HttpServer {
 public:
  /// Binds `address` (an IP address or "localhost") and `port` (0: any free one) and begins to serve.
  static Result<std::unique_ptr<HttpServer>> Start(const std::string& address, uint16_t port, HttpHandler handler,
                                                   HttpServerOptions options = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const;
  /// "127.0.0.1:4599".
  std::string address() const;
  void Stop();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// "127.0.0.1:4599", ":0" or "[::1]:80" → host and port, as --listen takes them. An empty host is 127.0.0.1.
struct ListenAddress {
  std::string host;
  uint16_t port = 0;
};
Result<ListenAddress> ParseListenAddress(std::string_view text);

}  // namespace sluice::net
