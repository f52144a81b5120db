#include "net/tls_context.h"

#include <openssl/ssl.h>

#include <algorithm>

namespace sluice::net {

namespace ssl = boost::asio::ssl;

ssl::context MakeClientTlsContext(const std::string& ca_files, bool trust_all, boost::system::error_code& ec) {
  ssl::context context(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.set_verify_mode(trust_all ? ssl::verify_none : ssl::verify_peer);
  if (trust_all) return context;
  if (ca_files.empty()) context.set_default_verify_paths(ec);
  for (size_t begin = 0; begin < ca_files.size() && !ec;) {
    const size_t end = std::min(ca_files.find(',', begin), ca_files.size());
    context.load_verify_file(ca_files.substr(begin, end - begin), ec);
    begin = end + 1;
  }
  return context;
}

void UseClientCertificate(const std::string& certificate_file, const std::string& key_file, ssl::context& context,
                          boost::system::error_code& ec) {
  context.use_certificate_chain_file(certificate_file, ec);
  if (ec) return;
  context.use_private_key_file(key_file, ssl::context::pem, ec);
  if (ec) context.use_private_key_file(key_file, ssl::context::asn1, ec);
}

}  // namespace sluice::net
