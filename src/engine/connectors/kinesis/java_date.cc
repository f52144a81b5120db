#include "engine/connectors/kinesis/java_date.h"

#include <chrono>
#include <string>

namespace sluice::engine::kinesis {
namespace {

struct Fields {
  int64_t year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, millis = 0, offset_minutes = 0;
};

/// Takes the text from its front, a part of the pattern after the other.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  bool Literal(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  /// Up to `digits` digits; 0: as many as there are.
  bool Number(size_t digits, int64_t& out) {
    size_t n = 0;
    out = 0;
    while (n < text_.size() && text_[n] >= '0' && text_[n] <= '9' && (digits == 0 || n < digits) && n < 15) {
      out = out * 10 + (text_[n++] - '0');
    }
    text_.remove_prefix(n);
    return n > 0;
  }

  /// "Z", "+01", "+0100", "+01:00", "GMT+01:00", "UTC".
  bool Zone(int64_t& minutes) {
    for (const std::string_view name : {"GMT", "UTC", "Z"}) {
      if (!text_.starts_with(name)) continue;
      text_.remove_prefix(name.size());
      if (name == "Z" || text_.empty() || (text_.front() != '+' && text_.front() != '-')) {
        minutes = 0;
        return true;
      }
      break;
    }
    const bool minus = Literal('-');
    if (!minus && !Literal('+')) return false;
    int64_t hours = 0, rest = 0;
    if (!Number(2, hours)) return false;
    (void)Literal(':');
    if (!text_.empty() && !Number(2, rest)) return false;
    minutes = (hours * 60 + rest) * (minus ? -1 : 1);
    return true;
  }

 private:
  std::string_view text_;
};

int64_t ToMillis(const Fields& f) {
  using namespace std::chrono;
  // As a lenient Java calendar: months and days beyond their ends run over.
  const int64_t months = f.month - 1;
  const int64_t year = f.year + (months >= 0 ? months / 12 : -1);
  const auto month = static_cast<unsigned>((months % 12 + 12) % 12 + 1);
  const sys_days first = std::chrono::year(static_cast<int>(year)) / std::chrono::month(month) / 1;
  const int64_t days = first.time_since_epoch().count() + f.day - 1;
  return (((days * 24 + f.hour) * 60 + f.minute - f.offset_minutes) * 60 + f.second) * 1000 + f.millis;
}

}  // namespace

Result<std::optional<int64_t>> ParseJavaDate(std::string_view text, std::string_view pattern) {
  Parser parser(text);
  Fields f;
  const std::optional<int64_t> none;
  bool quoted = false;
  for (size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '\'') {
      const bool twice = i + 1 < pattern.size() && pattern[i + 1] == '\'';
      if (twice && !parser.Literal('\'')) return none;
      if (!twice) quoted = !quoted;
      i += twice ? 2 : 1;
      continue;
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (quoted || !letter) {
      if (!parser.Literal(c)) return none;
      ++i;
      continue;
    }
    const size_t begin = i;
    while (i < pattern.size() && pattern[i] == c) ++i;
    // Fields that meet the next one without a separator have as many digits as letters.
    const bool meets =
        i < pattern.size() && ((pattern[i] >= 'a' && pattern[i] <= 'z') || (pattern[i] >= 'A' && pattern[i] <= 'Z'));
    const size_t digits = meets ? i - begin : 0;
    bool fits = false;
    switch (c) {
      case 'y': fits = parser.Number(digits, f.year); break;
      case 'M': fits = i - begin < 3 && parser.Number(digits, f.month); break;
      case 'd': fits = parser.Number(digits, f.day); break;
      case 'H': fits = parser.Number(digits, f.hour); break;
      case 'm': fits = parser.Number(digits, f.minute); break;
      case 's': fits = parser.Number(digits, f.second); break;
      case 'S': fits = parser.Number(digits, f.millis); break;
      case 'X':
      case 'Z':
      case 'z': fits = parser.Zone(f.offset_minutes); break;
      default:
        return Error(ErrorCode::kNotSupported, std::string("not supported yet: the letter '") + c +
                                                   "' in the timestamp format '" + std::string(pattern) + "'");
    }
    if (!fits) return none;
  }
  if (f.year > 9999) return none;
  return std::optional<int64_t>(ToMillis(f));
}

}  // namespace sluice::engine::kinesis
