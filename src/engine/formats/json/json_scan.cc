// The fast path's scanning of strings and of values that nobody reads.
#include <cstring>

#include "engine/formats/json/json_fast.h"
#include "engine/formats/text/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sluice::engine::json {
namespace {

constexpr int kMaxSkipDepth = 60;

bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }

inline const char* SkipBlanks(const char* p, const char* limit) {
  while (p < limit && (*p == ' ' || *p == '\t')) ++p;
  return p;
}

/// The first byte at or after p that is '"', '\' or a control character; *high is set if a byte before it is not ASCII.
/// May answer a place up to 15 bytes past `limit`.
inline const char* FindSpecial(const char* p, const char* limit, bool* high) {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1f);
  for (; p < limit; p += 16) {
    const __m128i c = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i special = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(c, quote), _mm_cmpeq_epi8(c, slash)),
                                         _mm_cmpeq_epi8(_mm_min_epu8(c, control), c));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(special));
    const auto over = static_cast<unsigned>(_mm_movemask_epi8(c));
    if (found != 0) {
      const int k = __builtin_ctz(found);
      if ((over & ((1u << k) - 1)) != 0) *high = true;
      return p + k;
    }
    if (over != 0) *high = true;
  }
  return p;
#else
  for (; p < limit && *p != '"' && *p != '\\' && static_cast<unsigned char>(*p) >= 0x20; ++p) {
    if (static_cast<unsigned char>(*p) >= 0x80) *high = true;
  }
  return p;
#endif
}

/// The length of the escape at p (at the backslash); 0 if it is none.
inline int EscapeSize(const char* p) {
  switch (p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': return 2;
    case 'u':
      for (int i = 2; i < 6; ++i) {
        const char c = p[i];
        if (!IsDigit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F')) return 0;
      }
      return 6;
    default: return 0;
  }
}

}  // namespace

/// From an opening quote to the byte after the closing one; null if the string is not plain or not whole.
const char* FastParser::ScanString(const char* p, bool* escaped, bool* ascii) const {
  bool high = false;
  ++p;
  while (true) {
    p = FindSpecial(p, limit_, &high);
    if (p >= limit_) return nullptr;
    if (*p == '"') break;
    if (*p != '\\') return nullptr;
    const int size = EscapeSize(p);
    if (size == 0) return nullptr;
    *escaped = true;
    p += size;
  }
  if (high) *ascii = false;
  return p + 1;
}

const char* FastParser::SkipString(const char* p) const {
  bool escaped = false, ascii = true;
  const char* end = ScanString(p, &escaped, &ascii);
  if (end != nullptr && !ascii && !text::IsValidUtf8({p, static_cast<size_t>(end - p)})) return nullptr;
  return end;
}

const char* FastParser::SkipNumber(const char* p) const {
  const char* start = p;
  if (*p == '-') ++p;
  if (!IsDigit(*p)) return nullptr;
  if (*p == '0' && IsDigit(p[1])) return nullptr;
  while (p < limit_ && IsDigit(*p)) ++p;
  if (*p == '.') {
    if (!IsDigit(*++p)) return nullptr;
    while (p < limit_ && IsDigit(*p)) ++p;
  }
  if (*p == 'e' || *p == 'E') {
    ++p;
    if (*p == '+' || *p == '-') ++p;
    if (!IsDigit(*p)) return nullptr;
    while (p < limit_ && IsDigit(*p)) ++p;
  }
  return p < limit_ && p - start <= 1000 ? p : nullptr;
}

const char* FastParser::SkipValue(const char* p, int depth) const {
  switch (*p) {
    case '"': return SkipString(p);
    case '{':
    case '[': return depth < kMaxSkipDepth ? SkipContainer(p, depth) : nullptr;
    case 'n': return std::memcmp(p, "null", 4) == 0 ? p + 4 : nullptr;
    case 't': return std::memcmp(p, "true", 4) == 0 ? p + 4 : nullptr;
    case 'f': return std::memcmp(p, "false", 5) == 0 ? p + 5 : nullptr;
    default: return SkipNumber(p);
  }
}

const char* FastParser::SkipContainer(const char* p, int depth) const {
  const bool object = *p == '{';
  const char close = object ? '}' : ']';
  p = SkipBlanks(p + 1, limit_);
  if (*p == close) return p + 1;
  while (p < limit_) {
    if (object) {
      if (*p != '"') return nullptr;
      p = SkipString(p);
      if (p == nullptr) return nullptr;
      p = SkipBlanks(p, limit_);
      if (*p != ':') return nullptr;
      p = SkipBlanks(p + 1, limit_);
    }
    p = SkipValue(p, depth + 1);
    if (p == nullptr) return nullptr;
    p = SkipBlanks(p, limit_);
    if (*p == close) return p + 1;
    if (*p != ',') return nullptr;
    p = SkipBlanks(p + 1, limit_);
  }
  return nullptr;
}

const char* FastParser::ParseString(const Field& field, const char* p) {
  if (*p != '"') return nullptr;
  bool escaped = false, ascii = true;
  const char* end = ScanString(p, &escaped, &ascii);
  if (end == nullptr) return nullptr;
  const std::string_view raw(p + 1, static_cast<size_t>(end - p) - 2);
  if (!ascii && !text::IsValidUtf8(raw)) return nullptr;
  Column& column = *field.column;
  if (!escaped) {
    if (raw.size() > StringRef::kInline) column.Retain(chunk_);
    column.data<StringRef>()[row_] = StringRef(raw);
    return end;
  }
  char* out = column.AllocateBytes(raw.size());
  char* to = out;
  const char* from = raw.data();
  const char* stop = from + raw.size();
  while (from < stop) {
    const auto* slash = static_cast<const char*>(std::memchr(from, '\\', static_cast<size_t>(stop - from)));
    const size_t plain = static_cast<size_t>((slash ? slash : stop) - from);
    std::memcpy(to, from, plain);
    to += plain;
    if (slash == nullptr) break;
    switch (slash[1]) {
      case 'b': *to++ = '\b'; break;
      case 'f': *to++ = '\f'; break;
      case 'n': *to++ = '\n'; break;
      case 'r': *to++ = '\r'; break;
      case 't': *to++ = '\t'; break;
      case 'u':
        if (!DecodeString(raw, &scratch_)) return nullptr;
        column.SetString(row_, scratch_);
        return end;
      default: *to++ = slash[1];
    }
    from = slash + 2;
  }
  column.data<StringRef>()[row_] = StringRef({out, static_cast<size_t>(to - out)});
  return end;
}

}  // namespace sluice::engine::json
