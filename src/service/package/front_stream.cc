#include "service/package/front_stream.h"

#include <boost/asio/connect.hpp>

namespace sluice::service::front {

awaitable<error_code> Upstream::Connect(net::Url url, asio::ssl::context* tls) {
  tcp::resolver resolver(plain_.get_executor());
  auto [found, addresses] = co_await resolver.async_resolve(url.host, std::to_string(url.port), kAnswer);
  if (found) co_return found;
  auto [connected, endpoint] = co_await asio::async_connect(plain_, addresses, kAnswer);
  if (connected) co_return connected;
  error_code ec;
  plain_.set_option(tcp::no_delay(true), ec);
  if (url.scheme != "https") co_return error_code();
  tls_.emplace(plain_, *tls);
  tls_->set_verify_callback(asio::ssl::host_name_verification(url.host), ec);
  SSL_set_tlsext_host_name(tls_->native_handle(), url.host.c_str());
  auto [agreed] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kAnswer);
  co_return agreed;
}

}  // namespace sluice::service::front
