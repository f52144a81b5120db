// Base64 of RFC 4648, with padding. Pure. (Encoding stands in digest.h.)
#pragma once

#include <optional>
#include <string_view>

namespace sluice::net {

/// Room that DecodeBase64 needs for `text`.
constexpr size_t DecodedBase64Room(std::string_view text) { return text.size() / 4 * 3; }

/// Writes the bytes to `out` and answers their number; nothing if `text` is no base64 (then `out` holds anything).
std::optional<size_t> DecodeBase64(std::string_view text, char* out);

}  // namespace sluice::net
