#include "engine/functions/regex_translate.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "engine/functions/string_utf.h"

namespace sluice::engine {

namespace {

struct NamedClass {
  std::string_view name;
  std::string_view body;  // what stands between [ and ]
};

/// POSIX classes (ASCII only in Java), java.lang.Character's and the binary properties.
constexpr NamedClass kClasses[] = {
    {"Lower", "a-z"},
    {"Upper", "A-Z"},
    {"ASCII", "\\x00-\\x7F"},
    {"Alpha", "a-zA-Z"},
    {"Digit", "0-9"},
    {"Alnum", "a-zA-Z0-9"},
    {"Punct", "!-/:-@\\[-`{-~"},
    {"Graph", "!-~"},
    {"Print", "\\x20-~"},
    {"Blank", "\\x20\\t"},
    {"Cntrl", "\\x00-\\x1F\\x7F"},
    {"XDigit", "0-9A-Fa-f"},
    {"Space", "\\x20\\t\\n\\x0B\\f\\r"},
    {"javaLowerCase", "\\p{Ll}"},
    {"javaUpperCase", "\\p{Lu}"},
    {"javaTitleCase", "\\p{Lt}"},
    {"javaDigit", "\\p{Nd}"},
    {"javaLetter", "\\p{L}"},
    {"javaLetterOrDigit", "\\p{L}\\p{Nd}"},
    {"javaAlphabetic", "\\p{L}\\p{Nl}"},
    {"javaSpaceChar", "\\p{Z}"},
    {"javaWhitespace",
     "\\t-\\r\\x1C-\\x1F\\p{Zl}\\p{Zp}\\x20\\x{1680}\\x{2000}-\\x{2006}\\x{2008}-\\x{200A}\\x{205F}\\x{3000}"},
    {"IsAlphabetic", "\\p{L}\\p{Nl}"},
    {"IsLetter", "\\p{L}"},
    {"IsDigit", "\\p{Nd}"},
    {"IsUppercase", "\\p{Lu}"},
    {"IsLowercase", "\\p{Ll}"},
    {"IsTitlecase", "\\p{Lt}"},
    {"IsPunctuation", "\\p{P}"},
    {"IsControl", "\\p{Cc}"},
    {"IsWhite_Space", "\\t-\\r\\x20\\x{85}\\p{Z}"},
    {"IsHex_Digit", "0-9A-Fa-f\\x{FF10}-\\x{FF19}\\x{FF21}-\\x{FF26}\\x{FF41}-\\x{FF46}"},
    {"LC", "\\p{Lu}\\p{Ll}\\p{Lt}"},
    {"L1", "\\x00-\\xFF"},
    {"all", "\\x00-\\x{10FFFF}"},
};

class Translator {
 public:
  explicit Translator(std::string_view pattern) : in_(pattern) {}

  Result<std::string> Run() {
    while (at_ < in_.size() && !error_) Element();
    if (error_) return *error_;
    return unicode_classes_ ? "(*UCP)" + out_ : std::move(out_);
  }

