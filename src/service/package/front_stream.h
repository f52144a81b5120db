// Connections of the front as coroutines see them. One thread.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <string>

#include "net/url.h"

namespace sluice::service::front {

namespace asio = boost::asio;
using asio::awaitable;
using tcp = asio::ip::tcp;
using boost::system::error_code;

/// Operations answer {error, value} instead of throwing.
inline constexpr auto kAnswer = asio::as_tuple(asio::use_awaitable);

using TlsStream = asio::ssl::stream<tcp::socket>;

/// A connection to an endpoint, plain or over TLS. Fulfils Asio's AsyncReadStream and AsyncWriteStream.
class Upstream {
 public:
  using executor_type = tcp::socket::executor_type;

  explicit Upstream(const asio::any_io_executor& executor) : plain_(executor) {}

  /// `tls` is the context for https; it must outlive the connection.
  awaitable<error_code> Connect(net::Url url, asio::ssl::context* tls);

  executor_type get_executor() { return plain_.get_executor(); }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_compose<Token, void(error_code, size_t)>(Transfer<true, Buffers>{this, buffers}, token, plain_);
  }
  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_compose<Token, void(error_code, size_t)>(Transfer<false, Buffers>{this, buffers}, token, plain_);
  }
  void Close() {
    error_code ignored;
    plain_.close(ignored);
  }

 private:
  /// One read, or one write.
  template <bool kReads, typename Buffers>
  struct Transfer {
    Upstream* stream;
    Buffers buffers;
    bool started = false;
    template <typename Self>
    void operator()(Self& self, error_code ec = {}, size_t n = 0) {
      if (started) return self.complete(ec, n);
      started = true;
      if (stream->tls_) {
        Start(*stream->tls_, self);
      } else {
        Start(stream->plain_, self);
      }
    }
    template <typename Stream, typename Self>
    void Start(Stream& connection, Self& self) {
      if constexpr (kReads) {
        connection.async_read_some(buffers, std::move(self));
      } else {
        connection.async_write_some(buffers, std::move(self));
      }
    }
  };

  tcp::socket plain_;
  std::optional<asio::ssl::stream<tcp::socket&>> tls_;
};

/// Serves an HTTP/2 connection whose first bytes, the client's preface included, are `begin`. Returns at its end.
awaitable<void> ServeHttp2(std::shared_ptr<TlsStream> client, std::string begin, net::Url endpoint,
                           asio::ssl::context* upstream_tls);

/// What a connection of HTTP/2 begins with.
inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace sluice::service::front
