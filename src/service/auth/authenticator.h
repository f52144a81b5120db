// Who calls the API: nobody knows (authentication off), or the principal whose key signed the request.
#pragma once

#include <memory>

#include "base/clock.h"
#include "service/auth/credentials_file.h"
#include "service/auth/sigv4_check.h"

namespace sluice::service {

/// Any thread. The clock must outlive it.
class Authenticator {
 public:
  /// Without `keys` every request is accepted, signed or not.
  Authenticator(std::unique_ptr<CredentialsFile> keys, SigV4Rules rules, const Clock& clock)
      : keys_(std::move(keys)), rules_(std::move(rules)), clock_(clock) {}

  Answer<Principal> Authenticate(const net::HttpRequest& request) {
    if (!keys_) return Principal{};
    return CheckSigV4(request, *keys_->Keys(), rules_, clock_.NowMs());
  }

 private:
  std::unique_ptr<CredentialsFile> keys_;
  SigV4Rules rules_;
  const Clock& clock_;
};

}  // namespace sluice::service
