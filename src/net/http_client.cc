#include "net/http_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "net/tls_context.h"

namespace sluice::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

/// One connection, used for one request at a time. Beast's time-outs work for asynchronous operations only, so each
/// step is started asynchronously and the private io_context is run until it ends.
class Connection {
 public:
  Connection(Url url, const HttpClientOptions& options) : url_(std::move(url)), options_(options) {}

  Result<HttpResponse> Run(const Url& url, const HttpRequest& request, bool keep, uint64_t max_response_bytes) {
    url_.target = url.target;
    max_response_bytes_ = max_response_bytes;
    answered_ = false;
    if (!connected_) {
      SLUICE_RETURN_IF_ERROR(Connect());
      if (url_.scheme == "https") SLUICE_RETURN_IF_ERROR(Handshake());
      connected_ = true;
    }
    reusable_ = false;
    tcp_stream().expires_after(options_.total_timeout);
    return tls_ ? Talk(*tls_, request, keep) : Talk(plain_, request, keep);
  }

  /// From any thread: the step under way and all later ones fail.
  void Abort() {
    asio::post(io_, [this] {
      error_code ignored;
      tcp_stream().socket().close(ignored);
    });
  }

  bool Serves(const Url& url) const {
    return url.scheme == url_.scheme && url.host == url_.host && url.port == url_.port;
  }
  /// The last request left it fit for another one.
  bool reusable() const { return reusable_; }
  /// Some of an answer to the last request has come.
  bool answered() const { return answered_; }

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
    return {};
  }

  Status Handshake() {
    error_code ec;
    context_.emplace(MakeClientTlsContext(options_.ca_file, options_.trust_all_certificates, ec));
    if (ec) return Failed("cannot load the trusted certificates for", ec);
    if (!options_.certificate_file.empty()) {
      UseClientCertificate(options_.certificate_file, options_.key_file, *context_, ec);
      if (ec) return Failed("cannot load the client's certificate for", ec);
    }
    tls_.emplace(std::move(plain_), *context_);
    if (!options_.trust_all_certificates) {
      tls_->set_verify_callback(asio::ssl::host_name_verification(url_.host), ec);
    }
    SSL_set_tlsext_host_name(tls_->native_handle(), url_.host.c_str());
    beast::get_lowest_layer(*tls_).expires_after(options_.total_timeout);
    ec = Await([&](auto done) { tls_->async_handshake(asio::ssl::stream_base::client, done); });
    if (ec) return Failed("TLS handshake failed with", ec);
    return {};
  }

  template <typename Stream>
  Result<HttpResponse> Talk(Stream& stream, const HttpRequest& request, bool keep) {
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
    message.set(http::field::connection, keep ? "keep-alive" : "close");
    message.body() = request.body;
    message.prepare_payload();
    error_code ec = Await([&](auto done) { http::async_write(stream, message, done); });
    // A server that refuses early answers and closes while the body still goes out: read what it says.
    if (ec && ec != asio::error::broken_pipe && ec != asio::error::connection_reset)
      return Failed("cannot send to", ec);

    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(max_response_bytes_);
    parser.header_limit(64 * 1024);
    if (request.method == "HEAD") parser.skip(true);
    ec = Await([&](auto done) { http::async_read(stream, buffer, parser, done); });
    answered_ = parser.got_some();
    if (ec == http::error::body_limit) {
      return Error(ErrorCode::kResourceExhausted, fmt::format("the answer of {} is larger than the allowed {} bytes",
                                                              url_.Authority(), max_response_bytes_));
    }
    if (ec) return Failed("cannot read the answer of", ec);
    HttpResponse response;
    response.status = parser.get().result_int();
    for (const auto& field : parser.get()) {
      response.headers.Add(std::string(field.name_string()), std::string(field.value()));
    }
    response.body = std::move(parser.get().body());
    reusable_ = keep && parser.get().keep_alive() && buffer.size() == 0;
    return response;
  }

  Url url_;
  const HttpClientOptions options_;
  uint64_t max_response_bytes_ = 0;
  bool connected_ = false, reusable_ = false, answered_ = false;
  asio::io_context io_{1};
  beast::tcp_stream plain_{io_};
  std::optional<asio::ssl::context> context_;
  std::optional<beast::ssl_stream<beast::tcp_stream>> tls_;
};

}  // namespace

Result<HttpResponse> SendHttp(const Url& url, const HttpRequest& request, const HttpClientOptions& options) {
  try {
    return Connection(url, options).Run(url, request, false, options.max_response_bytes);
  } catch (const std::exception& e) {
    return Error(ErrorCode::kIo, fmt::format("the request to {} failed: {}", url.Authority(), e.what()));
  }
}

struct HttpClient::Pool {
  std::mutex mutex;
  bool cancelled = false;
  std::vector<std::unique_ptr<Connection>> idle;  // the one used last at the end
  std::vector<Connection*> busy;

  /// One that is open if `kept`, else a new one; null after Cancel, or if none is open.
  std::unique_ptr<Connection> Take(const Url& url, const HttpClientOptions& options, bool kept) {
    std::lock_guard lock(mutex);
    if (cancelled) return nullptr;
    std::unique_ptr<Connection> taken;
    auto found = std::find_if(idle.rbegin(), idle.rend(), [&](const auto& c) { return c->Serves(url); });
    if (kept && found == idle.rend()) return nullptr;
    if (kept) {
      taken = std::move(*found);
      idle.erase(std::next(found).base());
    } else {
      taken = std::make_unique<Connection>(url, options);
    }
    busy.push_back(taken.get());
    return taken;
  }

  /// False after Cancel.
  bool GiveBack(std::unique_ptr<Connection> connection) {
    std::lock_guard lock(mutex);
    std::erase(busy, connection.get());
    if (connection->reusable() && !cancelled) idle.push_back(std::move(connection));
    return !cancelled;
  }
};

HttpClient::HttpClient(HttpClientOptions options) : options_(std::move(options)), pool_(std::make_unique<Pool>()) {}
HttpClient::~HttpClient() = default;

void HttpClient::Cancel() {
  std::lock_guard lock(pool_->mutex);
  pool_->cancelled = true;
  for (Connection* connection : pool_->busy) connection->Abort();
}

Result<HttpResponse> HttpClient::Send(const Url& url, const HttpRequest& request, uint64_t max_response_bytes) {
  if (max_response_bytes == 0) max_response_bytes = options_.max_response_bytes;
  const Error cancelled(ErrorCode::kCancelled, fmt::format("the request to {} was cancelled", url.Authority()));
  for (const bool kept : {true, false}) {
    std::unique_ptr<Connection> connection = pool_->Take(url, options_, kept);
    if (!connection && kept) continue;
    if (!connection) return cancelled;
    Result<HttpResponse> response = Error(ErrorCode::kIo, "");
    try {
      response = connection->Run(url, request, true, max_response_bytes);
    } catch (const std::exception& e) {
      response = Error(ErrorCode::kIo, fmt::format("the request to {} failed: {}", url.Authority(), e.what()));
    }
    const bool stale = kept && !response.ok() && response.error().code() == ErrorCode::kIo && !connection->answered();
    if (!pool_->GiveBack(std::move(connection)) && !response.ok()) return cancelled;
    if (!stale) return response;
  }
  return cancelled;
}

}  // namespace sluice::net
