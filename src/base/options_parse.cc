// The text parsers of options_registry.h. Rules and sentences follow Flink 2.3: ConfigurationUtils, TimeUtils,
// MemorySize, StructuredOptionsSplitter (checked against it with the texts in options_registry_test.cc).
#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/options_registry.h"
#include "base/text.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;

Error Bad(std::string message) { return Error(ErrorCode::kOption, std::move(message)); }
Error BadNumber(std::string_view text) { return Bad(fmt::format("For input string: \"{}\"", text)); }

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Java's parseInt and parseLong: an optional sign and digits, nothing else.
template <typename T>
Result<T> ParseWhole(std::string_view text) {
  std::string_view digits = text;
  if (digits.size() > 1 && digits[0] == '+' && IsDigit(digits[1])) digits.remove_prefix(1);
  T value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.empty()) return BadNumber(text);
  return value;
}

/// A leading number and what follows it, as sizes and durations are written.
struct NumberAndUnit {
  std::string_view number;
  std::string unit;
};

NumberAndUnit SplitUnit(std::string_view trimmed) {
  size_t digits = 0;
  while (digits < trimmed.size() && IsDigit(trimmed[digits])) ++digits;
  return {trimmed.substr(0, digits), Lower(Trim(trimmed.substr(digits)))};
}

struct DurationUnit {
  std::string_view name;
  std::string_view labels;  // " | " between them, as the error lists them
  double milliseconds;
};

constexpr std::array<DurationUnit, 7> kDurationUnits{{
    {"DAYS", "d | day | days", 86'400'000},
    {"HOURS", "h | hour | hours", 3'600'000},
    {"MINUTES", "min | m | minute | minutes", 60'000},
    {"SECONDS", "s | sec | secs | second | seconds", 1000},
    {"MILLISECONDS", "ms | milli | millis | millisecond | milliseconds", 1},
    {"MICROSECONDS", "µs | micro | micros | microsecond | microseconds", 1e-3},
    {"NANOSECONDS", "ns | nano | nanos | nanosecond | nanoseconds", 1e-6},
}};

struct SizeUnit {
  std::string_view labels;
  int64_t bytes;
};

constexpr std::array<SizeUnit, 5> kSizeUnits{{
    {"b | bytes", 1},
    {"k | kb | kibibytes", int64_t{1} << 10},
    {"m | mb | mebibytes", int64_t{1} << 20},
    {"g | gb | gibibytes", int64_t{1} << 30},
    {"t | tb | tebibytes", int64_t{1} << 40},
}};

bool HasLabel(std::string_view labels, std::string_view label) {
  while (!labels.empty()) {
    const size_t bar = labels.find(" | ");
    if (labels.substr(0, bar) == label) return true;
    if (bar == std::string_view::npos) return false;
    labels.remove_prefix(bar + 3);
  }
  return false;
}

Error UnknownDurationUnit(std::string_view unit) {
  std::string all;
  for (const DurationUnit& known : kDurationUnits) {
    if (!all.empty()) all += ", ";
    all += fmt::format("{}: ({})", known.name, known.labels);
  }
  return Bad(fmt::format("Time interval unit label '{}' does not match any of the recognized units: {}", unit, all));
}

/// The result of number × unit in milliseconds; finer units are divided, not multiplied, to stay exact.
Result<milliseconds> Scale(std::string_view number, const DurationUnit& unit) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  bool good = error == std::errc();
  if (good && unit.milliseconds >= 1)
    good = !__builtin_mul_overflow(value, static_cast<int64_t>(unit.milliseconds), &value);
  if (good && unit.milliseconds < 1) value /= std::llround(1 / unit.milliseconds);
  if (good) return milliseconds(value);
  return Bad(fmt::format("The value '{}' cannot be represented as Duration (numeric overflow).", number));
}

/// ISO-8601 as java.time.Duration.parse reads it: P[nD][T[nH][nM][n.fS]], signs allowed, case ignored.
class IsoDurationParser {
 public:
  explicit IsoDurationParser(std::string_view text) : rest_(text) {}

