// How a client of Kafka proves who it is and whom it trusts, read from the Java client's properties: for librdkafka and
// for our own small protocol client alike.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::kafka {

struct BearerToken {
  std::string token;
  std::string principal;
  int64_t expires_at_ms = 0;
};

struct Security {
  bool tls = false;
  bool sasl = false;
  std::string mechanism;  // PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, GSSAPI
  std::string username, password;
  /// OAUTHBEARER: makes a new token; any thread. Empty if the broker's own librdkafka settings do.
  std::function<Result<BearerToken>()> token;
  std::string kerberos_keytab, kerberos_principal;

  std::string trusted_pem;  // empty: the machine's
  std::string certificate_pem, key_pem, key_password;
  bool verify_host = true;
};

/// Reads the `security.*`, `sasl.*` and `ssl.*` properties; key stores are read from their files now.
Result<Security> ReadSecurity(const OptionMap& properties, std::function<int64_t()> now_ms);

/// A property that ReadSecurity has dealt with.
bool IsSecurityProperty(std::string_view name);

}  // namespace sluice::engine::kafka
