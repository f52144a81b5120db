#include "engine/sql/parser/parser_impl.h"

namespace sluice::engine::sql {

using namespace ast;

namespace {

void AppendUtf8(uint32_t code, std::string* out) {
  if (code < 0x80) {
    *out += static_cast<char>(code);
  } else if (code < 0x800) {
    *out += static_cast<char>(0xC0 | (code >> 6));
    *out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *out += static_cast<char>(0xE0 | (code >> 12));
    *out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    *out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    *out += static_cast<char>(0xF0 | (code >> 18));
    *out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    *out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    *out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// `count` hex digits of `text` at `i`, or nothing.
std::optional<uint32_t> HexNumber(std::string_view text, size_t i, size_t count) {
  if (i + count > text.size()) return std::nullopt;
  uint32_t number = 0;
  for (size_t k = 0; k < count; ++k) {
    int digit = HexDigit(text[i + k]);
    if (digit < 0) return std::nullopt;
    number = number * 16 + static_cast<uint32_t>(digit);
  }
  return number;
}

/// UTF-16 units to UTF-8, pairs of surrogates joined; a lone one becomes U+FFFD.
class Utf16Joiner {
 public:
  explicit Utf16Joiner(std::string* out) : out_(out) {}
  ~Utf16Joiner() { Flush(); }
  void Unit(uint32_t unit) {
    if (high_ != 0 && unit >= 0xDC00 && unit < 0xE000) {
      AppendUtf8(0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00), out_);
      high_ = 0;
      return;
    }
    Flush();
    if (unit >= 0xD800 && unit < 0xDC00) {
      high_ = unit;
    } else if ((unit >= 0xDC00 && unit < 0xE000) || unit > 0x10FFFF) {
      AppendUtf8(0xFFFD, out_);
    } else {
      AppendUtf8(unit, out_);
    }
  }
  void Flush() {
    if (high_ != 0) AppendUtf8(0xFFFD, out_);
    high_ = 0;
  }

 private:
  std::string* out_;
  uint32_t high_ = 0;
};

/// U&'..': escape + 4 hex digits, or the escape twice. Nothing if an escape is malformed.
std::optional<std::string> ResolveUnicode(std::string_view raw, char escape) {
  std::string out;
  {
    Utf16Joiner joiner(&out);
    for (size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != escape) {
        joiner.Flush();
        out += raw[i];
      } else if (i + 1 < raw.size() && raw[i + 1] == escape) {
        joiner.Flush();
        out += escape;
        ++i;
      } else if (std::optional<uint32_t> code = HexNumber(raw, i + 1, 4)) {
        joiner.Unit(*code);
        i += 4;
      } else {
        return std::nullopt;
      }
    }
  }
  return out;
}

/// E'..': the escapes of C: \b \f \n \r \t, \ooo, \xhh, \uhhhh, \Uhhhhhhhh; any other character stands for itself.
std::optional<std::string> ResolveCEscapes(std::string_view raw) {
  std::string out;
  {
    Utf16Joiner joiner(&out);
    for (size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '\\' || i + 1 >= raw.size()) {
        joiner.Flush();
        out += raw[i];
        if (raw[i] == '\'' && i + 1 < raw.size() && raw[i + 1] == '\'') ++i;
        continue;
      }
      char c = raw[++i];
      if (c == 'u' || c == 'U') {
        size_t digits = c == 'u' ? 4 : 8;
        std::optional<uint32_t> code = HexNumber(raw, i + 1, digits);
        if (!code) return std::nullopt;
        joiner.Unit(*code);
        i += digits;
        continue;
      }
      joiner.Flush();
      if (c == 'x' && HexNumber(raw, i + 1, 1)) {
        size_t digits = HexNumber(raw, i + 1, 2) ? 2 : 1;
        AppendUtf8(*HexNumber(raw, i + 1, digits), &out);
        i += digits;
      } else if (c >= '0' && c <= '7') {
        uint32_t code = 0;
        size_t end = i;
        while (end < raw.size() && end < i + 3 && raw[end] >= '0' && raw[end] <= '7') {
          code = code * 8 + static_cast<uint32_t>(raw[end++] - '0');
        }
        AppendUtf8(code & 0xFF, &out);
        i = end - 1;
      } else {
        static constexpr std::string_view kFrom = "bfnrt";
        static constexpr std::string_view kTo = "\b\f\n\r\t";
        size_t which = kFrom.find(c);
        out += which == std::string_view::npos ? c : kTo[which];
      }
    }
  }
  return out;
}

}  // namespace

