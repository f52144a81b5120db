#include "net/http_server.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <charconv>
#include <csignal>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "net/url.h"

namespace sluice::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

HttpRequest FromBeast(http::request<http::string_body>&& message, const tcp::endpoint& peer) {
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  std::string_view target = request.target;
  size_t question = target.find('?');
  request.path = PercentDecode(target.substr(0, question));
  if (question != std::string_view::npos) request.query = ParseQuery(target.substr(question + 1));
  for (const auto& field : message) request.headers.Add(std::string(field.name_string()), std::string(field.value()));
  request.body = std::move(message.body());
  request.remote_address = fmt::format("{}:{}", peer.address().to_string(), peer.port());
  return request;
}

/// Field values from handlers may carry user text; a line break in one would split the answer.
bool IsSafeFieldValue(std::string_view value) {
  return value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos;
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpHandler handler, HttpServerOptions options)
      : handler_(std::move(handler)),
        options_(std::move(options)),
        acceptor_(io_),
        accept_retry_(io_),
        pool_(static_cast<size_t>(std::max(1, options_.handler_threads))) {}

  Status Bind(const std::string& address, uint16_t port);
  void Run() {
    Accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  void Stop();
  uint16_t port() const { return endpoint_.port(); }
  const tcp::endpoint& endpoint() const { return endpoint_; }

 private:
  class Connection;
  template <typename Stream>
  class Session;

  Status LoadCertificate();
  void Accept();
  HttpResponse Handle(const HttpRequest& request);

  HttpHandler handler_;
  HttpServerOptions options_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer accept_retry_;
  asio::thread_pool pool_;
  tcp::endpoint endpoint_;
  std::thread thread_;
  std::optional<asio::ssl::context> tls_;
  std::set<Connection*> sessions_;  // io thread only
  bool stopping_ = false;           // io thread only
  std::mutex stop_mutex_;
  bool stopped_ = false;
};

class HttpServer::Impl::Connection {
 public:
  virtual ~Connection() = default;
  /// Ends the connection now if it waits for a request, else after the answer that is under way.
  virtual void Finish() = 0;
};

/// One connection. Lives as long as an operation on it is pending; all members belong to the io thread.
template <typename Stream>
class HttpServer::Impl::Session : public Connection, public std::enable_shared_from_this<Session<Stream>> {
 public:
  template <typename... Context>
  Session(Impl& server, tcp::socket socket, Context&... context)
      : server_(server), stream_(std::move(socket), context...) {
    boost::system::error_code ignored;
    peer_ = tcp_stream().socket().remote_endpoint(ignored);
    tcp_stream().socket().set_option(tcp::no_delay(true), ignored);
    server_.sessions_.insert(this);
  }
  ~Session() override { server_.sessions_.erase(this); }

  void Begin() {
    if constexpr (kTls) {
      tcp_stream().expires_after(server_.options_.read_timeout);
      stream_.async_handshake(asio::ssl::stream_base::server, [self = this->shared_from_this()](beast::error_code ec) {
        if (ec || self->server_.stopping_) return self->Close();
        self->ReadHeader();
      });
    } else {
      ReadHeader();
    }
  }

