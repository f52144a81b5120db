// The bearer token that an OpenID provider gives for a token request.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "engine/connectors/http/http_options.h"
#include "net/http_client.h"

namespace sluice::engine::http {

/// One thread; calls block.
class AccessToken {
 public:
  /// Both outlive it.
  AccessToken(const LookupOptions& options, const Clock& clock) : options_(options), clock_(clock) {}

  /// The one at hand, or a new one shortly before that expires. Over `http`.
  Result<std::string> Get(net::HttpClient& http);

 private:
  Status Ask(net::HttpClient& http);

  const LookupOptions& options_;
  const Clock& clock_;
  std::string token_;
  int64_t ask_at_ms_ = 0;
};

}  // namespace sluice::engine::http
