#include "engine/sql/binder/literals.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "engine/functions/program.h"
#include "engine/functions/string_utf.h"
#include "engine/sql/binder/bind_type.h"
#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/errors.h"

namespace sluice::engine::sql {

namespace {

/// Unscaled value and digit counts of "123.450"; no sign.
Result<ExprPtr> BindDecimal(const std::string& text, TextPosition position) {
  std::string digits;
  int scale = 0;
  bool point = false;
  for (char c : text) {
    if (c == '.') {
      point = true;
    } else {
      digits += c;
      if (point) ++scale;
    }
  }
  const size_t first = digits.find_first_not_of('0');
  std::string significant = first == std::string::npos ? "" : digits.substr(first);
  // Calcite counts the digits as they are written: 0.5 is a DECIMAL(2, 1), .5 a DECIMAL(1, 1).
  const int precision = static_cast<int>(digits.size());
  // Calcite checks that the digits make a BIGINT.
  uint64_t unscaled = 0;
  const auto [end, error] = std::from_chars(significant.data(), significant.data() + significant.size(), unscaled);
  const bool fits = significant.empty() || (error == std::errc() && unscaled <= static_cast<uint64_t>(INT64_MAX));
  if (!fits || precision > kMaxDecimalPrecision || scale > kMaxDecimalPrecision) {
    return Invalid(fmt::format("Numeric literal '{}' out of range", text), position);
  }
  int128_t value = 0;
  for (char c : significant) value = value * 10 + (c - '0');
  return Expr::Literal(Value::Decimal(value), DataType::Decimal(precision, scale).NotNull());
}

Result<ExprPtr> BindInteger(const std::string& text, TextPosition position) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) {
    if (value <= 2147483647) return Expr::Literal(Value::Int(value), DataType::Integer().NotNull());
    return Expr::Literal(Value::Int(value), DataType::Bigint().NotNull());
  }
  return Invalid(fmt::format("Numeric literal '{}' out of range", text), position);
}

/// Dates in a literal are days that exist in Calcite's calendar (no year 0, none from 1582-10-05 to 1582-10-14); `only`
/// allows nothing behind the date. Texts that do not begin with a date pass: the parser judges them.
bool PlainDate(const std::string& text, bool only) {
  int part[3] = {0, 0, 0};
  size_t i = 0;
  for (int p = 0; p < 3; ++p) {
    const size_t start = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9' && i - start < 9)
      part[p] = part[p] * 10 + (text[i++] - '0');
    if (i == start) return true;
    if (p < 2 && (i >= text.size() || text[i++] != '-')) return true;
  }
  if (only && i != text.size()) return false;
  return part[0] != 0 && !(part[0] == 1582 && part[1] == 10 && part[2] >= 5 && part[2] <= 14);
}

/// The text with at most `digits` digits behind the last point.
std::string CutFraction(const std::string& text, size_t digits) {
  const size_t point = text.rfind('.');
  if (point == std::string::npos) return text;
  size_t end = point + 1;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  return end - point - 1 <= digits ? text : text.substr(0, point + 1 + digits) + text.substr(end);
}

Result<ExprPtr> BindTemporal(const ast::LiteralExpr& literal, DataType type, std::string_view name,
                             std::string_view format, const FunctionRegistry& functions, const SessionFacts& facts) {
  const Error illegal =
      Invalid(fmt::format("Illegal {} literal '{}': not in format '{}'", name, literal.text, format), literal.position);
  if (!PlainDate(literal.text, type.kind() == TypeKind::kDate)) return illegal;
  const std::string written = CutFraction(literal.text, type.kind() == TypeKind::kTime ? 3 : 9);
  const auto length = static_cast<int>(written.size());
  ExprPtr text = Expr::Literal(Value::String(written), DataType::Char(length).NotNull());
  auto value = EvaluateConstant(Expr::Call("TRY_CAST", {text}, type.Nullable()), functions, facts);
  if (!value.ok()) return value.error();
  if (value->is_null()) return illegal;
  return Expr::Literal(std::move(*value), type.NotNull());
}

/// Digits after the point; fraction digits decide the precision of TIME and TIMESTAMP literals.
int FractionDigits(const std::string& text) {
  const size_t point = text.rfind('.');
  if (point == std::string::npos) return 0;
  int digits = 0;
  for (size_t i = point + 1; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) ++digits;
  return std::min(digits, 9);
}

std::string FromHex(const std::string& hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::strtol(hex.substr(i, 2).c_str(), nullptr, 16));
  }
  return out;
}

}  // namespace

