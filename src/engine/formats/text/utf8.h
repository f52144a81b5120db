// UTF-8 as Java programs read and write it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::engine::text {

/// `point` must be a code point; a surrogate is written as '?', as String.getBytes does.
void AppendUtf8(std::string& out, int point);

/// One code point by the shape of its bytes alone (as Jackson reads it: overlong forms and surrogates pass). Answers
/// the bytes taken, 0 if the bytes are broken or cut off.
size_t ReadUtf8Loosely(const char* p, const char* limit, int* point);

/// False if writing `point` again would give other bytes.
inline bool IsCanonical(int point, size_t size) {
  if (point >= 0xD800 && point <= 0xDFFF) return false;
  const size_t need = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  return need == size && point <= 0x10FFFF;
}

/// Well-formed UTF-8 throughout.
bool IsValidUtf8(std::string_view s);

/// As new String(bytes, UTF_8): every maximal broken part becomes U+FFFD.
std::string ReplaceInvalidUtf8(std::string_view s);

}  // namespace sluice::engine::text
