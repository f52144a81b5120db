// What outgoing TLS connections trust.
#pragma once

#include <boost/asio/ssl.hpp>
#include <string>

namespace sluice::net {

/// TLS 1.2 or later; peers are verified against `ca_file` (empty: the system's certificates) unless `trust_all`.
boost::asio::ssl::context MakeClientTlsContext(const std::string& ca_file, bool trust_all,
                                               boost::system::error_code& ec);

}  // namespace sluice::net
