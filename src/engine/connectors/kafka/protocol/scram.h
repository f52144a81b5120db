// SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802), the client's side.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::engine::kafka {

class ScramClient {
 public:
  /// `nonce` is for tests; else random.
  ScramClient(bool sha512, std::string user, std::string password, std::string nonce = "");
  std::string First() const;
  /// The answer to the server's first message.
  Result<std::string> Final(std::string_view server_first);
  /// Whether the server's last message proves that it knows the password too.
  bool Check(std::string_view server_final) const;

 private:
  std::string Hmac(std::string_view key, std::string_view text) const;
  std::string Hash(std::string_view text) const;

  const bool sha512_;
  std::string user_, password_, nonce_, server_signature_;
};

}  // namespace sluice::engine::kafka