 private:
  bool More(size_t n = 1) const { return at_ + n <= in_.size(); }
  char Peek(size_t ahead = 0) const { return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0'; }
  void Fail(std::string_view what, ErrorCode code = ErrorCode::kInvalidArgument) {
    if (!error_) error_.emplace(code, fmt::format("{} near index {}\n{}", what, at_, in_));
  }

  void Element() {
    const char c = in_[at_];
    if (c == '\\') {
      out_ += Escape(false);
    } else if (c == '[') {
      ++at_;
      out_ += Class();
    } else if (c == '(') {
      Group();
    } else {
      out_ += c;
      ++at_;
    }
  }

  /// What PCRE2 knows behind "(?" and Java does not is refused; flags are mapped.
  void Group() {
    ++at_;
    out_ += '(';
    if (Peek() == '*') return Fail("Dangling meta character '*'");
    if (Peek() != '?') return;
    const char kind = Peek(1);
    if (kind == ':' || kind == '=' || kind == '!' || kind == '>' || kind == '<') return;
    ++at_;
    std::string flags;
    for (; Peek() != ')' && Peek() != ':'; ++at_) {
      const char f = Peek();
      if (f == 'i' || f == 'm' || f == 's' || f == 'x' || f == '-') {
        flags += f;
      } else if (f == 'U') {
        unicode_classes_ = true;
      } else if (f != 'u' && f != 'd') {
        return Fail(More() ? "Unknown inline modifier" : "Unclosed group");
      }
    }
    out_ += "?" + (flags == "-" ? std::string() : flags);
  }

  /// At a backslash. The answer works outside of classes and, unless it starts with '[', inside of one.
  std::string Escape(bool in_class) {
    ++at_;
    if (!More()) return Fail("Unexpected internal error"), "";
    const char c = in_[at_];
    switch (c) {
      case 'Q': return Quotation(in_class);
      case 'p':
      case 'P': return Property();
      case 'u': return CodePoint(Hex(1, 4, 4));
      case 'x': return CodePoint(Peek(1) == '{' ? Braced() : Hex(1, 2, 2));
      case '0': return CodePoint(Octal());
      case 'N': return Fail("\\N{…} is not supported yet", ErrorCode::kNotSupported), "";
      default: break;
    }
    ++at_;
    if (static_cast<unsigned char>(c) >= 0x80) return std::string(1, c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter) return std::string{'\\', c};
    constexpr std::string_view kAnywhere = "dDwWsShHvVaefnrtc";
    constexpr std::string_view kOutside = "bBAzZGRXk";
    if (kAnywhere.find(c) != std::string_view::npos || (!in_class && kOutside.find(c) != std::string_view::npos)) {
      return std::string{'\\', c};
    }
    return Fail("Illegal/unsupported escape sequence"), "";
  }

  std::string Quotation(bool in_class) {
    (void)in_class;
    ++at_;
    const size_t end = std::min(in_.find("\\E", at_), in_.size());
    std::string out;
    for (; at_ < end; ++at_) {
      const char c = in_[at_];
      const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
      if (!word && static_cast<unsigned char>(c) < 0x80) out += '\\';
      out += c;
    }
    at_ = std::min(end + 2, in_.size());
    return out;
  }

  static int Digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }

  /// Hex digits from `skip` on; moves behind them.
  uint32_t Hex(size_t skip, size_t least, size_t most) {
    uint32_t v = 0;
    size_t n = 0;
    for (; n < most && Digit(Peek(skip + n)) >= 0; ++n) v = v * 16 + static_cast<uint32_t>(Digit(Peek(skip + n)));
    if (n < least) Fail("Illegal hexadecimal escape sequence");
    at_ += skip + n;
    if (v >= 0xD800 && v < 0xDC00 && most == 4 && Peek() == '\\' && Peek(1) == 'u') {
      const uint32_t low = Hex(2, 4, 4);
      return 0x10000 + ((v - 0xD800) << 10) + (low - 0xDC00);
    }
    return v;
  }
  uint32_t Braced() {
    const uint32_t v = Hex(2, 1, 8);
    if (Peek() != '}') Fail("Unclosed hexadecimal escape sequence");
    ++at_;
    return v;
  }
  uint32_t Octal() {
    uint32_t v = 0;
    size_t n = 0;
    for (; n < 3 && Peek(1 + n) >= '0' && Peek(1 + n) <= '7' && v * 8 < 256; ++n) {
      v = v * 8 + static_cast<uint32_t>(Peek(1 + n) - '0');
    }
    if (n == 0) Fail("Illegal octal escape sequence");
    at_ += 1 + n;
    return v;
  }
  std::string CodePoint(uint32_t v) {
    if (v > 0x10FFFF) Fail("Hexadecimal codepoint is too big");
    return fmt::format("\\x{{{:x}}}", v);
  }

  /// At the p of \p{Name}. Named classes come as [...], properties that PCRE2 knows as \p{...}.
  std::string Property() {
    const bool negated = in_[at_] == 'P';
    ++at_;
    std::string name;
    if (Peek() == '{') {
      const size_t end = in_.find('}', at_);
      if (end == std::string_view::npos) return Fail("Unclosed character family"), "";
      name = in_.substr(at_ + 1, end - at_ - 1);
      at_ = end + 1;
    } else if (More()) {
      name = in_.substr(at_++, 1);
    } else {
      return Fail("Unknown character property"), "";
    }
    for (const NamedClass& c : kClasses) {
      if (c.name == name) return std::string(negated ? "[^" : "[") + std::string(c.body) + "]";
    }
    for (std::string_view prefix : {"script=", "sc=", "general_category=", "gc=", "Is"}) {
      if (std::string_view(name).starts_with(prefix)) return Known(name.substr(prefix.size()), negated);
    }
    if (name.starts_with("In") || name.starts_with("block=") || name.starts_with("blk=")) {
      return Fail("Unicode blocks in patterns are not supported yet", ErrorCode::kNotSupported), "";
    }
    if (name.size() > 2) return Fail("Unknown character property name {" + name + "}"), "";
    return Known(name, negated);
  }
  static std::string Known(const std::string& name, bool negated) {
    return std::string(negated ? "\\P{" : "\\p{") + name + "}";
  }