  /// Nothing if the text is not in the format.
  std::optional<milliseconds> Parse() {
    const bool negative = TakeSign();
    if (!TakeLetter('P')) return std::nullopt;
    if (!TakePart('D', 86'400'000)) return std::nullopt;
    if (TakeLetter('T')) {
      const int before = parts_;
      if (!TakePart('H', 3'600'000) || !TakePart('M', 60'000) || !TakePart('S', 1000)) return std::nullopt;
      if (parts_ == before) return std::nullopt;
    }
    if (!rest_.empty() || parts_ == 0) return std::nullopt;
    return milliseconds(negative ? -total_ : total_);
  }

 private:
  bool TakeSign() {
    if (rest_.empty() || (rest_[0] != '-' && rest_[0] != '+')) return false;
    const bool negative = rest_[0] == '-';
    rest_.remove_prefix(1);
    return negative;
  }

  bool TakeLetter(char letter) {
    if (rest_.empty() || std::toupper(static_cast<unsigned char>(rest_[0])) != letter) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// Takes "[-]digits LETTER" if it stands next; false only if it cannot be represented.
  bool TakePart(char letter, int64_t scale) {
    const std::string_view start = rest_;
    const bool negative = TakeSign();
    size_t digits = 0;
    while (digits < rest_.size() && IsDigit(rest_[digits])) ++digits;
    const std::string_view number = rest_.substr(0, digits);
    rest_.remove_prefix(digits);
    std::string_view fraction;
    if (letter == 'S' && !rest_.empty() && (rest_[0] == '.' || rest_[0] == ',')) fraction = TakeFraction();
    if (number.empty() || !TakeLetter(letter)) {
      rest_ = start;
      return true;
    }
    int64_t value = 0;
    if (std::from_chars(number.data(), number.data() + number.size(), value).ec != std::errc()) return false;
    if (__builtin_mul_overflow(value, scale, &value)) return false;
    for (size_t i = 0, unit = 100; i < 3 && i < fraction.size(); ++i, unit /= 10) {
      value += static_cast<int64_t>(unit) * (fraction[i] - '0');
    }
    ++parts_;
    return !__builtin_add_overflow(total_, negative ? -value : value, &total_);
  }

  std::string_view TakeFraction() {
    rest_.remove_prefix(1);
    size_t digits = 0;
    while (digits < rest_.size() && IsDigit(rest_[digits])) ++digits;
    const std::string_view fraction = rest_.substr(0, digits);
    rest_.remove_prefix(digits);
    return fraction;
  }

  std::string_view rest_;
  int64_t total_ = 0;
  int parts_ = 0;
};

/// Splits at `separator`, with quotes (doubled inside) and blanks around items dropped. An empty text has no items.
Result<std::vector<std::string>> SplitEscaped(std::string_view text, char separator) {
  std::vector<std::string> items;
  size_t pos = 0;
  auto skip_blanks = [&] {
    while (pos < text.size() && std::isspace(static_cast<unsigned char>(text[pos]))) ++pos;
  };
  if (text.empty()) return items;
  while (true) {
    skip_blanks();
    std::string item;
    if (pos < text.size() && (text[pos] == '\'' || text[pos] == '"')) {
      const char quote = text[pos++];
      bool closed = false;
      while (pos < text.size() && !closed) {
        if (text[pos] != quote) {
          item += text[pos++];
        } else if (pos + 1 < text.size() && text[pos + 1] == quote) {
          item += quote;
          pos += 2;
        } else {
          ++pos;
          closed = true;
        }
      }
      if (!closed) return Bad("Could not split string. Quoting was not closed properly.");
      skip_blanks();
      if (pos < text.size() && text[pos] != separator) {
        return Bad(fmt::format("Could not split string. Illegal quoting at position: {}", pos - 1));
      }
    } else {
      const size_t end = std::min(text.find(separator, pos), text.size());
      item = Trim(text.substr(pos, end - pos));
      pos = end;
    }
    items.push_back(std::move(item));
    if (pos >= text.size()) return items;
    ++pos;
  }
}

/// The inside of a flow collection "[…]" or "{…}", or nothing.
std::optional<std::string_view> Inside(std::string_view text, char open, char close) {
  text = Trim(text);
  if (text.size() < 2 || text.front() != open || text.back() != close) return std::nullopt;
  return text.substr(1, text.size() - 2);
}

std::string Unquote(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front()) {
    text = text.substr(1, text.size() - 2);
  }
  return std::string(text);
}

}  // namespace

Result<bool> ParseOptionBool(std::string_view text) {
  const std::string lower = Lower(text);
  if (lower == "true") return true;
  if (lower == "false") return false;
  return Bad(fmt::format("Unrecognized option for boolean: {}. Expected either true or false(case insensitive)", text));
}

Result<int32_t> ParseOptionInt(std::string_view text) { return ParseWhole<int32_t>(text); }
Result<int64_t> ParseOptionLong(std::string_view text) { return ParseWhole<int64_t>(text); }

Result<double> ParseOptionDouble(std::string_view text) {
  const std::string trimmed(Trim(text));
  if (trimmed.empty()) return Bad("empty String");
  std::string_view body = trimmed;
  const bool sign = body[0] == '-' || body[0] == '+';
  const std::string_view word = body.substr(sign ? 1 : 0);
  if (word == "NaN") return std::nan("");
  if (word == "Infinity") return body[0] == '-' ? -HUGE_VAL : HUGE_VAL;
  // strtod reads words and hexadecimals without an exponent too; Java does not.
  const bool hex = word.size() > 1 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
  if (word.empty() || (!IsDigit(word[0]) && word[0] != '.')) return BadNumber(trimmed);
  if (hex && word.find_first_of("pP") == std::string_view::npos) return BadNumber(trimmed);
  std::string number(body);
  if (std::string_view("dDfF").find(number.back()) != std::string_view::npos) number.pop_back();
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  if (number.empty() || end != number.c_str() + number.size()) return BadNumber(trimmed);
  return value;
}

Result<milliseconds> ParseOptionDuration(std::string_view text) {
  const std::string_view trimmed = Trim(text);
  if (trimmed.empty()) return Bad("argument is an empty- or whitespace-only string");
  const NumberAndUnit split = SplitUnit(trimmed);
  if (split.number.empty()) {
    const auto iso = IsoDurationParser(trimmed).Parse();
    if (!iso.has_value()) {
      return Bad(
          fmt::format("text does not start with a number, and is not a valid ISO-8601 duration format: {}", trimmed));
    }
    if (iso->count() < 0) return Bad("negative duration is not supported");
    return *iso;
  }
  const std::string_view unit = split.unit.empty() ? "ms" : std::string_view(split.unit);
  for (const DurationUnit& known : kDurationUnits) {
    if (HasLabel(known.labels, unit)) return Scale(split.number, known);
  }
  return UnknownDurationUnit(unit);
}

Result<MemorySize> ParseOptionMemorySize(std::string_view text) {
  const std::string_view trimmed = Trim(text);
  if (trimmed.empty()) return Bad("argument is an empty- or whitespace-only string");
  const NumberAndUnit split = SplitUnit(trimmed);
  if (split.number.empty()) return Bad("text does not start with a number");
  int64_t value = 0;
  if (std::from_chars(split.number.data(), split.number.data() + split.number.size(), value).ec != std::errc()) {
    return Bad(
        fmt::format("The value '{}' cannot be re represented as 64bit number (numeric overflow).", split.number));
  }
  const std::string_view unit = split.unit.empty() ? "b" : std::string_view(split.unit);
  for (const SizeUnit& known : kSizeUnits) {
    if (!HasLabel(known.labels, unit)) continue;
    if (!__builtin_mul_overflow(value, known.bytes, &value)) return MemorySize{value};
    return Bad(
        fmt::format("The value '{}' cannot be re represented as 64bit number of bytes (numeric overflow).", text));
  }
  std::string all;
  for (const SizeUnit& known : kSizeUnits) all += fmt::format("{}({})", all.empty() ? "" : " / ", known.labels);
  return Bad(fmt::format("Memory size unit '{}' does not match any of the recognized units: {}", unit, all));
}

std::string FormatMemorySize(MemorySize size) {
  // Flink does not write terabytes.
  constexpr std::string_view kNames[] = {"bytes", "kb", "mb", "gb"};
  int unit = 0;
  while (unit < 3 && size.bytes != 0 && size.bytes % kSizeUnits[static_cast<size_t>(unit) + 1].bytes == 0) ++unit;
  const int64_t count = size.bytes / kSizeUnits[static_cast<size_t>(unit)].bytes;
  // A whole number of terabytes is written in bytes.
  if (size.bytes != 0 && size.bytes % kSizeUnits[4].bytes == 0) return fmt::format("{} bytes", size.bytes);
  return fmt::format("{} {}", count, kNames[unit]);
}

Result<std::vector<std::string>> ParseOptionList(std::string_view text) {
  if (const auto inside = Inside(text, '[', ']')) return SplitEscaped(*inside, ',');
  return SplitEscaped(text, ';');
}

Result<std::map<std::string, std::string>> ParseOptionMap(std::string_view text) {
  std::string_view body = text;
  if (const auto inside = Inside(text, '{', '}')) body = *inside;
  std::map<std::string, std::string> map;
  SLUICE_ASSIGN_OR_RETURN(std::vector<std::string> items, SplitEscaped(body, ','));
  for (const std::string& item : items) {
    const size_t colon = item.find(':');
    if (colon == std::string::npos) return Bad("Map item is not a key-value pair (missing ':'?)");
    map[Unquote(Trim(std::string_view(item).substr(0, colon)))] =
        Unquote(Trim(std::string_view(item).substr(colon + 1)));
  }
  return map;
}

Result<int> ParseOptionEnum(const OptionSpec& spec, std::string_view text) {
  const std::string wanted = Lower(text);
  std::string_view rest = spec.enum_values;
  for (int index = 0; !rest.empty(); ++index) {
    const size_t comma = rest.find(',');
    if (Lower(Trim(rest.substr(0, comma))) == wanted) return index;
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return Bad(fmt::format("Could not parse value for enum class {}. Expected one of: [[{}]]", spec.enum_class,
                         spec.enum_values));
}

}  // namespace sluice
