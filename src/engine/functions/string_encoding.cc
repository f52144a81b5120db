#include <array>
#include <optional>

#include <fmt/format.h>

#include "engine/functions/string_functions.h"
#include "engine/functions/string_utf.h"

namespace sluice::engine {

namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void ToBase64(const RowCall& call) {
  const std::string_view s = call.string(0);
  std::string out;
  out.reserve((s.size() + 2) / 3 * 4);
  for (size_t i = 0; i < s.size(); i += 3) {
    const size_t n = std::min<size_t>(3, s.size() - i);
    uint32_t word = 0;
    for (size_t k = 0; k < 3; ++k) word = word << 8 | (k < n ? static_cast<unsigned char>(s[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k) out += k <= n ? kBase64[word >> (18 - 6 * k) & 63] : '=';
  }
  call.Set(std::string_view(out));
}

/// java.util.Base64.getDecoder(): padding may be left out, but nothing else may differ. The error is Java's message.
Result<std::string> DecodeBase64(std::string_view s) {
  auto bad = [](std::string m) { return Error(ErrorCode::kData, "FROM_BASE64: " + std::move(m)); };
  if (s.size() == 1) return bad("Input byte[] should at least have 2 bytes for base64 bytes");
  std::string out;
  uint32_t bits = 0;
  int held = 0;
  size_t i = 0;
  for (; i < s.size() && s[i] != '='; ++i) {
    const size_t digit = kBase64.find(s[i]);
    if (digit == std::string_view::npos) {
      return bad(fmt::format("Illegal base64 character {:x}", static_cast<unsigned char>(s[i])));
    }
    bits = bits << 6 | static_cast<uint32_t>(digit);
    if (++held == 4) {
      for (int k = 16; k >= 0; k -= 8) out += static_cast<char>(bits >> k & 0xFF);
      bits = 0;
      held = 0;
    }
  }
  if (i < s.size()) {
    const size_t padding = held == 2 ? 2 : 1;
    if (held < 2 || (held == 2 && (i + 1 >= s.size() || s[i + 1] != '='))) {
      return bad("Input byte array has wrong 4-byte ending unit");
    }
    if (i + padding < s.size())
      return bad(fmt::format("Input byte array has incorrect ending byte at {}", i + padding));
  }
  if (held == 1) return bad("Last unit does not have enough valid bits");
  if (held >= 2) out += static_cast<char>(bits >> (held == 2 ? 4 : 10) & 0xFF);
  if (held == 3) out += static_cast<char>(bits >> 2 & 0xFF);
  return out;
}

void FromBase64(const RowCall& call) {
  auto decoded = DecodeBase64(call.string(0));
  if (!decoded.ok()) return call.Fail(decoded.error().code(), decoded.error().message());
  call.Set(std::string_view(*decoded));
}

enum class Charset : uint8_t { kAscii, kLatin1, kUtf8, kUtf16, kUtf16Be, kUtf16Le };

std::optional<Charset> FindCharset(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  struct Entry {
    std::string_view name;
    Charset charset;
  };
  constexpr Entry kNames[] = {
      {"US-ASCII", Charset::kAscii},    {"ASCII", Charset::kAscii},      {"ISO646-US", Charset::kAscii},
      {"ISO-8859-1", Charset::kLatin1}, {"ISO8859_1", Charset::kLatin1}, {"LATIN1", Charset::kLatin1},
      {"ISO8859-1", Charset::kLatin1},  {"UTF-8", Charset::kUtf8},       {"UTF8", Charset::kUtf8},
      {"UTF-16", Charset::kUtf16},      {"UTF16", Charset::kUtf16},      {"UTF_16", Charset::kUtf16},
      {"UTF-16BE", Charset::kUtf16Be},  {"UTF_16BE", Charset::kUtf16Be}, {"UNICODEBIGUNMARKED", Charset::kUtf16Be},
      {"UTF-16LE", Charset::kUtf16Le},  {"UTF_16LE", Charset::kUtf16Le}, {"UNICODELITTLEUNMARKED", Charset::kUtf16Le},
  };
  for (const Entry& e : kNames) {
    if (e.name == upper) return e.charset;
  }
  return std::nullopt;
}

std::string Encode(std::string_view s, Charset charset) {
  if (charset == Charset::kUtf8) return std::string(s);
  std::string out;
  if (charset == Charset::kAscii || charset == Charset::kLatin1) {
    const char32_t limit = charset == Charset::kAscii ? 0x80 : 0x100;
    for (size_t i = 0; i < s.size();) {
      const char32_t c = NextCodePoint(s, i);
      out += c < limit ? static_cast<char>(c) : '?';
    }
    return out;
  }
  if (charset == Charset::kUtf16) out = "\xFE\xFF";
  for (char16_t unit : ToUtf16(s)) {
    const char high = static_cast<char>(unit >> 8), low = static_cast<char>(unit & 0xFF);
    out += charset == Charset::kUtf16Le ? low : high;
    out += charset == Charset::kUtf16Le ? high : low;
  }
  return out;
}

std::string DecodeUtf16(std::string_view s, bool little) {
  std::string out;
  auto unit_at = [&](size_t i) {
    const auto a = static_cast<unsigned char>(s[i]), b = static_cast<unsigned char>(s[i + 1]);
    return static_cast<char32_t>(little ? b << 8 | a : a << 8 | b);
  };
  size_t i = 0;
  for (; i + 1 < s.size(); i += 2) {
    const char32_t c = unit_at(i);
    const bool pair =
        c >= 0xD800 && c < 0xDC00 && i + 3 < s.size() && unit_at(i + 2) >= 0xDC00 && unit_at(i + 2) < 0xE000;
    if (pair) {
      AppendUtf8(out, 0x10000 + ((c - 0xD800) << 10) + (unit_at(i + 2) - 0xDC00));
      i += 2;
    } else {
      AppendUtf8(out, c >= 0xD800 && c < 0xE000 ? 0xFFFD : c);
    }
  }
  if (i < s.size()) AppendUtf8(out, 0xFFFD);
  return out;
}

std::string Decode(std::string_view s, Charset charset) {
  std::string out;
  switch (charset) {
    case Charset::kUtf8: return RepairUtf8(s);
    case Charset::kAscii:
      for (char c : s) AppendUtf8(out, static_cast<unsigned char>(c) < 0x80 ? static_cast<char32_t>(c) : 0xFFFD);
      return out;
    case Charset::kLatin1:
      for (char c : s) AppendUtf8(out, static_cast<unsigned char>(c));
      return out;
    case Charset::kUtf16Be: return DecodeUtf16(s, false);
    case Charset::kUtf16Le: return DecodeUtf16(s, true);
    case Charset::kUtf16: break;
  }
  if (s.starts_with("\xFE\xFF")) return DecodeUtf16(s.substr(2), false);
  if (s.starts_with("\xFF\xFE")) return DecodeUtf16(s.substr(2), true);
  return DecodeUtf16(s, false);
}

template <bool encode>
void Recode(const RowCall& call) {
  const auto charset = FindCharset(call.string(1));
  if (!charset) {
    return call.Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: unknown character set '{}'. Known are US-ASCII, ISO-8859-1, UTF-8, UTF-16, UTF-16BE "
                    "and UTF-16LE",
                    encode ? "ENCODE" : "DECODE", call.string(1)));
  }
  call.Set(std::string_view(encode ? Encode(call.string(0), *charset) : Decode(call.string(0), *charset)));
}

bool IsUrlSafe(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '*';
}

void UrlEncode(const RowCall& call) {
  std::string out;
  for (char c : call.string(0)) {
    if (IsUrlSafe(c)) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  call.Set(std::string_view(out));
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void UrlDecode(const RowCall& call) {
  const std::string_view s = call.string(0);
  std::string out;
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] != '%') {
      out += s[i] == '+' ? ' ' : s[i];
      continue;
    }
    const int high = i + 2 < s.size() ? HexDigit(s[i + 1]) : -1;
    const int low = i + 2 < s.size() ? HexDigit(s[i + 2]) : -1;
    if (high < 0 || low < 0) return call.SetNull();
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  call.Set(std::string_view(RepairUtf8(out)));
}

}  // namespace

