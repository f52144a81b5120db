// Flink SQL text to tokens: comments (-- , //, /* */) are dropped, hints (/*+ */) are kept as tokens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/sql/parser/keywords.h"

namespace sluice::engine::sql {

enum class TokenKind : uint8_t {
  kEnd,
  kWord,              ///< an unquoted identifier or keyword; keyword is set if it is one
  kQuotedIdentifier,  ///< `..`; value has the name
  kInteger,
  kDecimal,
  kApproximate,
  kString,          ///< '..'; value has the text
  kPrefixedString,  ///< _UTF8'..' or N'..'; value has the text, prefix the character set
  kUnicodeString,   ///< U&'..'; value has the text with the quotes resolved, the escapes not yet
  kEscapedString,   ///< E'..'; value has the text
  kBinary,          ///< X'..'; value has the digits
  kSymbol,          ///< symbol
  kBad,             ///< cannot be a token; value has the message
};

enum class Symbol : uint8_t {
  kNone,
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
  kComma,
  kDot,
  kSemicolon,
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kPercent,
  kConcat,
  kEqual,
  kNotEqual,  ///< <> and !=
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kQuestion,
  kArrow,  ///< =>
  kColon,
  kBar,
  kCaret,
  kDollar,
  kHintBegin,  ///< /*+
  kHintEnd,    ///< */ of a hint
  kOther,      ///< a character that Flink's lexer knows and no rule of its grammar takes
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Symbol symbol = Symbol::kNone;
  uint16_t keyword = kNoKeyword;
  size_t begin = 0;  ///< bytes of the text
  size_t end = 0;
  TextPosition position;
  std::string value;   ///< see TokenKind; empty for words and symbols
  std::string prefix;  ///< kPrefixedString
};

/// The tokens of `text`, closed by one kEnd. Never fails: what is no token becomes kBad, for the parser to report when
/// it gets there.
std::vector<Token> Lex(std::string_view text);

}  // namespace sluice::engine::sql
