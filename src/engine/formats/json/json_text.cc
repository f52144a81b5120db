#include "engine/formats/json/json_text.h"

#include <cmath>

#include "engine/formats/text/scalar_text.h"
#include "engine/types/number_text.h"

namespace sluice::engine::json {

namespace {

constexpr char kHex[] = "0123456789ABCDEF";

void AppendEscape(std::string& out, uint32_t unit) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(kHex[unit >> shift & 15]);
}

/// `pairs`: characters of four bytes, which are well-formed if their bytes are there, as two escapes.
template <bool pairs>
void Append(std::string& out, std::string_view s) {
  out.push_back('"');
  size_t clean = 0;  // start of the bytes not written yet
  for (size_t i = 0; i < s.size(); ++i) {
    const auto c = static_cast<unsigned char>(s[i]);
    const bool beyond = pairs && c >= 0xF0 && i + 3 < s.size();
    if (c >= 0x20 && c != '"' && c != '\\' && !beyond) continue;
    out.append(s.substr(clean, i - clean));
    if (beyond) {
      uint32_t point = c & 7;
      for (size_t k = 1; k < 4; ++k) point = point << 6 | (static_cast<unsigned char>(s[i + k]) & 0x3F);
      point -= 0x10000;
      AppendEscape(out, 0xD800 | (point >> 10 & 0x3FF));
      AppendEscape(out, 0xDC00 | (point & 0x3FF));
      i += 3;
      clean = i + 1;
      continue;
    }
    clean = i + 1;
    out.push_back('\\');
    switch (c) {
      case '"': out.push_back('"'); break;
      case '\\': out.push_back('\\'); break;
      case '\b': out.push_back('b'); break;
      case '\t': out.push_back('t'); break;
      case '\n': out.push_back('n'); break;
      case '\f': out.push_back('f'); break;
      case '\r': out.push_back('r'); break;
      default:
        out += "u00";
        out.push_back(kHex[c >> 4]);
        out.push_back(kHex[c & 15]);
    }
  }
  out.append(s.substr(clean));
  out.push_back('"');
}

}  // namespace

void AppendQuoted(std::string& out, std::string_view s) { Append<false>(out, s); }
void AppendQuotedBytes(std::string& out, std::string_view s) { Append<true>(out, s); }

void AppendDoubleNode(std::string& out, double v) {
  const bool quoted = !std::isfinite(v);
  if (quoted) out.push_back('"');
  AppendDouble(out, v);
  if (quoted) out.push_back('"');
}

void AppendFloatNode(std::string& out, float v) {
  const bool quoted = !std::isfinite(v);
  if (quoted) out.push_back('"');
  AppendFloat(out, v);
  if (quoted) out.push_back('"');
}

bool AppendBigDecimal(std::string& out, std::string_view number, bool strip, bool plain, size_t limit) {
  const bool negative = number.starts_with('-');
  if (negative) number.remove_prefix(1);
  std::string digits;
  int64_t scale = 0;
  size_t i = 0;
  bool fraction = false;
  for (; i < number.size() && number[i] != 'e' && number[i] != 'E'; ++i) {
    if (number[i] == '.') {
      fraction = true;
    } else {
      digits.push_back(number[i]);
      if (fraction) ++scale;
    }
  }
  if (i < number.size()) {
    std::optional<int64_t> exponent = text::ParseJavaInt(number.substr(i + 1), 32);
    if (!exponent) return false;
    scale -= *exponent;
  }
  const size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) {
    digits.assign(1, '0');
    if (strip) scale = 0;
  } else {
    digits.erase(0, first);
    while (strip && digits.size() > 1 && digits.back() == '0') {
      digits.pop_back();
      --scale;
    }
    if (negative) out.push_back('-');
  }
  const int64_t adjusted = static_cast<int64_t>(digits.size()) - 1 - scale;
  if (!plain && !(scale >= 0 && adjusted >= -6)) {
    out.push_back(digits[0]);
    if (digits.size() > 1) out.append(".").append(digits, 1);
    if (adjusted != 0) {
      out.push_back('E');
      if (adjusted > 0) out.push_back('+');
      AppendInt(out, adjusted);
    }
    return true;
  }
  const auto size = static_cast<int64_t>(digits.size());
  if (std::abs(scale) + size > static_cast<int64_t>(limit)) return false;
  if (scale <= 0) {
    out += digits;
    if (digits != "0") out.append(static_cast<size_t>(-scale), '0');
  } else if (scale >= size) {
    out += "0.";
    out.append(static_cast<size_t>(scale - size), '0');
    out += digits;
  } else {
    out.append(digits, 0, static_cast<size_t>(size - scale)).append(".");
    out.append(digits, static_cast<size_t>(size - scale));
  }
  return true;
}

}  // namespace sluice::engine::json
