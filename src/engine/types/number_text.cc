#include "engine/types/number_text.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/types/float_digits.h"

namespace sluice::engine {

namespace {

template <typename T>
void AppendFloating(std::string& out, T v) {
  if (std::isnan(v)) {
    out += "NaN";
    return;
  }
  if (std::signbit(v)) out += '-';
  if (std::isinf(v)) {
    out += "Infinity";
    return;
  }
  if (v == 0) {
    out += "0.0";
    return;
  }
  const FloatDigits d = ShortestDigits(v);
  const std::string_view digits(d.digits, static_cast<size_t>(d.count));
  const auto exponent = d.exponent;
  if (exponent > 0 && exponent < 8) {
    const auto whole = static_cast<size_t>(exponent);
    if (digits.size() <= whole) {
      out.append(digits);
      out.append(whole - digits.size(), '0');
      out += ".0";
    } else {
      out.append(digits.substr(0, whole));
      out += '.';
      out.append(digits.substr(whole));
    }
  } else if (exponent <= 0 && exponent > -3) {
    out += "0.";
    out.append(static_cast<size_t>(-exponent), '0');
    out.append(digits);
  } else {
    out += digits[0];
    out += '.';
    if (digits.size() > 1) {
      out.append(digits.substr(1));
    } else {
      out += '0';
    }
    out += 'E';
    AppendInt(out, exponent - 1);
  }
}

/// The grammar of Double.parseDouble beyond what from_chars takes; `body` gets the number, `hex` its base.
bool StripJavaFloat(std::string_view text, bool* negative, std::string_view* body, bool* hex, bool* special_nan,
                    bool* special_inf) {
  text = JavaTrim(text);
  *negative = false;
  *hex = *special_nan = *special_inf = false;
  if (text.empty()) return false;
  if (text[0] == '+' || text[0] == '-') {
    *negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text == "NaN") return *special_nan = true;
  if (text == "Infinity") return *special_inf = true;
  if (text.empty()) return false;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    *hex = true;
    text.remove_prefix(2);
    if (text.find_first_of("pP") == std::string_view::npos) return false;
  }
  const char last = text.back();
  if (last == 'd' || last == 'D' || last == 'f' || last == 'F') text.remove_suffix(1);
  if (text.empty()) return false;
  const char first = text[0];
  if (!(first == '.' || (first >= '0' && first <= '9') || (*hex && std::isxdigit(static_cast<unsigned char>(first))))) {
    return false;
  }
  *body = text;
  return true;
}

template <typename T>
std::optional<T> ParseFloating(std::string_view text) {
  bool negative, hex, nan, inf;
  std::string_view body;
  if (!StripJavaFloat(text, &negative, &body, &hex, &nan, &inf)) return std::nullopt;
  T v = 0;
  if (nan) return std::numeric_limits<T>::quiet_NaN();
  if (inf) {
    v = std::numeric_limits<T>::infinity();
  } else {
    // from_chars takes no '+' in an exponent's place but does take "1e+5"; it refuses "1." never, "." always.
    const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), v,
                                              hex ? std::chars_format::hex : std::chars_format::general);
    if (end != body.data() + body.size()) return std::nullopt;
    if (error == std::errc::invalid_argument) return std::nullopt;
    if (error == std::errc::result_out_of_range) {
      // Too large or too small: Java answers infinity or zero.
      const std::string copy(body);
      v = static_cast<T>(std::strtod((hex ? "0x" + copy : copy).c_str(), nullptr));
    }
  }
  return negative ? -v : v;
}

}  // namespace

void AppendDouble(std::string& out, double v) { AppendFloating(out, v); }
void AppendFloat(std::string& out, float v) { AppendFloating(out, v); }

std::string DoubleToString(double v) {
  std::string out;
  AppendDouble(out, v);
  return out;
}

std::string FloatToString(float v) {
  std::string out;
  AppendFloat(out, v);
  return out;
}

void AppendInt(std::string& out, int64_t v) {
  char buffer[24];
  const auto r = std::to_chars(buffer, buffer + sizeof(buffer), v);
  out.append(buffer, static_cast<size_t>(r.ptr - buffer));
}

std::optional<double> ParseDouble(std::string_view text) { return ParseFloating<double>(text); }
std::optional<float> ParseFloat(std::string_view text) { return ParseFloating<float>(text); }

IntParse ParseInteger(std::string_view text, int bits, int64_t* out) {
  if (text.empty()) return IntParse::kEmpty;
  size_t i = 0;
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') {
    if (text.size() == 1) return IntParse::kInvalid;
    i = 1;
  }
  const uint64_t limit = (uint64_t{1} << (bits - 1)) - (negative ? 0 : 1);
  uint64_t v = 0;
  for (; i < text.size() && text[i] != '.'; ++i) {
    const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
    if (digit > 9) return IntParse::kInvalid;
    if (v > limit / 10 || v * 10 > limit - digit) return IntParse::kOverflow;
    v = v * 10 + digit;
  }
  for (++i; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9') return IntParse::kInvalid;
  }
  *out = static_cast<int64_t>(negative ? uint64_t{0} - v : v);
  return IntParse::kOk;
}

std::string_view JavaTrim(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace sluice::engine
