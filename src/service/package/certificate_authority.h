// A certificate authority of our own, made once per data folder. It can vouch for AWS's host names only: whoever trusts
// it trusts it for nothing else.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace sluice::service {

/// PEM.
struct IssuedCertificate {
  std::string certificate;  // with the authority's behind it
  std::string key;
};

/// Immutable; any thread.
class CertificateAuthority {
 public:
  /// The authority of `folder` (authority.pem and authority.key, the latter for its owner's eyes), made when there is
  /// none or it is about to expire.
  static Result<CertificateAuthority> Open(const std::string& folder, int64_t now_ms);

  const std::string& certificate() const { return certificate_; }

  /// For a server of that name, valid as long as the authority is. kInvalidArgument for a name that is not AWS's.
  Result<IssuedCertificate> Issue(const std::string& host) const;

 private:
  CertificateAuthority(std::string certificate, std::string key)
      : certificate_(std::move(certificate)), key_(std::move(key)) {}

  std::string certificate_;
  std::string key_;
};

/// The host is below one of AWS's domains.
bool IsAwsHost(std::string_view host);

}  // namespace sluice::service
