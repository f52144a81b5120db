#include "net/tls_context.h"

#include <openssl/ssl.h>

namespace sluice::net {

namespace ssl = boost::asio::ssl;

ssl::context MakeClientTlsContext(const std::string& ca_file, bool trust_all, boost::system::error_code& ec) {
  ssl::context context(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.set_verify_mode(trust_all ? ssl::verify_none : ssl::verify_peer);
  if (trust_all) return context;
  if (ca_file.empty()) {
    context.set_default_verify_paths(ec);
  } else {
    context.load_verify_file(ca_file, ec);
  }
  return context;
}

}  // namespace sluice::net
