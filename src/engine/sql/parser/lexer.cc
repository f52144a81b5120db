#include "engine/sql/parser/lexer.h"

#include <cctype>
#include <cstdio>

namespace sluice::engine::sql {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Bytes of UTF-8 sequences count as letters: Flink takes nearly all letters of all scripts.
bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         (static_cast<unsigned char>(c) & 0x80);
}
bool IsWordPart(char c) { return IsWordStart(c) || IsDigit(c); }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> Run() {
    while (Next()) {
    }
    return std::move(tokens_);
  }

 private:
  char At(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  char Peek(size_t ahead = 0) const { return At(at_ + ahead); }

  /// Moves to byte `to`, counting lines and columns.
  void AdvanceTo(size_t to) {
    for (; at_ < to && at_ < text_.size(); ++at_) {
      auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '\n' || (c == '\r' && At(at_ + 1) != '\n')) {
        last_ = place_;
        ++place_.line;
        place_.column = 1;
      } else if ((c & 0xC0) != 0x80) {
        last_ = place_;
        place_.column += c >= 0xF0 ? 2 : 1;
      }
    }
  }

  /// Skips white space and comments; false if the text ends in an open comment.
  bool SkipSpace() {
    while (at_ < text_.size()) {
      char c = Peek();
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        AdvanceTo(at_ + 1);
      } else if ((c == '-' && Peek(1) == '-') || (c == '/' && Peek(1) == '/')) {
        size_t to = text_.find_first_of("\r\n", at_);
        AdvanceTo(to == std::string_view::npos ? text_.size() : to);
      } else if (c == '/' && Peek(1) == '*' && Peek(2) != '+') {
        size_t to = text_.find("*/", at_ + 2);
        if (to == std::string_view::npos) {
          AdvanceTo(text_.size());
          return false;
        }
        AdvanceTo(to + 2);
      } else {
        break;
      }
    }
    return true;
  }

  Token& Add(TokenKind kind, size_t end) {
    Token& token = tokens_.emplace_back();
    token.kind = kind;
    token.begin = at_;
    token.end = end;
    token.position = place_;
    AdvanceTo(end);
    return token;
  }

  void Bad(size_t end, std::string message) { Add(TokenKind::kBad, end).value = std::move(message); }

  static std::string LexicalError(TextPosition at, const std::string& what, const std::string& after) {
    return "Lexical error at line " + std::to_string(at.line) + ", column " + std::to_string(at.column) +
           ".  Encountered: " + what + " after : \"" + after + "\"";
  }

  bool Next() {
    if (!SkipSpace()) {
      Bad(text_.size(), LexicalError(place_, "<EOF>", ""));
      return false;
    }
    if (at_ >= text_.size()) {
      Token& end = Add(TokenKind::kEnd, text_.size());
      // Flink reports the end of the text at its last character.
      if (!text_.empty()) end.position = last_;
      return false;
    }
    char c = Peek();
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) {
      Number();
    } else if (c == '\'') {
      Quoted(TokenKind::kString, at_);
    } else if (c == '`') {
      QuotedIdentifier();
    } else if (IsWordStart(c)) {
      WordOrPrefixedString();
    } else {
      SymbolToken(c);
    }
    return true;
  }

  void Number() {
    size_t end = at_;
    TokenKind kind = TokenKind::kInteger;
    while (IsDigit(At(end))) ++end;
    // `1..2` is not "1." "."; it is an integer and the operator `..`, which no rule takes.
    if (At(end) == '.' && At(end + 1) != '.') {
      kind = TokenKind::kDecimal;
      ++end;
      while (IsDigit(At(end))) ++end;
    }
    if (At(end) == 'e' || At(end) == 'E') {
      size_t exponent = end + 1;
      if (At(exponent) == '+' || At(exponent) == '-') ++exponent;
      if (IsDigit(At(exponent))) {
        kind = TokenKind::kApproximate;
        while (IsDigit(At(exponent))) ++exponent;
        end = exponent;
      }
    }
    size_t begin = at_;
    Add(kind, end).value = std::string(text_.substr(begin, end - begin));
  }

  /// A string whose opening quote is at `quote`; the token starts at at_.
  void Quoted(TokenKind kind, size_t quote, std::string prefix = {}) {
    std::string value;
    size_t i = quote + 1;
    for (;; ++i) {
      if (i >= text_.size()) {
        // Flink reads a lone quote as a token of its own that no rule takes.
        Add(TokenKind::kSymbol, quote + 1).symbol = Symbol::kOther;
        return;
      }
      if (text_[i] != '\'') {
        value += text_[i];
      } else if (At(i + 1) == '\'') {
        value += '\'';
        ++i;
      } else {
        break;
      }
    }
    Token& token = Add(kind, i + 1);
    token.value = std::move(value);
    token.prefix = std::move(prefix);
  }

  /// E'..' with backslash escapes, of which \' and \\ hide the closing quote.
  void EscapedString(size_t quote) {
    size_t i = quote + 1;
    while (i < text_.size() && text_[i] != '\'') {
      if (text_[i] == '\\') ++i;
      ++i;
      if (At(i) == '\'' && At(i + 1) == '\'') i += 2;
    }
    if (i >= text_.size()) {
      Quoted(TokenKind::kString, quote);  // reports the open quote
      return;
    }
    std::string raw(text_.substr(quote + 1, i - quote - 1));
    Add(TokenKind::kEscapedString, i + 1).value = std::move(raw);
  }

  void QuotedIdentifier() {
    std::string value;
    size_t i = at_ + 1;
    for (;; ++i) {
      if (i >= text_.size() || text_[i] == '\n' || text_[i] == '\r') {
        std::string after(text_.substr(at_, i - at_));
        bool end = i >= text_.size();
        size_t begin = at_;
        TextPosition start = place_;
        AdvanceTo(i);
        TextPosition place = place_;
        at_ = begin;
        place_ = start;
        Bad(text_.size(), LexicalError(place, end ? "<EOF>" : "\"\\n\" (10),", after));
        return;
      }
      if (text_[i] != '`') {
        value += text_[i];
      } else if (At(i + 1) == '`') {
        value += '`';
        ++i;
      } else {
        break;
      }
    }
    if (value.empty()) {
      Bad(i + 1, LexicalError(place_, "\"`\" (96),", "`"));
      return;
    }
    Add(TokenKind::kQuotedIdentifier, i + 1).value = std::move(value);
  }

  void WordOrPrefixedString() {
    size_t end = at_;
    while (end < text_.size() && IsWordPart(text_[end])) ++end;
    size_t length = end - at_;
    char c = static_cast<char>(std::toupper(static_cast<unsigned char>(Peek())));
    if (length == 1 && At(end) == '\'') {
      if (c == 'X') return Quoted(TokenKind::kBinary, end);
      if (c == 'E') return EscapedString(end);
      if (c == 'N') return Quoted(TokenKind::kPrefixedString, end, "N");
    }
    if (length == 1 && c == 'U' && At(end) == '&' && At(end + 1) == '\'') {
      return Quoted(TokenKind::kUnicodeString, end + 1);
    }
    if (Peek() == '_' && CharacterSetPrefix(end)) return;
    if (length == 1 && c == '$') return AddSymbol(Symbol::kDollar, 1);
    std::string upper(text_.substr(at_, length));
    for (char& letter : upper) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    Add(TokenKind::kWord, end).keyword = FindKeyword(upper);
  }

  /// _UTF8'..': the name may hold '-', '.' and ':' too.
  bool CharacterSetPrefix(size_t end) {
    while (IsWordPart(At(end)) || At(end) == '-' || At(end) == '.' || At(end) == ':') ++end;
    if (At(end) != '\'' || end == at_ + 1) return false;
    Quoted(TokenKind::kPrefixedString, end, std::string(text_.substr(at_ + 1, end - at_ - 1)));
    return true;
  }

  void AddSymbol(Symbol symbol, size_t length) { Add(TokenKind::kSymbol, at_ + length).symbol = symbol; }

  void SymbolToken(char c) {
    char next = Peek(1);
    switch (c) {
      case '(': return AddSymbol(Symbol::kLeftParen, 1);
      case ')': return AddSymbol(Symbol::kRightParen, 1);
      case '[': return AddSymbol(Symbol::kLeftBracket, 1);
      case ']': return AddSymbol(Symbol::kRightBracket, 1);
      case '{': return AddSymbol(Symbol::kLeftBrace, 1);
      case '}': return AddSymbol(Symbol::kRightBrace, 1);
      case ',': return AddSymbol(Symbol::kComma, 1);
      case '.': return next == '.' ? AddSymbol(Symbol::kOther, 2) : AddSymbol(Symbol::kDot, 1);
      case ';': return AddSymbol(Symbol::kSemicolon, 1);
      case '+': return AddSymbol(Symbol::kPlus, 1);
      case '-': return AddSymbol(Symbol::kMinus, 1);
      case '*': return StarOrHintEnd(next);
      case '/': return SlashOrHintBegin(next);
      case '%': return AddSymbol(Symbol::kPercent, 1);
      case '|': return next == '|' ? AddSymbol(Symbol::kConcat, 2) : AddSymbol(Symbol::kBar, 1);
      case '=': return next == '>' ? AddSymbol(Symbol::kArrow, 2) : AddSymbol(Symbol::kEqual, 1);
      case '<':
        if (next == '=') return AddSymbol(Symbol::kLessOrEqual, 2);
        return next == '>' ? AddSymbol(Symbol::kNotEqual, 2) : AddSymbol(Symbol::kLess, 1);
      case '>': return next == '=' ? AddSymbol(Symbol::kGreaterOrEqual, 2) : AddSymbol(Symbol::kGreater, 1);
      case '!':
        if (next == '=') return AddSymbol(Symbol::kNotEqual, 2);
        break;
      case '?': return AddSymbol(Symbol::kQuestion, 1);
      case ':': return AddSymbol(Symbol::kColon, 1);
      case '^': return AddSymbol(Symbol::kCaret, 1);
      case '"': return AddSymbol(Symbol::kOther, 1);
      default: break;
    }
    Unknown(c, next);
  }

  void StarOrHintEnd(char next) {
    if (in_hint_ && next == '/') {
      in_hint_ = false;
      return AddSymbol(Symbol::kHintEnd, 2);
    }
    AddSymbol(Symbol::kStar, 1);
  }

  void SlashOrHintBegin(char next) {
    if (next == '*') {  // a comment would have been skipped
      in_hint_ = true;
      return AddSymbol(Symbol::kHintBegin, 3);
    }
    AddSymbol(Symbol::kSlash, 1);
  }

  void Unknown(char c, char next) {
    if (c == '!') {
      TextPosition place{place_.line, place_.column + 1};
      std::string what = next == '\0' ? "<EOF>" : std::string("\"") + next + "\" (" + std::to_string(next) + "),";
      Bad(at_ + 1, LexicalError(place, what, "!"));
      return;
    }
    std::string shown(1, c);
    if (static_cast<unsigned char>(c) < 0x20) {
      char buffer[8];
      std::snprintf(buffer, sizeof(buffer), "\\u%04x", c);
      shown = buffer;
    }
    Bad(at_ + 1, LexicalError(place_, "\"" + shown + "\" (" + std::to_string(c) + "),", ""));
  }

  std::string_view text_;
  size_t at_ = 0;
  TextPosition place_{1, 1};
  TextPosition last_{1, 1};  ///< of the character before place_
  bool in_hint_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> Lex(std::string_view text) { return Lexer(text).Run(); }

}  // namespace sluice::engine::sql