ExprPtr Parser::ParseStringLiteral() {
  size_t start = mark();
  auto literal = New<LiteralExpr>();
  literal->literal = LiteralKind::kString;
  const Token& token = Peek();
  TextPosition position = token.position;
  switch (token.kind) {
    case TokenKind::kString: literal->text = token.value; break;
    case TokenKind::kPrefixedString:
      literal->text = token.value;
      literal->charset = token.prefix == "N" ? "ISO-8859-1" : token.prefix;
      break;
    case TokenKind::kEscapedString: {
      std::optional<std::string> text = ResolveCEscapes(token.value);
      if (!text) Fail(ErrorCode::kSyntax, "Malformed Unicode escape in the string literal", position);
      literal->text = text.value_or("");
      break;
    }
    case TokenKind::kUnicodeString: literal->unicode = true; break;
    default:
      Expected("<QUOTED_STRING>");
      Unexpected();
      return nullptr;
  }
  std::string raw = literal->unicode ? token.value : std::string();
  Advance();
  // 'a' and 'b' on the next line are one literal; on one line the SQL standard has none of it.
  TextPosition last = position;
  while (Peek().kind == TokenKind::kString) {
    if (Peek().position.line == last.line) {
      Fail(ErrorCode::kSyntax, "String literal continued on same line", Peek().position);
      break;
    }
    last = Peek().position;
    (literal->unicode ? raw : literal->text) += Peek().value;
    Advance();
  }
  if (literal->unicode) {
    char escape = '\\';
    if (Accept("UESCAPE")) {
      StringValue character = ParseString();
      if (character.value.size() != 1 || HexDigit(character.value[0]) >= 0 ||
          character.value.find_first_of("+\"' \t\r\n") != std::string::npos) {
        Fail(ErrorCode::kSyntax, "UESCAPE must be one character that is no digit, sign, quote or space",
             character.position);
      } else {
        escape = character.value[0];
      }
    }
    std::optional<std::string> text = ResolveUnicode(raw, escape);
    if (!text) Fail(ErrorCode::kSyntax, "Malformed Unicode escape in the string literal", position);
    literal->text = text.value_or("");
  }
  return Done(std::move(literal), start);
}

ExprPtr Parser::ParseLiteral() {
  size_t start = mark();
  const Token& token = Peek();
  auto literal = New<LiteralExpr>();
  switch (token.kind) {
    case TokenKind::kInteger: literal->literal = LiteralKind::kInteger; break;
    case TokenKind::kDecimal: literal->literal = LiteralKind::kDecimal; break;
    case TokenKind::kApproximate: literal->literal = LiteralKind::kApproximate; break;
    case TokenKind::kBinary: literal->literal = LiteralKind::kBinary; break;
    default: return ParseStringLiteral();
  }
  literal->text = token.value;
  TextPosition position = token.position;
  Advance();
  if (literal->literal == LiteralKind::kBinary) {
    while (Peek().kind == TokenKind::kString) {
      literal->text += Peek().value;
      Advance();
    }
    for (char& c : literal->text) {
      if (HexDigit(c) < 0) {
        Fail(ErrorCode::kSyntax, "Binary literal string must contain only characters '0' - '9', 'A' - 'F'", position);
        break;
      }
      if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    }
    if (literal->text.size() % 2 != 0) {
      Fail(ErrorCode::kSyntax, "Binary literal string must contain an even number of hexits", position);
    }
  }
  return Done(std::move(literal), start);
}

ExprPtr Parser::ParseDateTimeLiteral(LiteralKind kind) {
  size_t start = mark();
  auto literal = New<LiteralExpr>();
  literal->literal = kind;
  Advance();
  if (kind == LiteralKind::kTimestamp && At("WITH")) {
    Advance();
    if (Accept("LOCAL")) literal->time_zone = "LOCAL";
    Expect("TIME");
    Expect("ZONE");
    if (literal->time_zone.empty()) literal->time_zone = "ZONE";
  }
  literal->text = ParseString().value;
  return Done(std::move(literal), start);
}

bool Parser::AtTimeUnit(size_t ahead) const {
  static constexpr Word kUnits[] = {"YEAR", "YEARS", "QUARTER", "QUARTERS", "MONTH",  "MONTHS",  "WEEK",   "WEEKS",
                                    "DAY",  "DAYS",  "HOUR",    "HOURS",    "MINUTE", "MINUTES", "SECOND", "SECONDS"};
  for (Word unit : kUnits) {
    if (At(unit, ahead)) return true;
  }
  return false;
}

std::optional<TimeUnit> Parser::AcceptIntervalUnit() {
  struct Unit {
    Word one;
    Word many;
    TimeUnit unit;
  };
  static constexpr Unit kUnits[] = {
      {"YEAR", "YEARS", TimeUnit::kYear},       {"QUARTER", "QUARTERS", TimeUnit::kQuarter},
      {"MONTH", "MONTHS", TimeUnit::kMonth},    {"WEEK", "WEEKS", TimeUnit::kWeek},
      {"DAY", "DAYS", TimeUnit::kDay},          {"HOUR", "HOURS", TimeUnit::kHour},
      {"MINUTE", "MINUTES", TimeUnit::kMinute}, {"SECOND", "SECONDS", TimeUnit::kSecond},
  };
  for (const Unit& unit : kUnits) {
    if (At(unit.one) || At(unit.many)) {
      Advance();
      return unit.unit;
    }
  }
  for (const Unit& unit : kUnits) Expected(kKeywords[unit.one.id].name);
  return std::nullopt;
}

