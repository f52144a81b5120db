// UTF-8 by code points, and UTF-16 units where Flink works on java.lang.String.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::engine {

inline bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Bytes of the character that starts at s[i], at least 1 and never past the end.
inline size_t CharacterBytes(std::string_view s, size_t i) {
  size_t n = 1;
  while (i + n < s.size() && n < 4 && IsContinuation(s[i + n])) ++n;
  return n;
}

bool IsAscii(std::string_view s);
size_t CountCharacters(std::string_view s);
/// Byte offset of character `index`; s.size() if there are fewer.
size_t ByteOffset(std::string_view s, size_t index);
/// The code point that starts at s[i]; U+FFFD if the bytes are no UTF-8. Moves i behind it.
char32_t NextCodePoint(std::string_view s, size_t& i);
void AppendUtf8(std::string& out, char32_t c);

/// U+FFFD for bytes that are no UTF-8, as Java decodes.
std::u16string ToUtf16(std::string_view s);
/// A half of a surrogate pair becomes '?', as Java encodes.
std::string FromUtf16(std::u16string_view s);
/// Length as java.lang.String counts it.
size_t CountUtf16(std::string_view s);
/// The text with bytes that are no UTF-8 replaced by U+FFFD.
std::string RepairUtf8(std::string_view s);

}  // namespace sluice::engine
