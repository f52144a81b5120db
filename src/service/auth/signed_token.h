// Opaque texts that only this service can have written: for sessions, URLs and page tokens. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace sluice::service {

class TokenSigner {
 public:
  /// `secret`: at least 32 bytes.
  explicit TokenSigner(std::string secret) : secret_(std::move(secret)) {}

  /// The signer of a data folder: its secret is in the file `path`, made on first use and readable by the owner only,
  /// so that tokens stay valid when the service is started again.
  static Result<TokenSigner> Open(const std::string& path, Random& random);

  /// `payload` in a form that fits URLs, cookies and page tokens ([A-Za-z0-9_.-]). The payload is signed, not hidden.
  /// A token for one purpose is of no use for another.
  std::string Sign(std::string_view purpose, std::string_view payload) const;
  /// The payload; nothing if this signer has not written the token for this purpose. Any bytes are accepted.
  std::optional<std::string> Verify(std::string_view purpose, std::string_view token) const;

 private:
  std::string Mac(std::string_view purpose, std::string_view payload) const;

  std::string secret_;
};

}  // namespace sluice::service