bool Parser::ParseIntervalQualifier(IntervalQualifier* qualifier, bool allow_to) {
  size_t start = mark();
  std::optional<TimeUnit> from = AcceptIntervalUnit();
  if (!from) {
    Unexpected();
    return false;
  }
  qualifier->from = *from;
  if (Accept(Symbol::kLeftParen)) {
    qualifier->leading_precision = ParseSmallUnsigned();
    if (*from == TimeUnit::kSecond && Accept(Symbol::kComma)) qualifier->fractional_precision = ParseSmallUnsigned();
    Expect(Symbol::kRightParen);
  }
  bool may_span =
      *from == TimeUnit::kYear || *from == TimeUnit::kDay || *from == TimeUnit::kHour || *from == TimeUnit::kMinute;
  if (allow_to && may_span && At("TO") && AtTimeUnit(1)) {
    Advance();
    TextPosition position = Peek().position;
    size_t end_token = mark();
    qualifier->to = AcceptIntervalUnit();
    bool fits = *from == TimeUnit::kYear ? qualifier->to == TimeUnit::kMonth
                                         : *qualifier->to > *from && *qualifier->to <= TimeUnit::kSecond;
    if (!fits) {
      Fail(ErrorCode::kSyntax,
           "Encountered \"" + TokenText(tokens_[end_token]) + "\" at line " + std::to_string(position.line) +
               ", column " + std::to_string(position.column) + ".",
           position);
    }
    if (qualifier->to == TimeUnit::kSecond && Accept(Symbol::kLeftParen)) {
      qualifier->fractional_precision = ParseSmallUnsigned();
      Expect(Symbol::kRightParen);
    }
  }
  Place(*qualifier, start);
  return true;
}

ExprPtr Parser::ParseInterval() {
  size_t start = mark();
  Expect("INTERVAL");
  bool negative = false;
  if (Accept(Symbol::kMinus)) {
    negative = true;
  } else {
    Accept(Symbol::kPlus);
  }
  if (Peek().kind == TokenKind::kString) {
    auto literal = New<LiteralExpr>();
    literal->literal = LiteralKind::kInterval;
    literal->interval_negative = negative;
    literal->text = ParseString().value;
    ParseIntervalQualifier(&literal->interval);
    return Done(std::move(literal), start);
  }
  auto interval = New<IntervalOfExpr>();
  size_t operand = mark();
  if (Accept(Symbol::kLeftParen)) {
    interval->operand = ParseExpr();
    Expect(Symbol::kRightParen);
    if (interval->operand != nullptr) interval->operand->parenthesised = true;
  } else if (AtIdentifier()) {
    interval->operand = ParseName();
  } else if (Peek().kind == TokenKind::kInteger || Peek().kind == TokenKind::kDecimal) {
    interval->operand = ParseLiteral();
  } else {
    Expected("<QUOTED_STRING>");
    Unexpected();
  }
  if (negative) {
    auto minus = New<UnaryExpr>();
    minus->op = UnaryOp::kMinus;
    minus->operand = std::move(interval->operand);
    interval->operand = Done(std::move(minus), operand);
  }
  ParseIntervalQualifier(&interval->interval, false);
  return Done(std::move(interval), start);
}

ExprPtr Parser::ParseTimeUnitSymbol() {
  struct Unit {
    Word word;
    TimeUnit unit;
  };
  static constexpr Unit kUnits[] = {
      {"NANOSECOND", TimeUnit::kNanosecond},
      {"MICROSECOND", TimeUnit::kMicrosecond},
      {"MILLISECOND", TimeUnit::kMillisecond},
      {"SECOND", TimeUnit::kSecond},
      {"MINUTE", TimeUnit::kMinute},
      {"HOUR", TimeUnit::kHour},
      {"DAY", TimeUnit::kDay},
      {"DAYOFWEEK", TimeUnit::kDow},
      {"DAYOFYEAR", TimeUnit::kDoy},
      {"DOW", TimeUnit::kDow},
      {"DOY", TimeUnit::kDoy},
      {"ISODOW", TimeUnit::kIsoDow},
      {"ISOYEAR", TimeUnit::kIsoYear},
      {"WEEK", TimeUnit::kWeek},
      {"MONTH", TimeUnit::kMonth},
      {"QUARTER", TimeUnit::kQuarter},
      {"YEAR", TimeUnit::kYear},
      {"EPOCH", TimeUnit::kEpoch},
      {"DECADE", TimeUnit::kDecade},
      {"CENTURY", TimeUnit::kCentury},
      {"MILLENNIUM", TimeUnit::kMillennium},
  };
  size_t start = mark();
  auto symbol = New<SymbolExpr>();
  for (const Unit& unit : kUnits) {
    if (!At(unit.word)) continue;
    symbol->time_unit = unit.unit;
    symbol->symbol = TimeUnitName(unit.unit);
    Advance();
    return Done(std::move(symbol), start);
  }
  for (std::string_view what : {"SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "YEAR"}) Expected(what);
  // Any other name may be a time frame that the binder knows, such as SQL_TSI_DAY.
  symbol->symbol = ParseIdentifier().name;
  return Done(std::move(symbol), start);
}

}  // namespace sluice::engine::sql
