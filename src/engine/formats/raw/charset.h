// The character sets of the raw format's 'charset' option.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::engine::raw {

enum class Charset : uint8_t { kUtf8, kLatin1, kAscii, kUtf16Be, kUtf16Le, kUtf16 };

/// By Java's names, in any case. Fails for an unknown name, and for those of Java that are not supported yet.
Result<Charset> FindCharset(std::string_view name);

/// To UTF-8; what is malformed becomes U+FFFD.
std::string DecodeText(std::string_view bytes, Charset charset);
/// From UTF-8; what the set lacks becomes '?'.
void EncodeText(std::string& out, std::string_view utf8, Charset charset);

}  // namespace sluice::engine::raw
