#include "service/package/aws_front.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <map>
#include <mutex>
#include <thread>

#include "net/tls_context.h"
#include "service/package/front_stream.h"

namespace sluice::service {
namespace {

using namespace front;  // NOLINT: a part of this

constexpr auto kHandshakeTime = std::chrono::seconds(20);

/// Reads with a client's HTTP/2 or HTTP/1.1; sends whatever came first.
int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                   unsigned int in_length, void*) {
  static const unsigned char kOffered[] = "\x2h2\x8http/1.1";
  const int chosen = SSL_select_next_proto(const_cast<unsigned char**>(out), out_length, kOffered, sizeof(kOffered) - 1,
                                           in, in_length);
  return chosen == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

class AwsFront::Impl {
 public:
  Impl(AwsFrontOptions options, CertificateAuthority authority, Logger logger)
      : options_(std::move(options)),
        authority_(std::move(authority)),
        logger_(logger.For("aws-front")),
        acceptor_(io_),
        tls_(asio::ssl::context::tls_server) {}

  Status Open();
  void Run() {
    asio::co_spawn(io_, Accept(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }
  void Stop();
  uint16_t port() const { return port_; }

 private:
  static int ChooseCertificate(SSL* ssl, int* alert, void* impl);
  SSL_CTX* ContextFor(const std::string& host);

  awaitable<void> Accept();
  awaitable<void> Serve(std::shared_ptr<TlsStream> client);
  awaitable<void> Pipe(std::shared_ptr<TlsStream> client, std::string begin, net::Url endpoint);
  awaitable<void> ToClient(std::shared_ptr<TlsStream> client, std::shared_ptr<Upstream> upstream);

  AwsFrontOptions options_;
  CertificateAuthority authority_;
  Logger logger_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  asio::ssl::context tls_;
  std::optional<asio::ssl::context> upstream_tls_;
  std::map<std::string, std::unique_ptr<asio::ssl::context>> contexts_;  // by host name
  uint16_t port_ = 0;
  std::thread thread_;
  std::mutex stop_mutex_;
};

Status AwsFront::Impl::Open() {
  error_code ec;
  upstream_tls_.emplace(net::MakeClientTlsContext(options_.ca_file, false, ec));
  if (ec) return Error(ErrorCode::kIo, "the AWS front cannot load the trusted certificates: " + ec.message());
  SSL_CTX_set_min_proto_version(tls_.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_tlsext_servername_callback(tls_.native_handle(), &Impl::ChooseCertificate);
  SSL_CTX_set_tlsext_servername_arg(tls_.native_handle(), this);
  SSL_CTX_set_alpn_select_cb(tls_.native_handle(), &ChooseProtocol, nullptr);
  const auto ip = asio::ip::make_address(options_.address, ec);
  const tcp::endpoint wanted(ip, options_.port);
  if (!ec) acceptor_.open(wanted.protocol(), ec);
  if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor_.bind(wanted, ec);
  if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
  if (!ec) port_ = acceptor_.local_endpoint(ec).port();
  if (!ec) return {};
  const bool denied = ec == asio::error::access_denied;
  return Error(ErrorCode::kIo,
               fmt::format("the AWS front cannot listen on {}:{}: {}{}", options_.address, options_.port, ec.message(),
                           denied ? "; run the service as root, give its program CAP_NET_BIND_SERVICE, or lower "
                                    "net.ipv4.ip_unprivileged_port_start to 443"
                                  : ""));
}

void AwsFront::Impl::Stop() {
  std::lock_guard lock(stop_mutex_);
  if (!thread_.joinable()) return;
  io_.stop();
  thread_.join();
}

/// Runs on the front's thread, in a handshake.
int AwsFront::Impl::ChooseCertificate(SSL* ssl, int* alert, void* impl) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  SSL_CTX* context = name == nullptr ? nullptr : static_cast<Impl*>(impl)->ContextFor(name);
  if (context == nullptr) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  SSL_set_SSL_CTX(ssl, context);
  return SSL_TLSEXT_ERR_OK;
}

SSL_CTX* AwsFront::Impl::ContextFor(const std::string& host) {
  if (auto it = contexts_.find(host); it != contexts_.end()) return it->second->native_handle();
  const std::string_view service = ServiceOfHost(host);
  if (service.empty() || !options_.endpoints.contains(service)) {
    logger_.Warn("a call to a host that is not redirected", {{"host", host}});
    return nullptr;
  }
  auto certificate = authority_.Issue(host);
  if (!certificate.ok()) {
    logger_.Error("no certificate for a host", {{"host", host}, {"error", certificate.error().message()}});
    return nullptr;
  }
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  error_code ec;
  context->use_certificate_chain(asio::buffer(certificate->certificate), ec);
  if (!ec) context->use_private_key(asio::buffer(certificate->key), asio::ssl::context::pem, ec);
  if (ec) {
    logger_.Error("no certificate for a host", {{"host", host}, {"error", ec.message()}});
    return nullptr;
  }
  SSL_CTX_set_alpn_select_cb(context->native_handle(), &ChooseProtocol, nullptr);
  logger_.Info("calls to a host are redirected",
               {{"host", host}, {"endpoint", options_.endpoints.find(service)->second.ToString()}});
  return (contexts_[host] = std::move(context))->native_handle();
}

awaitable<void> AwsFront::Impl::Accept() {
  asio::steady_timer pause(io_);
  while (true) {
    auto [ec, socket] = co_await acceptor_.async_accept(kAnswer);
    if (ec) {
      // Out of file descriptors, mostly: others must end first.
      pause.expires_after(std::chrono::milliseconds(50));
      co_await pause.async_wait(kAnswer);
      continue;
    }
    auto client = std::make_shared<TlsStream>(std::move(socket), tls_);
    asio::co_spawn(
        io_, [this, client] { return Serve(client); }, asio::detached);
  }
}

awaitable<void> AwsFront::Impl::Serve(std::shared_ptr<TlsStream> client) {
  error_code ignored;
  client->next_layer().set_option(tcp::no_delay(true), ignored);
  asio::steady_timer deadline(io_, kHandshakeTime);
  deadline.async_wait([weak = std::weak_ptr(client)](error_code ec) {
    error_code close_ec;
    if (auto late = weak.lock(); late && !ec) late->next_layer().close(close_ec);
  });
  auto [ec] = co_await client->async_handshake(asio::ssl::stream_base::server, kAnswer);
  if (ec) {
    logger_.Debug("a handshake failed", {{"error", ec.message()}});
    co_return;
  }
  deadline.cancel();
  const std::string host = SSL_get_servername(client->native_handle(), TLSEXT_NAMETYPE_host_name);
  const net::Url endpoint = options_.endpoints.find(ServiceOfHost(host))->second;
  std::string begin(16 * 1024, '\0');
  size_t size = 0;
  // The preface may come in pieces; no request of HTTP/1.1 begins as it does.
  do {
    auto [read_ec, n] =
        co_await client->async_read_some(asio::buffer(begin.data() + size, begin.size() - size), kAnswer);
    if (read_ec) co_return;
    size += n;
  } while (size < kHttp2Preface.size() && kHttp2Preface.starts_with(std::string_view(begin).substr(0, size)));
  begin.resize(size);
  if (begin.starts_with(kHttp2Preface)) {
    co_await ServeHttp2(client, std::move(begin), endpoint, &*upstream_tls_);
  } else {
    co_await Pipe(client, std::move(begin), endpoint);
  }
}

awaitable<void> AwsFront::Impl::Pipe(std::shared_ptr<TlsStream> client, std::string begin, net::Url endpoint) {
  auto upstream = std::make_shared<Upstream>(client->get_executor());
  const error_code ec = co_await upstream->Connect(endpoint, &*upstream_tls_);
  if (ec) {
    logger_.Warn("an endpoint does not answer", {{"endpoint", endpoint.ToString()}, {"error", ec.message()}});
    const std::string text = fmt::format("The endpoint {} does not answer: {}\n", endpoint.ToString(), ec.message());
    const std::string answer = fmt::format(
        "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
        text.size(), text);
    co_await asio::async_write(*client, asio::buffer(answer), kAnswer);
    co_return;
  }
  asio::co_spawn(
      io_, [this, client, upstream] { return ToClient(client, upstream); }, asio::detached);
  size_t size = begin.size();
  begin.resize(std::max<size_t>(size, 16 * 1024));
  while (true) {
    auto [write_ec, written] = co_await asio::async_write(*upstream, asio::buffer(begin.data(), size), kAnswer);
    if (write_ec) break;
    auto [read_ec, n] = co_await client->async_read_some(asio::buffer(begin), kAnswer);
    if (read_ec) break;
    size = n;
  }
  upstream->Close();
}

awaitable<void> AwsFront::Impl::ToClient(std::shared_ptr<TlsStream> client, std::shared_ptr<Upstream> upstream) {
  std::string room(32 * 1024, '\0');
  while (true) {
    auto [read_ec, n] = co_await upstream->async_read_some(asio::buffer(room), kAnswer);
    if (read_ec) break;
    auto [write_ec, written] = co_await asio::async_write(*client, asio::buffer(room.data(), n), kAnswer);
    if (write_ec) break;
  }
  error_code ignored;
  upstream->Close();
  client->next_layer().shutdown(tcp::socket::shutdown_both, ignored);
}

AwsFront::AwsFront(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AwsFront::~AwsFront() { Stop(); }

Result<std::unique_ptr<AwsFront>> AwsFront::Start(AwsFrontOptions options, CertificateAuthority authority,
                                                  Logger logger) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(authority), std::move(logger));
  SLUICE_RETURN_IF_ERROR(impl->Open());
  impl->Run();
  return std::unique_ptr<AwsFront>(new AwsFront(std::move(impl)));
}

uint16_t AwsFront::port() const { return impl_->port(); }
void AwsFront::Stop() { impl_->Stop(); }

}  // namespace sluice::service