  void ReadHeader() {
    idle_ = true;
    parser_.emplace();
    parser_->header_limit(server_.options_.max_header_bytes);
    parser_->body_limit(server_.options_.max_body_bytes);
    tcp_stream().expires_after(first_ ? server_.options_.read_timeout : server_.options_.idle_timeout);
    first_ = false;
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = this->shared_from_this()](beast::error_code ec, size_t) { self->OnHeader(ec); });
  }

  void Finish() override {
    if (idle_) Close();
    last_ = true;
  }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, beast::tcp_stream>;

  beast::tcp_stream& tcp_stream() { return beast::get_lowest_layer(stream_); }

  void OnHeader(beast::error_code ec) {
    idle_ = false;
    if (ec) return OnReadError(ec);
    tcp_stream().expires_after(server_.options_.read_timeout);
    if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
      auto go_on = std::make_shared<http::response<http::empty_body>>(http::status::continue_, 11);
      http::async_write(stream_, *go_on, [self = this->shared_from_this(), go_on](beast::error_code write_ec, size_t) {
        if (write_ec) return self->Close();
        self->ReadBody();
      });
      return;
    }
    ReadBody();
  }

  void ReadBody() {
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](beast::error_code ec, size_t) { self->OnBody(ec); });
  }

  void OnBody(beast::error_code ec) {
    if (ec) return OnReadError(ec);
    tcp_stream().expires_never();  // the handler may take its time
    keep_alive_ = parser_->get().keep_alive();
    version_ = parser_->get().version();
    auto request = std::make_shared<HttpRequest>(FromBeast(parser_->release(), peer_));
    if constexpr (kTls) request->headers.Set("X-Forwarded-Proto", "https");
    head_ = request->method == "HEAD";
    asio::post(server_.pool_, [self = this->shared_from_this(), request]() mutable {
      auto response = std::make_shared<HttpResponse>(self->server_.Handle(*request));
      Impl& server = self->server_;
      asio::post(server.io_, [self = std::move(self), response] { self->Write(std::move(*response)); });
    });
  }

  void OnReadError(beast::error_code ec) {
    keep_alive_ = false;
    refused_ = true;
    version_ = 11;
    if (ec == http::error::header_limit) {
      return Write(HttpResponse::Text(431, "The request's header is too large.\n"));
    }
    if (ec == http::error::body_limit || ec == http::error::buffer_overflow) {
      return Write(HttpResponse::Text(413, "The request's body is too large.\n"));
    }
    const bool malformed = ec.category() == http::make_error_code(http::error::bad_method).category() &&
                           ec != http::error::end_of_stream && ec != http::error::partial_message;
    if (malformed) return Write(HttpResponse::Text(400, "The request is not valid HTTP: " + ec.message() + ".\n"));
    Close();
  }

  void Write(HttpResponse response) {
    auto message = std::make_shared<http::response<http::string_body>>();
    message->version(version_);
    message->result(static_cast<unsigned>(response.status));
    for (auto& [name, value] : response.headers.fields()) {
      if (IsSafeFieldValue(name) && IsSafeFieldValue(value)) message->insert(name, value);
    }
    if (!server_.options_.server_name.empty()) message->set(http::field::server, server_.options_.server_name);
    message->keep_alive(keep_alive_ && !last_ && !server_.stopping_);
    message->body() = std::move(response.body);
    message->prepare_payload();
    if (head_) {
      size_t length = message->body().size();
      message->body().clear();
      message->content_length(length);
    }
    tcp_stream().expires_after(server_.options_.read_timeout);
    http::async_write(stream_, *message, [self = this->shared_from_this(), message](beast::error_code ec, size_t) {
      if (ec) return self->Close();
      if (!message->keep_alive() || self->server_.stopping_) return self->Linger();
      self->ReadHeader();
    });
  }

  /// After the last answer. A client in the middle of a body that was refused must see the answer and not a reset: what
  /// it still sends is dropped for a while.
  void Linger() {
    if (!refused_ || server_.stopping_) return Close();
    beast::error_code ignored;
    tcp_stream().socket().shutdown(tcp::socket::shutdown_send, ignored);
    tcp_stream().expires_after(std::chrono::seconds(2));
    Drain(0);
  }

  void Drain(size_t total) {
    stream_.async_read_some(asio::buffer(drain_),
                            [self = this->shared_from_this(), total](beast::error_code ec, size_t n) {
                              constexpr size_t kDrainLimit = 16 * 1024 * 1024;
                              if (ec || total + n > kDrainLimit || self->server_.stopping_) return self->Close();
                              self->Drain(total + n);
                            });
  }

  void Close() {
    beast::error_code ignored;
    tcp_stream().socket().shutdown(tcp::socket::shutdown_both, ignored);
    tcp_stream().socket().close(ignored);
  }

  Impl& server_;
  Stream stream_;
  tcp::endpoint peer_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  char drain_[4096];
  unsigned version_ = 11;
  bool first_ = true;
  bool idle_ = true;
  bool keep_alive_ = false;
  bool head_ = false;
  bool last_ = false;
  bool refused_ = false;
};

