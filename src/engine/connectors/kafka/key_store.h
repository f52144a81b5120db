// Java's key stores, as PEM: JKS, PKCS12 and PEM files.
#pragma once

#include <string>

#include "base/result.h"

namespace sluice::engine::kafka {

struct StoredKey {
  std::string key_pem;  // not encrypted
  std::string certificate_pem;
};

/// The certificates of a trust store. The kind is told from the file's first bytes.
Result<std::string> ReadTrustStore(const std::string& path, const std::string& password);
/// The first private key of a key store with its certificates.
Result<StoredKey> ReadKeyStore(const std::string& path, const std::string& password, const std::string& key_password);

}  // namespace sluice::engine::kafka
