#include <charconv>

#include "engine/sql/parser/parser_impl.h"

namespace sluice::engine::sql {

using namespace ast;

namespace {

constexpr size_t kMaxIdentifierLength = 256;
constexpr size_t kMaxExpectedShown = 12;

std::string Where(TextPosition at) {
  return " at line " + std::to_string(at.line) + ", column " + std::to_string(at.column) + ".";
}

}  // namespace

std::string_view SymbolText(Symbol symbol) {
  switch (symbol) {
    case Symbol::kLeftParen: return "(";
    case Symbol::kRightParen: return ")";
    case Symbol::kLeftBracket: return "[";
    case Symbol::kRightBracket: return "]";
    case Symbol::kLeftBrace: return "{";
    case Symbol::kRightBrace: return "}";
    case Symbol::kComma: return ",";
    case Symbol::kDot: return ".";
    case Symbol::kSemicolon: return ";";
    case Symbol::kPlus: return "+";
    case Symbol::kMinus: return "-";
    case Symbol::kStar: return "*";
    case Symbol::kSlash: return "/";
    case Symbol::kPercent: return "%";
    case Symbol::kConcat: return "||";
    case Symbol::kEqual: return "=";
    case Symbol::kNotEqual: return "<>";
    case Symbol::kLess: return "<";
    case Symbol::kLessOrEqual: return "<=";
    case Symbol::kGreater: return ">";
    case Symbol::kGreaterOrEqual: return ">=";
    case Symbol::kQuestion: return "?";
    case Symbol::kArrow: return "=>";
    case Symbol::kColon: return ":";
    case Symbol::kBar: return "|";
    case Symbol::kCaret: return "^";
    case Symbol::kDollar: return "$";
    case Symbol::kHintBegin: return "/*+";
    case Symbol::kHintEnd: return "*/";
    case Symbol::kOther:
    case Symbol::kNone: break;
  }
  return "";
}

const Token& Parser::Peek(size_t ahead) const {
  if (failed()) return end_;
  size_t i = at_ + ahead;
  return i < tokens_.size() ? tokens_[i] : tokens_.back();
}

bool Parser::Sees(Word word) {
  if (At(word)) return true;
  expected_.push_back(kKeywords[word.id].name);
  return false;
}

bool Parser::Sees(Symbol symbol) {
  if (At(symbol)) return true;
  expected_.push_back(SymbolText(symbol));
  return false;
}

void Parser::Advance() {
  if (failed()) return;
  if (at_ + 1 < tokens_.size()) ++at_;
  expected_.clear();
}

bool Parser::Accept(Word word) {
  if (!Sees(word)) return false;
  Advance();
  return true;
}

bool Parser::Accept(Symbol symbol) {
  if (!Sees(symbol)) return false;
  Advance();
  return true;
}

bool Parser::Expect(Word word) {
  if (Accept(word)) return true;
  Unexpected();
  return false;
}

bool Parser::Expect(Symbol symbol) {
  if (Accept(symbol)) return true;
  Unexpected();
  return false;
}

bool Parser::AcceptBoth(Word first, Word second) {
  if (!Sees(first) || !At(second, 1)) return false;
  Advance();
  Advance();
  return true;
}

void Parser::Fail(ErrorCode code, std::string message, TextPosition position) {
  if (failed()) return;
  error_ = Error(code, std::move(message), position);
}

void Parser::Refuse(const std::string& what, TextPosition position) {
  Fail(ErrorCode::kNotSupported, "not supported yet: " + what, position);
}

bool Parser::TooDeep() {
  Fail(ErrorCode::kSyntax,
       "The statement nests deeper than " + std::to_string(kMaxDepth) + " levels" + Where(Peek().position) +
           " Split it, for example with views.",
       Peek().position);
  return false;
}

bool Parser::Grow() {
  if (++height_ <= kMaxHeight) return true;
  Fail(ErrorCode::kSyntax,
       "More than " + std::to_string(kMaxHeight) + " operators, joins or UNIONs hang on one another" +
           Where(Peek().position) + " Use IN, VALUES or views to shorten the chain.",
       Peek().position);
  return false;
}

std::string Parser::TokenText(const Token& token) const {
  if (token.kind == TokenKind::kEnd) return "<EOF>";
  std::string shown;
  for (char c : text_.substr(token.begin, token.end - token.begin)) {
    switch (c) {
      case '"': shown += "\\\""; break;
      case '\'': shown += "\\'"; break;
      case '\\': shown += "\\\\"; break;
      case '\n': shown += "\\n"; break;
      case '\r': shown += "\\r"; break;
      case '\t': shown += "\\t"; break;
      default: shown += c;
    }
  }
  return shown;
}

void Parser::Unexpected(size_t token_count) {
  if (failed()) return;
  for (size_t i = 0; i < token_count; ++i) {
    const Token& token = Peek(i);
    if (token.kind == TokenKind::kBad) return Fail(ErrorCode::kSyntax, token.value, token.position);
  }
  const Token& token = Peek();
  bool identifier = false;
  for (std::string_view what : expected_) identifier |= what == "<IDENTIFIER>";
  std::string image(text_.substr(token.begin, token.end - token.begin));
  std::string message;
  if (identifier && token.keyword != kNoKeyword && image == kKeywords[token.keyword].name) {
    message = "Incorrect syntax near the keyword '" + image + "'" + Where(token.position);
  } else {
    std::string shown;
    for (size_t i = 0; i < token_count; ++i) shown += (i > 0 ? " " : "") + TokenText(Peek(i));
    message = "Encountered \"" + shown + "\"" + Where(token.position);
  }
  std::vector<std::string_view> unique;
  for (std::string_view what : expected_) {
    bool known = false;
    for (std::string_view seen : unique) known |= seen == what;
    if (!known) unique.push_back(what);
  }
  if (!unique.empty()) {
    message += unique.size() == 1 ? "\nWas expecting:" : "\nWas expecting one of:";
    for (size_t i = 0; i < unique.size() && i < kMaxExpectedShown; ++i) {
      bool quoted = unique[i].size() < 2 || unique[i].front() != '<' || unique[i].back() != '>' || unique[i] == "<>";
      message += quoted ? " \"" + std::string(unique[i]) + "\"" : " " + std::string(unique[i]);
      if (i + 1 < unique.size()) message += ',';
    }
    if (unique.size() > kMaxExpectedShown) message += " ...";
  }
  Fail(ErrorCode::kSyntax, std::move(message), token.position);
}

void Parser::Place(Node& node, size_t mark) const {
  const Token& first = tokens_[mark];
  const Token& last = tokens_[at_ > mark ? at_ - 1 : mark];
  node.position = first.position;
  node.range = {first.begin, last.end};
}

bool Parser::AtIdentifier(size_t ahead) const {
  const Token& token = Peek(ahead);
  if (token.kind == TokenKind::kQuotedIdentifier) return true;
  return token.kind == TokenKind::kWord && !IsReservedWord(token.keyword);
}

Identifier Parser::ParseIdentifier() {
  Identifier identifier;
  if (!AtIdentifier()) {
    Expected("<IDENTIFIER>");
    Unexpected();
    return identifier;
  }
  const Token& token = Peek();
  identifier.quoted = token.kind == TokenKind::kQuotedIdentifier;
  identifier.name = identifier.quoted ? token.value : std::string(text_.substr(token.begin, token.end - token.begin));
  identifier.position = token.position;
  identifier.range = {token.begin, token.end};
  if (identifier.name.size() > kMaxIdentifierLength) {
    Fail(ErrorCode::kSyntax,
         "Length of identifier '" + identifier.name + "' must be less than or equal to " +
             std::to_string(kMaxIdentifierLength) + " characters",
         token.position);
  }
  Advance();
  return identifier;
}

CompoundName Parser::ParseCompoundName() {
  size_t start = mark();
  CompoundName name;
  name.parts.push_back(ParseIdentifier());
  while (At(Symbol::kDot)) {
    if (!AtIdentifier(1)) {
      Expected("<IDENTIFIER>");
      // Flink looks two tokens ahead here, and names both.
      Unexpected(2);
      break;
    }
    Advance();
    name.parts.push_back(ParseIdentifier());
  }
  if (!failed()) Expected(".");
  Place(name, start);
  return name;
}

std::vector<Identifier> Parser::ParseIdentifierList() {
  std::vector<Identifier> list;
  if (!Expect(Symbol::kLeftParen)) return list;
  do {
    list.push_back(ParseIdentifier());
  } while (Accept(Symbol::kComma));
  Expect(Symbol::kRightParen);
  return list;
}

StringValue Parser::ParseString() {
  StringValue value;
  size_t start = mark();
  const Token& token = Peek();
  if (token.kind == TokenKind::kString) {
    value.value = token.value;
    Advance();
  } else if (token.kind == TokenKind::kUnicodeString || token.kind == TokenKind::kEscapedString ||
             token.kind == TokenKind::kPrefixedString) {
    ExprPtr literal = ParseStringLiteral();
    if (literal != nullptr && literal->kind == ExprKind::kLiteral) {
      value.value = static_cast<LiteralExpr&>(*literal).text;
    }
  } else {
    Expected("<QUOTED_STRING>");
    Unexpected();
  }
  Place(value, start);
  return value;
}

std::optional<StringValue> Parser::ParseComment() {
  if (!Accept("COMMENT")) return std::nullopt;
  return ParseString();
}

std::vector<Property> Parser::ParseProperties() {
  std::vector<Property> properties;
  if (!Expect(Symbol::kLeftParen)) return properties;
  if (Accept(Symbol::kRightParen)) return properties;
  do {
    Property property;
    property.key = ParseString();
    Expect(Symbol::kEqual);
    property.value = ParseString();
    properties.push_back(std::move(property));
  } while (Accept(Symbol::kComma));
  Expect(Symbol::kRightParen);
  return properties;
}

std::vector<StringValue> Parser::ParsePropertyKeys() {
  std::vector<StringValue> keys;
  if (!Expect(Symbol::kLeftParen)) return keys;
  if (Accept(Symbol::kRightParen)) return keys;
  do {
    keys.push_back(ParseString());
  } while (Accept(Symbol::kComma));
  Expect(Symbol::kRightParen);
  return keys;
}

std::optional<int64_t> Parser::ParseUnsigned() {
  const Token& token = Peek();
  if (token.kind != TokenKind::kInteger) {
    Expected("<UNSIGNED_INTEGER_LITERAL>");
    Unexpected();
    return std::nullopt;
  }
  int64_t number = 0;
  auto [end, error] = std::from_chars(token.value.data(), token.value.data() + token.value.size(), number);
  if (error != std::errc()) {
    Fail(ErrorCode::kSyntax, "Numeric literal '" + token.value + "' out of range", token.position);
  }
  Advance();
  return number;
}

std::optional<int> Parser::ParseSmallUnsigned() {
  TextPosition position = Peek().position;
  std::optional<int64_t> number = ParseUnsigned();
  if (!number) return std::nullopt;
  if (*number > INT32_MAX) {
    Fail(ErrorCode::kSyntax, "Numeric literal '" + std::to_string(*number) + "' out of range", position);
    return std::nullopt;
  }
  return static_cast<int>(*number);
}

bool Parser::IfNotExists() {
  if (!Sees("IF") || !At("NOT", 1) || !At("EXISTS", 2)) return false;
  Advance();
  Advance();
  Advance();
  return true;
}

std::vector<Hint> Parser::ParseHints() {
  std::vector<Hint> hints;
  if (!Accept(Symbol::kHintBegin)) return hints;
  do {
    size_t start = mark();
    Hint hint;
    hint.name = ParseIdentifier();
    if (Accept(Symbol::kLeftParen) && !Accept(Symbol::kRightParen)) {
      do {
        size_t argument = mark();
        const Token& token = Peek();
        bool pair =
            (token.kind == TokenKind::kString || token.kind == TokenKind::kUnicodeString) && At(Symbol::kEqual, 1);
        if (pair || (AtIdentifier() && At(Symbol::kEqual, 1))) {
          Property property;
          if (pair) {
            property.key = ParseString();
          } else {
            Identifier name = ParseIdentifier();
            static_cast<Node&>(property.key) = name;
            property.key.value = name.name;
          }
          Expect(Symbol::kEqual);
          property.value = ParseString();
          hint.options.push_back(std::move(property));
          continue;
        }
        StringValue value;
        if (AtIdentifier()) {
          value.value = ParseIdentifier().name;
        } else if (token.kind == TokenKind::kInteger || token.kind == TokenKind::kDecimal) {
          value.value = token.value;
          Advance();
        } else {
          Expected("<IDENTIFIER>");
          value = ParseString();
        }
        Place(value, argument);
        hint.arguments.push_back(std::move(value));
      } while (Accept(Symbol::kComma));
      Expect(Symbol::kRightParen);
    }
    Place(hint, start);
    hints.push_back(std::move(hint));
  } while (Accept(Symbol::kComma));
  Expect(Symbol::kHintEnd);
  return hints;
}

}  // namespace sluice::engine::sql
