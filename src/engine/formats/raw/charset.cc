#include "engine/formats/raw/charset.h"

#include "engine/formats/text/utf8.h"

namespace sluice::engine::raw {
namespace {

constexpr int kReplacement = 0xFFFD;

int Unit(std::string_view bytes, size_t i, bool big) {
  const auto a = static_cast<unsigned char>(bytes[i]), b = static_cast<unsigned char>(bytes[i + 1]);
  return big ? a << 8 | b : b << 8 | a;
}

std::string DecodeUtf16(std::string_view bytes, bool big) {
  std::string out;
  size_t i = 0;
  for (; i + 2 <= bytes.size(); i += 2) {
    int point = Unit(bytes, i, big);
    if (point >= 0xD800 && point <= 0xDBFF && i + 4 <= bytes.size()) {
      const int low = Unit(bytes, i + 2, big);
      if (low >= 0xDC00 && low <= 0xDFFF) {
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        i += 2;
      }
    }
    text::AppendUtf8(out, point >= 0xD800 && point <= 0xDFFF ? kReplacement : point);
  }
  if (i < bytes.size()) text::AppendUtf8(out, kReplacement);
  return out;
}

void AppendUnit(std::string& out, int unit, bool big) {
  const char high = static_cast<char>(unit >> 8), low = static_cast<char>(unit);
  out.push_back(big ? high : low);
  out.push_back(big ? low : high);
}

}  // namespace

Result<Charset> FindCharset(std::string_view name) {
  std::string upper;
  for (char c : name) upper.push_back(static_cast<char>(toupper(static_cast<unsigned char>(c))));
  if (upper == "UTF-8" || upper == "UTF8") return Charset::kUtf8;
  if (upper == "ISO-8859-1" || upper == "LATIN1" || upper == "ISO8859_1" || upper == "ISO_8859-1")
    return Charset::kLatin1;
  if (upper == "US-ASCII" || upper == "ASCII") return Charset::kAscii;
  if (upper == "UTF-16BE") return Charset::kUtf16Be;
  if (upper == "UTF-16LE") return Charset::kUtf16Le;
  if (upper == "UTF-16") return Charset::kUtf16;
  return Error(ErrorCode::kOption, "Unsupported 'raw.charset' name: " + std::string(name) +
                                       ". Supported are UTF-8, UTF-16, UTF-16BE, UTF-16LE, ISO-8859-1 and US-ASCII.");
}

std::string DecodeText(std::string_view bytes, Charset charset) {
  std::string out;
  switch (charset) {
    case Charset::kUtf8: return text::ReplaceInvalidUtf8(bytes);
    case Charset::kLatin1:
    case Charset::kAscii:
      for (char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text::AppendUtf8(out, byte >= 0x80 && charset == Charset::kAscii ? kReplacement : byte);
      }
      return out;
    case Charset::kUtf16Be: return DecodeUtf16(bytes, true);
    case Charset::kUtf16Le: return DecodeUtf16(bytes, false);
    case Charset::kUtf16: {
      const bool marked = bytes.size() >= 2 && (bytes.starts_with("\xFE\xFF") || bytes.starts_with("\xFF\xFE"));
      return DecodeUtf16(marked ? bytes.substr(2) : bytes, !(marked && bytes[0] == '\xFF'));
    }
  }
  return out;
}

void EncodeText(std::string& out, std::string_view utf8, Charset charset) {
  if (charset == Charset::kUtf8) {
    out += utf8;
    return;
  }
  if (charset == Charset::kUtf16) out += "\xFE\xFF";
  const bool big = charset != Charset::kUtf16Le;
  const int limit = charset == Charset::kLatin1 ? 0x100 : 0x80;
  for (const char *p = utf8.data(), *end = p + utf8.size(); p < end;) {
    int point = kReplacement;
    const size_t size = text::ReadUtf8Loosely(p, end, &point);
    p += size == 0 ? 1 : size;
    if (charset == Charset::kLatin1 || charset == Charset::kAscii) {
      out.push_back(point < limit ? static_cast<char>(point) : '?');
    } else if (point > 0xFFFF) {
      AppendUnit(out, 0xD800 + ((point - 0x10000) >> 10), big);
      AppendUnit(out, 0xDC00 + ((point - 0x10000) & 0x3FF), big);
    } else {
      AppendUnit(out, point, big);
    }
  }
}

}  // namespace sluice::engine::raw