Result<ExprPtr> BindLiteral(const ast::LiteralExpr& literal, const FunctionRegistry& functions,
                            const SessionFacts& facts) {
  switch (literal.literal) {
    case ast::LiteralKind::kNull: return Expr::Literal(Value::Null(), DataType::Null());
    case ast::LiteralKind::kUnknown: return Expr::Literal(Value::Null(), DataType::Boolean());
    case ast::LiteralKind::kTrue: return Expr::Literal(Value::Bool(true), DataType::Boolean().NotNull());
    case ast::LiteralKind::kFalse: return Expr::Literal(Value::Bool(false), DataType::Boolean().NotNull());
    case ast::LiteralKind::kInteger: return BindInteger(literal.text, literal.position);
    case ast::LiteralKind::kDecimal: return BindDecimal(literal.text, literal.position);
    case ast::LiteralKind::kApproximate: {
      const double value = std::strtod(literal.text.c_str(), nullptr);
      if (std::isinf(value)) {
        return Invalid(fmt::format("Numeric literal '{}' out of range", UpperCase(literal.text)), literal.position);
      }
      return Expr::Literal(Value::Double(value), DataType::Double().NotNull());
    }
    case ast::LiteralKind::kString:
      // The length is that of the java.lang.String.
      return Expr::Literal(Value::String(literal.text),
                           DataType::Char(static_cast<int>(CountUtf16(literal.text))).NotNull());
    case ast::LiteralKind::kBinary:
      return Expr::Literal(Value::String(FromHex(literal.text)),
                           DataType::Binary(std::max<int>(1, static_cast<int>(literal.text.size() / 2))).NotNull());
    case ast::LiteralKind::kDate:
      return BindTemporal(literal, DataType::Date(), "DATE", "yyyy-MM-dd", functions, facts);
    case ast::LiteralKind::kTime:
      return BindTemporal(literal, DataType::Time(std::min(FractionDigits(literal.text), 3)), "TIME", "HH:mm:ss",
                          functions, facts);
    case ast::LiteralKind::kTimestamp: {
      if (literal.time_zone == "ZONE") {
        return Error(ErrorCode::kNotSupported, "not supported yet: TIMESTAMP WITH TIME ZONE literals",
                     literal.position);
      }
      const int precision = FractionDigits(literal.text);
      return BindTemporal(
          literal,
          literal.time_zone == "LOCAL" ? DataType::TimestampLtz(precision) : DataType::TimestampType(precision),
          "TIMESTAMP", "yyyy-MM-dd HH:mm:ss", functions, facts);
    }
    case ast::LiteralKind::kInterval: {
      SLUICE_ASSIGN_OR_RETURN(DataType type, BindIntervalType(literal.interval));
      SLUICE_ASSIGN_OR_RETURN(int64_t value, ParseInterval(literal.text, literal.interval, literal.position));
      return Expr::Literal(Value::Int(literal.interval_negative ? -value : value), type.NotNull());
    }
  }
  return Error(ErrorCode::kInternal, "unknown literal", literal.position);
}

// --- intervals

namespace {

using U = ast::TimeUnit;

/// The units from `from` down to `to`, e.g. DAY HOUR MINUTE SECOND.
std::vector<U> UnitsBetween(U from, U to) {
  static const std::vector<U> kMonths = {U::kYear, U::kMonth};
  static const std::vector<U> kDays = {U::kDay, U::kHour, U::kMinute, U::kSecond};
  for (const auto* all : {&kMonths, &kDays}) {
    auto a = std::find(all->begin(), all->end(), from);
    auto b = std::find(all->begin(), all->end(), to);
    if (a != all->end() && b != all->end() && a <= b) return {a, b + 1};
  }
  return {from};
}

int64_t UnitSize(U unit) {
  switch (unit) {
    case U::kYear: return 12;
    case U::kQuarter: return 3;
    case U::kMonth: return 1;
    case U::kWeek: return 7 * 86400000LL;
    case U::kDay: return 86400000LL;
    case U::kHour: return 3600000LL;
    case U::kMinute: return 60000LL;
    case U::kSecond: return 1000;
    default: return 1;
  }
}

/// What separates a unit from the one before it.
char SeparatorBefore(U unit) { return unit == U::kMonth ? '-' : unit == U::kHour ? ' ' : ':'; }

int64_t UnitLimit(U unit) { return unit == U::kMonth ? 12 : unit == U::kHour ? 24 : 60; }

}  // namespace

Result<int64_t> ParseInterval(const std::string& text, const ast::IntervalQualifier& q, TextPosition position) {
  const std::string range =
      std::string(ast::TimeUnitName(q.from)) + (q.to ? std::string(" TO ") + ast::TimeUnitName(*q.to) : "");
  const Error bad(ErrorCode::kValidation,
                  fmt::format("Illegal interval literal format '{}' for INTERVAL {}", text, range), position);
  size_t i = 0;
  while (i < text.size() && text[i] == ' ') ++i;
  bool negative = false;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) negative = text[i++] == '-';
  int64_t total = 0;
  const std::vector<U> units = q.to ? UnitsBetween(q.from, *q.to) : std::vector<U>{q.from};
  for (size_t k = 0; k < units.size(); ++k) {
    if (k > 0) {
      if (i >= text.size() || text[i] != SeparatorBefore(units[k])) return bad;
      ++i;
    }
    const size_t start = i;
    int64_t n = 0;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') {
      if (i - start >= 10) return bad;
      n = n * 10 + (text[i++] - '0');
    }
    if (i == start) return bad;
    const int digits = static_cast<int>(i - start);
    const int limit = q.leading_precision.value_or(2);
    if (k == 0 && digits > limit && n >= static_cast<int64_t>(std::pow(10, limit))) {
      return Error(ErrorCode::kValidation,
                   fmt::format("Interval field value {} exceeds precision of {}({}) field",
                               (negative ? "-" : "") + std::to_string(n), ast::TimeUnitName(units[0]), limit),
                   position);
    }
    if (k > 0 && n >= UnitLimit(units[k])) return bad;
    total += n * UnitSize(units[k]);
    if (units[k] == U::kSecond && i < text.size() && text[i] == '.') {
      int64_t scale = 100;
      const size_t fraction = ++i;
      for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, scale /= 10) total += (text[i] - '0') * scale;
      if (i == fraction || i - fraction > 9) return bad;
    }
  }
  while (i < text.size() && text[i] == ' ') ++i;
  if (i != text.size()) return bad;
  return negative ? -total : total;
}

}  // namespace sluice::engine::sql