void AddStringEncodingFunctions(FunctionRegistry& r) {
  using enum ArgKind;
  auto add = [&](const char* name, const char* text, std::vector<std::string> examples, std::string supported,
                 Form form, ResultRule result, auto kernel, CallStyle style = CallStyle::kCalcite) {
    ScalarFunction f;
    f.name = name;
    f.family = "string";
    f.text = text;
    f.examples = std::move(examples);
    f.min_args = f.max_args = static_cast<int>(form.args.size());
    f.supported_forms = std::move(supported);
    f.resolve = ResolveForms(name, {std::move(form)}, std::move(result), style);
    f.make = MakeEachRow(kernel);
    r.Add(std::move(f));
  };
  add("TO_BASE64", "The bytes of the string in base64.", {"TO_BASE64('hello') = aGVsbG8="}, "'TO_BASE64(<STRING>)'",
      {{kCharacterOrBinary}}, Returns(DataType::String()), ToBase64);
  add("FROM_BASE64", "The string whose bytes are given in base64.", {"FROM_BASE64('aGVsbG8=') = hello"},
      "'FROM_BASE64(<STRING>)'", {{kCharacterOrBinary}}, Returns(DataType::String()), FromBase64);
  add("ENCODE", "The bytes of the string in a character set: US-ASCII, ISO-8859-1, UTF-8, UTF-16, UTF-16BE, UTF-16LE.",
      {"ENCODE('a', 'UTF-16BE') = x'0061'"}, "'ENCODE(<CHARACTER>, <CHARACTER>)'", {{kCharacter, kCharacter}},
      Returns(DataType::Bytes()), Recode<true>);
  add("DECODE", "The string that the bytes mean in a character set.", {"DECODE(x'61', 'UTF-8') = a"},
      "'DECODE(<BINARY>, <CHARACTER>)'", {{kBinary, kCharacter}}, Returns(DataType::String()), Recode<false>);
  add("URL_ENCODE", "The string in application/x-www-form-urlencoded form, UTF-8.", {"URL_ENCODE('a b/c') = a+b%2Fc"},
      "'URL_ENCODE(<CHARACTER>)'", {{kCharacter}}, ReturnsNullable(DataType::String()), UrlEncode, CallStyle::kBuiltIn);
  add("URL_DECODE", "The string out of application/x-www-form-urlencoded form; NULL if it is malformed.",
      {"URL_DECODE('a+b%2Fc') = a b/c"}, "'URL_DECODE(<CHARACTER>)'", {{kCharacter}},
      ReturnsNullable(DataType::String()), UrlDecode, CallStyle::kBuiltIn);
}

}  // namespace sluice::engine
