// PRINTF: the conversions of java.util.Formatter that make sense for SQL values.
#include <cmath>
#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include "engine/functions/string_functions.h"
#include "engine/functions/string_utf.h"
#include "engine/types/datetime.h"
#include "engine/types/decimal.h"
#include "engine/types/number_text.h"

namespace sluice::engine {

namespace {

constexpr int kMostWidth = 1 << 20;

struct Conversion {
  std::string flags;
  int argument = 0;  // 1-based; 0: the next one
  int width = 0;
  int precision = -1;
  char letter = 0;
  bool has(char flag) const { return flags.find(flag) != std::string::npos; }
};

int ReadNumber(std::string_view s, size_t& i) {
  int v = 0;
  for (; i < s.size() && s[i] >= '0' && s[i] <= '9' && v < kMostWidth; ++i) v = v * 10 + (s[i] - '0');
  return v;
}

/// Behind the '%'.
std::optional<Conversion> ParseConversion(std::string_view s, size_t& i) {
  Conversion c;
  const size_t start = i;
  const int number = ReadNumber(s, i);
  if (i > start && i < s.size() && s[i] == '$') {
    c.argument = number;
    ++i;
  } else {
    i = start;
  }
  while (i < s.size() && std::string_view("-#+ 0,(").find(s[i]) != std::string_view::npos) c.flags += s[i++];
  c.width = ReadNumber(s, i);
  if (i < s.size() && s[i] == '.') {
    const size_t digits = ++i;
    c.precision = ReadNumber(s, i);
    if (i == digits) return std::nullopt;
  }
  if (i >= s.size() || c.width >= kMostWidth || c.precision >= kMostWidth) return std::nullopt;
  c.letter = s[i++];
  return c;
}

std::string Padded(std::string text, const Conversion& c) {
  const auto length = static_cast<int>(CountUtf16(text));
  if (length >= c.width) return text;
  const std::string filling(static_cast<size_t>(c.width - length), ' ');
  return c.has('-') ? text + filling : filling + text;
}

/// Sign, grouping, parentheses and zeros around the digits of a number ("123" or "123.45").
std::string Decorated(bool negative, std::string digits, const Conversion& c) {
  if (c.has(',')) {
    size_t end = std::min(digits.find('.'), digits.size());
    for (size_t at = end; at > 3;) digits.insert(at -= 3, ",");
  }
  std::string before = negative ? (c.has('(') ? "(" : "-") : c.has('+') ? "+" : c.has(' ') ? " " : "";
  const std::string after = negative && c.has('(') ? ")" : "";
  if (c.has('0')) {
    const size_t used = before.size() + digits.size() + after.size();
    if (used < static_cast<size_t>(c.width)) digits.insert(0, static_cast<size_t>(c.width) - used, '0');
  }
  return Padded(before + digits + after, c);
}

/// Decimal digits of |v| as Java's shortest text has them, and the power of ten of the first one.
struct Digits {
  std::string text;
  int exponent = 0;
};
Digits ShortestDigits(double v) {
  const std::string java = DoubleToString(std::fabs(v));
  const size_t e = java.find('E');
  const std::string mantissa = java.substr(0, e);
  const size_t point = mantissa.find('.');
  Digits d{mantissa.substr(0, point) + mantissa.substr(point + 1), static_cast<int>(point) - 1};
  if (e != std::string::npos) d.exponent += std::atoi(java.c_str() + e + 1);
  const size_t zeros = std::min(d.text.find_first_not_of('0'), d.text.size() - 1);
  d.text.erase(0, zeros);
  d.exponent -= static_cast<int>(zeros);
  if (d.text == "0") d.exponent = 0;
  return d;
}

/// Cuts to `count` digits, HALF_UP.
void RoundDigits(Digits& d, int count) {
  if (count >= static_cast<int>(d.text.size())) return;
  if (count < 0) {
    d = {"0", 0};
    return;
  }
  const bool up = d.text[static_cast<size_t>(count)] >= '5';
  d.text.resize(static_cast<size_t>(count));
  if (!up) {
    if (d.text.empty()) d = {"0", 0};
    return;
  }
  for (size_t i = d.text.size(); i-- > 0;) {
    if (d.text[i]++ != '9') return;
    d.text[i] = '0';
  }
  d.text.insert(0, "1");
  ++d.exponent;
}

std::string FixedText(double v, int precision) {
  Digits d = ShortestDigits(v);
  RoundDigits(d, d.exponent + 1 + precision);
  std::string out;
  for (int place = std::max(d.exponent, 0); place >= -precision; --place) {
    if (place == -1) out += '.';
    const int index = d.exponent - place;
    out += index >= 0 && index < static_cast<int>(d.text.size()) ? d.text[static_cast<size_t>(index)] : '0';
  }
  return out;
}

std::string ScientificText(double v, int precision) {
  Digits d = ShortestDigits(v);
  RoundDigits(d, precision + 1);
  d.text.resize(static_cast<size_t>(precision) + 1, '0');
  std::string out = d.text.substr(0, 1);
  if (precision > 0) out += "." + d.text.substr(1);
  return out + fmt::format("e{}{:02}", d.exponent < 0 ? '-' : '+', std::abs(d.exponent));
}

/// String.valueOf of the Java object that Flink hands over.
std::string PlainText(const RowCall& call, size_t a) {
  const DataType& t = call.args[a]->type();
  std::string out;
  switch (t.kind()) {
    case TypeKind::kBoolean: return call.boolean(a) ? "true" : "false";
    case TypeKind::kFloat: return FloatToString(call.at<float>(a));
    case TypeKind::kDouble: return DoubleToString(call.at<double>(a));
    case TypeKind::kDecimal: return DecimalToString(call.at<int128_t>(a), t.scale());
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: {
      const Timestamp v = t.precision() <= 3 ? TimestampFromMillis(call.integer(a)) : call.at<Timestamp>(a);
      const CivilTime c = CivilFromTimestamp(v);
      out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}", c.date.year, c.date.month, c.date.day, c.hour, c.minute);
      if (c.second != 0 || c.nano != 0) out += fmt::format(":{:02}", c.second);
      if (c.nano % 1'000'000 == 0 && c.nano != 0) return out + fmt::format(".{:03}", c.nano / 1'000'000);
      if (c.nano % 1000 == 0 && c.nano != 0) return out + fmt::format(".{:06}", c.nano / 1000);
      return c.nano == 0 ? out : out + fmt::format(".{:09}", c.nano);
    }
    default:
      if (call.args[a]->physical() == PhysicalType::kString) return std::string(call.string(a));
      AppendInt(out, call.integer(a));
      return out;
  }
}

std::string Upper(std::string s) {
  for (char& c : s) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return s;
}

std::optional<std::string> Converted(const RowCall& call, const Conversion& c, size_t a) {
  const DataType& t = call.args[a]->type();
  const bool null = call.null(a);
  const std::string cut = null ? "null" : "";
  switch (c.letter | 0x20) {
    case 's': {
      std::string text = null ? cut : PlainText(call, a);
      if (c.precision >= 0) text = FromUtf16(ToUtf16(text).substr(0, static_cast<size_t>(c.precision)));
      return Padded(std::move(text), c);
    }
    case 'b': return Padded(null || (t.kind() == TypeKind::kBoolean && !call.boolean(a)) ? "false" : "true", c);
    default: break;
  }
  const bool whole = t.is_exact_integer() || t.kind() == TypeKind::kDate || t.kind() == TypeKind::kTime;
  switch (c.letter | 0x20) {
    case 'd':
    case 'x':
    case 'o':
    case 'c': {
      if (!null && !whole) return std::nullopt;
      if (null) return Padded(cut, c);
      const int64_t v = call.integer(a);
      const auto magnitude = v < 0 ? 0 - static_cast<uint64_t>(v) : static_cast<uint64_t>(v);
      if (c.letter == 'd') return Decorated(v < 0, std::to_string(magnitude), c);
      if ((c.letter | 0x20) == 'c') {
        if (v < 0 || v > 0x10FFFF) return std::nullopt;
        std::string text;
        AppendUtf8(text, static_cast<char32_t>(v));
        return Padded(std::move(text), c);
      }
      const size_t bytes = t.is_exact_integer() ? PhysicalWidth(call.args[a]->physical()) : 4;
      const uint64_t bits =
          bytes == 8 ? static_cast<uint64_t>(v) : static_cast<uint64_t>(v) & ((uint64_t{1} << (8 * bytes)) - 1);
      const bool hex = (c.letter | 0x20) == 'x';
      const std::string prefix = c.has('#') ? (hex ? "0x" : "0") : "";
      return Decorated(false, prefix + (hex ? fmt::format("{:x}", bits) : fmt::format("{:o}", bits)), c);
    }
    case 'f':
    case 'e': {
      // As text a NULL is cut to the precision.
      if (null) return Padded(c.precision < 0 ? cut : cut.substr(0, static_cast<size_t>(c.precision)), c);
      if (!t.is_approximate()) return std::nullopt;
      const double v = t.kind() == TypeKind::kFloat ? double{call.at<float>(a)} : call.at<double>(a);
      if (std::isnan(v)) return Padded("NaN", c);
      Conversion bare = c;
      if (std::isinf(v)) {
        std::erase(bare.flags, '0');
        return Decorated(v < 0, "Infinity", bare);
      }
      const int precision = c.precision < 0 ? 6 : c.precision;
      return Decorated(std::signbit(v), c.letter == 'f' ? FixedText(v, precision) : ScientificText(v, precision), c);
    }
    default: return std::nullopt;
  }
}

void Printf(const RowCall& call) {
  if (call.null(0)) return call.SetNull();
  const std::string_view format = call.string(0);
  std::string out;
  size_t next = 1;
  for (size_t i = 0; i < format.size();) {
    if (format[i] != '%') {
      out += format[i++];
      continue;
    }
    const auto c = ParseConversion(format, ++i);
    if (!c) return call.SetNull();
    if (c->letter == '%' || c->letter == 'n') {
      out += c->letter == '%' ? Padded("%", *c) : "\n";
      continue;
    }
    const size_t a = c->argument > 0 ? static_cast<size_t>(c->argument) : next++;
    if (a >= call.size()) return call.SetNull();
    const auto text = Converted(call, *c, a);
    if (!text) return call.SetNull();
    const bool upper = c->letter >= 'A' && c->letter <= 'Z';
    out += upper ? Upper(*text) : *text;
  }
  call.Set(std::string_view(out));
}

Result<std::optional<Signature>> ResolvePrintf(const CallInfo& call) {
  if (!Fits(call.args[0], ArgKind::kCharacter) && call.args[0].kind() != TypeKind::kNull) {
    return InvalidCall(
        "PRINTF", call,
        "Invalid input arguments. Expected signatures are:\nPRINTF(format <CHARACTER_STRING>, obj <ANY>...)");
  }
  Signature s{DataType::String(), call.args};
  for (DataType& t : s.args) {
    if (t.is_nested() || t.kind() == TypeKind::kRaw || t.is_interval()) {
      return Error(ErrorCode::kNotSupported, "not supported yet: PRINTF of a value of type " + t.ToString());
    }
    if (t.kind() == TypeKind::kNull) t = DataType::String();
  }
  return std::optional<Signature>(std::move(s));
}

}  // namespace

void AddStringFormatFunctions(FunctionRegistry& r) {
  ScalarFunction f;
  f.name = "PRINTF";
  f.family = "string";
  f.text =
      "The arguments in a text by a format of java.util.Formatter (%s %d %f %e %x %o %c %b); NULL if they do not fit.";
  f.examples = {"PRINTF('%d %s', 1, 'a') = 1 a"};
  f.min_args = 1;
  f.max_args = -1;
  f.nulls = NullRule::kCustom;
  f.supported_forms = "'PRINTF(<CHARACTER>, <ANY>, ...)'";
  f.resolve = ResolvePrintf;
  f.make = MakeEachRow(Printf);
  r.Add(std::move(f));
}

}  // namespace sluice::engine