Status HttpServer::Impl::LoadCertificate() {
  if (options_.tls_certificate_file.empty()) return {};
  boost::system::error_code ec;
  tls_.emplace(asio::ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(tls_->native_handle(), TLS1_2_VERSION);
  tls_->use_certificate_chain_file(options_.tls_certificate_file, ec);
  if (ec) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the certificate {} cannot be used: {}; it must be a PEM file",
                             options_.tls_certificate_file, ec.message()));
  }
  tls_->use_private_key_file(options_.tls_key_file, asio::ssl::context::pem, ec);
  if (ec) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the key {} cannot be used: {}; it must be the PEM file of the key of {}",
                             options_.tls_key_file, ec.message(), options_.tls_certificate_file));
  }
  return {};
}

Status HttpServer::Impl::Bind(const std::string& address, uint16_t port) {
  SLUICE_RETURN_IF_ERROR(LoadCertificate());
  boost::system::error_code ec;
  auto ip = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, ec);
  if (ec) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("cannot listen on '{}': give an IP address such as 127.0.0.1 or 0.0.0.0", address));
  }
  tcp::endpoint wanted(ip, port);
  acceptor_.open(wanted.protocol(), ec);
  if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor_.bind(wanted, ec);
  if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
  if (!ec) endpoint_ = acceptor_.local_endpoint(ec);
  if (ec) {
    return Error(ErrorCode::kIo, fmt::format("cannot listen on {}:{}: {}; is another process using the port?", address,
                                             port, ec.message()));
  }
  return {};
}

void HttpServer::Impl::Accept() {
  acceptor_.async_accept([this](boost::system::error_code ec, tcp::socket socket) {
    if (stopping_) return;
    if (ec) {
      // Out of file descriptors, mostly: others must end first, a tight loop would only keep the thread from them.
      accept_retry_.expires_after(std::chrono::milliseconds(50));
      accept_retry_.async_wait([this](boost::system::error_code) {
        if (!stopping_) Accept();
      });
      return;
    }
    if (tls_) {
      std::make_shared<Session<beast::ssl_stream<beast::tcp_stream>>>(*this, std::move(socket), *tls_)->Begin();
    } else {
      std::make_shared<Session<beast::tcp_stream>>(*this, std::move(socket))->Begin();
    }
    Accept();
  });
}

HttpResponse HttpServer::Impl::Handle(const HttpRequest& request) {
  try {
    return handler_(request);
  } catch (const std::exception& e) {
    return HttpResponse::Text(500, fmt::format("Internal error: {}\n", e.what()));
  } catch (...) {
    return HttpResponse::Text(500, "Internal error.\n");
  }
}

void HttpServer::Impl::Stop() {
  std::lock_guard lock(stop_mutex_);
  if (stopped_) return;
  stopped_ = true;
  asio::post(io_, [this] {
    stopping_ = true;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    accept_retry_.cancel();
    for (Connection* session : sessions_) session->Finish();
  });
  if (thread_.joinable()) {
    // A handler that runs holds its session; when it posts its answer the io thread may have run out of work, so it is
    // run again once the pool is done.
    thread_.join();
    pool_.join();
    io_.restart();
    io_.run();
  }
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { Stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& address, uint16_t port, HttpHandler handler,
                                                      HttpServerOptions options) {
  // A peer that hangs up must be an error code, not the end of the process. Only a default disposition is replaced.
  struct sigaction current {};
  if (sigaction(SIGPIPE, nullptr, &current) == 0 && current.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
  auto impl = std::make_unique<Impl>(std::move(handler), std::move(options));
  SLUICE_RETURN_IF_ERROR(impl->Bind(address, port));
  impl->Run();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

uint16_t HttpServer::port() const { return impl_->port(); }

std::string HttpServer::address() const {
  const auto& endpoint = impl_->endpoint();
  std::string ip = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", ip, endpoint.port())
                                    : fmt::format("{}:{}", ip, endpoint.port());
}

void HttpServer::Stop() { impl_->Stop(); }

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  auto url = ParseUrl("http://" + std::string(text.starts_with(':') ? "127.0.0.1" : "") + std::string(text));
  size_t colon = text.rfind(':');
  size_t bracket = text.rfind(']');
  if (!url.ok() || url->target != "/" || text.ends_with('/') || colon == std::string_view::npos ||
      text.ends_with(':') || (bracket != std::string_view::npos && colon < bracket)) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("'{}' is not an address to listen on: expected HOST:PORT, such as 127.0.0.1:4599", text));
  }
  return ListenAddress{url->host, url->port};
}

}  // namespace sluice::net