  /// Behind the '['. Java's classes nest and intersect; PCRE2's do not, so those become look-aheads.
  std::string Class() {
    const bool negated = Peek() == '^';
    if (negated) ++at_;
    std::vector<std::string> operands;
    std::string body;
    std::vector<std::string> nested;
    bool empty = true;
    auto finish_operand = [&] {
      std::string all = body.empty() ? "" : "[" + body + "]";
      for (const std::string& n : nested) all += (all.empty() ? "" : "|") + n;
      if (!all.empty())
        operands.push_back(nested.empty() || (body.empty() && nested.size() == 1) ? all : "(?:" + all + ")");
      body.clear();
      nested.clear();
    };
    for (;; empty = false) {
      if (error_ || !More()) return Fail("Unclosed character class"), "";
      const char c = in_[at_];
      if (c == ']' && !empty) break;
      if (c == '[') {
        ++at_;
        nested.push_back(Class());
      } else if (c == '&' && Peek(1) == '&') {
        at_ += 2;
        finish_operand();
      } else if (c == '\\') {
        std::string e = Escape(true);
        if (e.starts_with('[')) {
          nested.push_back(std::move(e));
        } else {
          body += e;
        }
      } else {
        if (c == ']' || c == '^') body += '\\';
        body += c;
        ++at_;
      }
    }
    ++at_;
    const bool plain = operands.empty() && nested.empty();
    if (plain) return (negated ? "[^" : "[") + body + "]";
    finish_operand();
    std::string all = operands.back();
    for (size_t i = operands.size() - 1; i-- > 0;) all = "(?:(?=" + operands[i] + ")" + all + ")";
    return negated ? "(?:(?!" + all + ")(?s:.))" : all;
  }

  std::string_view in_;
  size_t at_ = 0;
  std::string out_;
  std::optional<Error> error_;
  bool unicode_classes_ = false;
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kSimilarClasses = {{
    {"[:ALPHA:]", "\\p{Alpha}"},
    {"[:alpha:]", "\\p{Alpha}"},
    {"[:UPPER:]", "\\p{Upper}"},
    {"[:LOWER:]", "\\p{Lower}"},
    {"[:DIGIT:]", "\\d"},
    {"[:SPACE:]", " "},
    {"[:WHITESPACE:]", "\\s"},
    {"[:ALNUM:]", "\\p{Alnum}"},
    {"[:alnum:]", "\\p{Alnum}"},
    {"[:digit:]", "\\d"},
}};

}  // namespace

Result<std::string> TranslateJavaRegex(std::string_view pattern) { return Translator(pattern).Run(); }

Result<std::string> SimilarToRegex(std::string_view pattern, std::optional<char32_t> escape) {
  std::string out = "\\A(?:";
  bool in_class = false;
  for (size_t i = 0; i < pattern.size();) {
    const size_t start = i;
    const char32_t c = NextCodePoint(pattern, i);
    if (escape && c == *escape) {
      if (i == pattern.size()) {
        return Error(ErrorCode::kInvalidArgument, fmt::format("Invalid escape sequence '{}', {}", pattern, start));
      }
      const size_t from = i;
      NextCodePoint(pattern, i);
      const std::string_view escaped = pattern.substr(from, i - from);
      const bool word = escaped.size() > 1 || std::isalnum(static_cast<unsigned char>(escaped[0])) != 0;
      out += (word ? "" : "\\") + std::string(escaped);
    } else if (!in_class && c == '_') {
      out += '.';
    } else if (!in_class && c == '%') {
      out += "(?s:.*)";
    } else if (in_class && c == '[') {
      bool known = false;
      for (const auto& [name, java] : kSimilarClasses) {
        if (!pattern.substr(start).starts_with(name)) continue;
        out += java;
        i = start + name.size();
        known = true;
        break;
      }
      if (!known)
        return Error(ErrorCode::kInvalidArgument,
                     fmt::format("Invalid regular expression: {}, index = {}", pattern, start));
    } else {
      if (c == '[') in_class = true;
      if (c == ']') in_class = false;
      // Java's meta characters that SIMILAR TO does not have.
      if (!in_class && (c == '\\' || c == '^' || c == '$')) out += '\\';
      out += pattern.substr(start, i - start);
    }
  }
  return out + ")\\z";
}

}  // namespace sluice::engine
