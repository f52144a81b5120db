#include "engine/formats/text/utf8.h"

namespace sluice::engine::text {
namespace {

bool IsTail(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Bytes of the well-formed code point at p; 0 if broken, and then *bad is the length of the maximal broken part.
size_t WellFormed(const char* p, const char* limit, size_t* bad) {
  const auto c = static_cast<unsigned char>(*p);
  *bad = 1;
  if (c < 0x80) return 1;
  if (c < 0xC2 || c > 0xF4) return 0;
  const size_t need = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
  for (size_t i = 1; i < need; ++i) {
    if (p + i >= limit) return 0;
    const auto t = static_cast<unsigned char>(p[i]);
    unsigned low = 0x80, high = 0xBF;
    if (i == 1) {
      if (c == 0xE0) low = 0xA0;
      if (c == 0xED) high = 0x9F;
      if (c == 0xF0) low = 0x90;
      if (c == 0xF4) high = 0x8F;
    }
    if (t < low || t > high) return 0;
    *bad = i + 1;
  }
  return need;
}

}  // namespace

void AppendUtf8(std::string& out, int point) {
  if (point < 0x80) {
    out.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    out.push_back(static_cast<char>(0xC0 | point >> 6));
    out.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  } else if (point >= 0xD800 && point <= 0xDFFF) {
    out.push_back('?');
  } else if (point < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | point >> 12));
    out.push_back(static_cast<char>(0x80 | (point >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | point >> 18));
    out.push_back(static_cast<char>(0x80 | (point >> 12 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (point >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  }
}

size_t ReadUtf8Loosely(const char* p, const char* limit, int* point) {
  const auto c = static_cast<unsigned char>(*p);
  size_t size = 0;
  int v = 0;
  if (c < 0x80) {
    *point = c;
    return 1;
  }
  if ((c & 0xE0) == 0xC0) {
    size = 2;
    v = c & 0x1F;
  } else if ((c & 0xF0) == 0xE0) {
    size = 3;
    v = c & 0x0F;
  } else if ((c & 0xF8) == 0xF0) {
    size = 4;
    v = c & 0x07;
  } else {
    return 0;
  }
  if (static_cast<size_t>(limit - p) < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if (!IsTail(p[i])) return 0;
    v = v << 6 | (p[i] & 0x3F);
  }
  if (v > 0x10FFFF) return 0;
  *point = v;
  return size;
}

bool IsValidUtf8(std::string_view s) {
  size_t bad = 0;
  for (const char *p = s.data(), *limit = p + s.size(); p < limit;) {
    const size_t size = WellFormed(p, limit, &bad);
    if (size == 0) return false;
    p += size;
  }
  return true;
}

std::string ReplaceInvalidUtf8(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  size_t bad = 0;
  for (const char *p = s.data(), *limit = p + s.size(); p < limit;) {
    const size_t size = WellFormed(p, limit, &bad);
    if (size == 0) {
      out += "\xEF\xBF\xBD";
      p += bad;
    } else {
      out.append(p, size);
      p += size;
    }
  }
  return out;
}

}  // namespace sluice::engine::text
