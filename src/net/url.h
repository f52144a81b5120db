// URLs: splitting, percent-encoding and query strings. Pure functions; any bytes are accepted.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::net {

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // without brackets for IPv6
  uint16_t port = 0;   // the scheme's default when the text has none
  std::string target;  // path and query, at least "/"

  /// What belongs into the Host header: the port only when it is not the scheme's default.
  std::string Authority() const;
  std::string ToString() const;
};

/// Accepts http and https URLs; user info and fragments are refused.
Result<Url> ParseUrl(std::string_view text);

/// Decodes %XX; a broken escape stays as it is. '+' becomes a space only if `plus_is_space`.
std::string PercentDecode(std::string_view text, bool plus_is_space = false);

/// Encodes all but A-Z a-z 0-9 - . _ ~ (and '/' if `keep_slash`), as AWS signing demands.
std::string PercentEncode(std::string_view text, bool keep_slash = false);

/// "a=1&b=x%20y" → {a: "1", b: "x y"}.
std::map<std::string, std::string> ParseQuery(std::string_view query);

}  // namespace sluice::net
