#include "net/http_client.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <memory>

namespace sluice::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

/// One request on one connection. Beast's time-outs work for asynchronous operations only, so each step is started
/// asynchronously and the private io_context is run until it ends.
class Exchange {
 public:
  Exchange(const Url& url, const HttpClientOptions& options) : url_(url), options_(options) {}

  Result<HttpResponse> Run(const HttpRequest& request) {
    SLUICE_RETURN_IF_ERROR(Connect());
    if (url_.scheme == "https") {
      SLUICE_RETURN_IF_ERROR(Handshake());
      return Talk(*tls_, request);
    }
    return Talk(plain_, request);
  }

 private:
  beast::tcp_stream& tcp_stream() { return tls_ ? beast::get_lowest_layer(*tls_) : plain_; }

  template <typename Start>
  error_code Await(Start start) {
    error_code result = asio::error::would_block;
    start([&result](error_code ec, auto&&...) { result = ec; });
    io_.restart();
    io_.run();
    return result;
  }

  Error Failed(std::string_view what, error_code ec) const {
    const bool timeout = ec == beast::error::timeout;
    return Error(timeout ? ErrorCode::kTimeout : ErrorCode::kIo,
                 fmt::format("{} {}: {}", what, url_.Authority(), timeout ? "no answer in time" : ec.message()));
  }

  Status Connect() {
    tcp::resolver resolver(io_);
    error_code ec;
    auto addresses = resolver.resolve(url_.host, std::to_string(url_.port), ec);
    if (ec) return Failed("cannot find the address of", ec);
    plain_.expires_after(options_.connect_timeout);
    ec = Await([&](auto done) { plain_.async_connect(addresses, done); });
    if (ec) return Failed("cannot connect to", ec);
    error_code ignored;
    plain_.socket().set_option(tcp::no_delay(true), ignored);
    plain_.expires_after(options_.total_timeout);
    return {};
  }

  Status Handshake() {
    error_code ec;
    context_.emplace(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context_->native_handle(), TLS1_2_VERSION);
    context_->set_verify_mode(asio::ssl::verify_peer);
    if (options_.ca_file.empty()) {
      context_->set_default_verify_paths(ec);
    } else {
      context_->load_verify_file(options_.ca_file, ec);
    }
    if (ec) return Failed("cannot load the trusted certificates for", ec);
    tls_.emplace(std::move(plain_), *context_);
    tls_->set_verify_callback(asio::ssl::host_name_verification(url_.host), ec);
    SSL_set_tlsext_host_name(tls_->native_handle(), url_.host.c_str());
    beast::get_lowest_layer(*tls_).expires_after(options_.total_timeout);
    ec = Await([&](auto done) { tls_->async_handshake(asio::ssl::stream_base::client, done); });
    if (ec) return Failed("TLS handshake failed with", ec);
    return {};
  }

  template <typename Stream>
  Result<HttpResponse> Talk(Stream& stream, const HttpRequest& request) {
    http::request<http::string_body> message;
    message.version(11);
    message.method_string(request.method);
    message.target(url_.target);
    for (const auto& [name, value] : request.headers.fields()) {
      if (value.find_first_of("\r\n") != std::string::npos) {
        return Error(ErrorCode::kInvalidArgument, fmt::format("the header {} contains a line break", name));
      }
      message.insert(name, value);
    }
    if (!request.headers.Has("Host")) message.set(http::field::host, url_.Authority());
    message.set(http::field::connection, "close");
    message.body() = request.body;
    message.prepare_payload();
    error_code ec = Await([&](auto done) { http::async_write(stream, message, done); });
    // A server that refuses early answers and closes while the body still goes out: read what it says.
    if (ec && ec != asio::error::broken_pipe && ec != asio::error::connection_reset)
      return Failed("cannot send to", ec);

    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(options_.max_response_bytes);
    parser.header_limit(64 * 1024);
    if (request.method == "HEAD") parser.skip(true);
    ec = Await([&](auto done) { http::async_read(stream, buffer, parser, done); });
    if (ec == http::error::body_limit) {
      return Error(ErrorCode::kResourceExhausted, fmt::format("the answer of {} is larger than the allowed {} bytes",
                                                              url_.Authority(), options_.max_response_bytes));
    }
    if (ec) return Failed("cannot read the answer of", ec);
    HttpResponse response;
    response.status = parser.get().result_int();
    for (const auto& field : parser.get()) {
      response.headers.Add(std::string(field.name_string()), std::string(field.value()));
    }
    response.body = std::move(parser.get().body());
    return response;
  }

  const Url& url_;
  const HttpClientOptions& options_;
  asio::io_context io_{1};
  beast::tcp_stream plain_{io_};
  std::optional<asio::ssl::context> context_;
  std::optional<beast::ssl_stream<beast::tcp_stream>> tls_;
};

}  // namespace

Result<HttpResponse> SendHttp(const Url& url, const HttpRequest& request, const HttpClientOptions& options) {
  try {
    return Exchange(url, options).Run(request);
  } catch (const std::exception& e) {
    return Error(ErrorCode::kIo, fmt::format("the request to {} failed: {}", url.Authority(), e.what()));
  }
}

}  // namespace sluice::net
