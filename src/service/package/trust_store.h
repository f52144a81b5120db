// What the processes of an application trust: the machine's certificate authorities and ours, as Java reads them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/aws/environment.h"

namespace sluice::service {

/// The machine's certificates in PEM: those of SSL_CERT_FILE, else of the places where systems keep them, and those of
/// AWS_CA_BUNDLE. Empty if there are none.
std::string MachineCertificates(const net::EnvLookup& environment);

/// Every certificate of `pem` as a trusted entry of a PKCS#12 store. Certificates that cannot be read are left out.
Result<std::string> TrustStore(std::string_view pem, const std::string& password);

}  // namespace sluice::service
