// What outgoing TLS connections trust.
#pragma once

#include <boost/asio/ssl.hpp>
#include <string>

namespace sluice::net {

/// TLS 1.2 or later; peers are verified against the PEM files of `ca_files`, which have commas between them (empty: the
/// system's certificates), unless `trust_all`.
boost::asio::ssl::context MakeClientTlsContext(const std::string& ca_files, bool trust_all,
                                               boost::system::error_code& ec);

/// The certificate (PEM, with its chain) that the client shows, and its key (PEM or DER).
void UseClientCertificate(const std::string& certificate_file, const std::string& key_file,
                          boost::asio::ssl::context& context, boost::system::error_code& ec);

}  // namespace sluice::net
