#include "engine/types/datetime_pattern.h"

#include <algorithm>
#include <charconv>

#include "engine/types/java_calendar.h"

namespace sluice::engine {

namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsOneOf(std::string_view letters, char c) { return letters.find(c) != std::string_view::npos; }

/// The quoted text that begins at `at`, which moves behind it; '' is a quote. False if it does not end.
bool ReadQuoted(std::string_view pattern, size_t& at, std::string& text) {
  text.clear();
  if (pattern.substr(at, 2) == "''") {
    text = "'";
    at += 2;
    return true;
  }
  for (++at; at < pattern.size(); ++at) {
    const bool doubled = pattern.substr(at, 2) == "''";
    if (pattern[at] == '\'' && !doubled) {
      ++at;
      return true;
    }
    text += pattern[at];
    if (doubled) ++at;
  }
  return false;
}

Status CheckLetter(char c, int count, bool simple) {
  const std::string_view known = simple ? "GyYMLwWDdFEuaHkKhmsSzZX" : "GuyDMLdgQqYwWEecFaBhKkHmsSAnNVvzOXxZp";
  if (!IsOneOf(known, c)) {
    return Error(ErrorCode::kInvalidArgument, simple ? std::string("Illegal pattern character '") + c + "'"
                                                     : std::string("Unknown pattern letter: ") + c);
  }
  if (simple) return {};
  if (c == 'B' && count != 1 && count != 4 && count != 5) {
    return Error(ErrorCode::kInvalidArgument, "Wrong number of pattern letters: B");
  }
  const bool too_many = (IsOneOf("dHhKkms", c) && count > 2) || (IsOneOf("MLEQqGe", c) && count > 5) ||
                        (c == 'a' && count > 1) || (c == 'D' && count > 3) || (c == 'S' && count > 9);
  if (too_many) return Error(ErrorCode::kInvalidArgument, std::string("Too many pattern letters: ") + c);
  return {};
}

void AppendPadded(std::string& out, int64_t v, int width) {
  if (v < 0) {
    out += '-';
    v = -v;
  }
  char digits[20];
  const auto size = std::to_chars(digits, digits + sizeof(digits), v).ptr - digits;
  if (size < width) out.append(static_cast<size_t>(width - size), '0');
  out.append(digits, static_cast<size_t>(size));
}

void AppendOffset(std::string& out, int32_t seconds, std::string_view colon) {
  out += seconds < 0 ? '-' : '+';
  const int32_t m = (seconds < 0 ? -seconds : seconds) / 60;
  AppendPadded(out, m / 60, 2);
  out += colon;
  AppendPadded(out, m % 60, 2);
}

/// The English words for the part of the day.
std::string_view DayPeriod(const CivilTime& t, bool narrow) {
  const bool exact = t.minute == 0;
  if (t.hour == 0 && exact) return narrow ? "mi" : "midnight";
  if (t.hour == 12 && exact) return narrow ? "n" : "noon";
  if (t.hour < 6 || t.hour >= 21) return "at night";
  if (t.hour < 12) return "in the morning";
  return t.hour < 18 ? "in the afternoon" : "in the evening";
}

/// One token of a pattern, a letter and how often it stands there, and the time of which it shows something.
struct Shown {
  char letter;
  int n;
  bool simple;
  const CivilTime& local;

  int32_t days() const { return DaysFromCivil(local.date.year, local.date.month, local.date.day); }
  bool before_christ() const { return local.date.year <= 0; }
  std::string_view day_name() const { return kDayNames[static_cast<size_t>(IsoDayOfWeek(days()) - 1)]; }
};

std::string_view Era(const Shown& s) {
  if (!s.simple && s.n == 4) return s.before_christ() ? "Before Christ" : "Anno Domini";
  return s.before_christ() ? "BC" : "AD";
}

void AppendYear(std::string& out, const Shown& s) {
  const bool proleptic = s.letter == 'u';
  const int32_t year = s.local.date.year;
  const int32_t shown = proleptic || !s.before_christ() ? year : 1 - year;
  if (s.n == 2) {
    AppendPadded(out, proleptic ? FloorMod(year, 100) : shown % 100, 2);
    return;
  }
  if (!s.simple && s.n >= 4 && shown > 9999) out += '+';
  AppendPadded(out, shown, s.n);
}

void AppendQuarter(std::string& out, const Shown& s) {
  static constexpr std::string_view kOrdinals[] = {"1st quarter", "2nd quarter", "3rd quarter", "4th quarter"};
  const int quarter = (s.local.date.month + 2) / 3;
  if (s.n == 4) {
    out += kOrdinals[quarter - 1];
    return;
  }
  if (s.n == 3) out += 'Q';
  AppendPadded(out, quarter, s.n >= 3 ? 1 : s.n);
}

void AppendName(std::string& out, const Shown& s, std::string_view full) {
  const bool letter = !s.simple && s.n == 5;
  out += full.substr(0, letter ? 1 : s.n >= 4 ? full.size() : 3);
}

/// Weeks of the US: from Sunday, the first holds 1 January.
int WeekOfYear(const Shown& s) {
  const int32_t days = s.days();
  const int32_t first = DaysFromCivil(s.local.date.year, 1, 1);
  const int32_t next = DaysFromCivil(s.local.date.year + 1, 1, 1);
  if (days >= next - IsoDayOfWeek(next) % 7) return 1;
  return (days - first + IsoDayOfWeek(first) % 7) / 7 + 1;
}

int WeekOfMonth(const Shown& s) {
  const int32_t first = s.days() - s.local.date.day + 1;
  return (s.local.date.day - 1 + IsoDayOfWeek(first) % 7) / 7 + 1;
}

int32_t WeekYear(const Shown& s) {
  const int32_t days = s.days();
  return s.n == 2 ? IsoYear(days) % 100 : IsoYear(days + (IsoDayOfWeek(days) == 7 ? 1 : 0));
}

void AppendDatePart(std::string& out, const Shown& s) {
  const int32_t day = s.local.date.day;
  switch (s.letter) {
    case 'G': out += Era(s); break;
    case 'y': AppendYear(out, s); break;
    case 'u':
      if (s.simple) return AppendPadded(out, IsoDayOfWeek(s.days()), s.n);
      AppendYear(out, s);
      break;
    case 'Y': AppendPadded(out, WeekYear(s), s.n); break;
    case 'Q':
    case 'q': AppendQuarter(out, s); break;
    case 'M':
    case 'L':
      if (s.n < 3) return AppendPadded(out, s.local.date.month, s.n);
      AppendName(out, s, kMonthNames[static_cast<size_t>(s.local.date.month - 1)]);
      break;
    case 'd': AppendPadded(out, day, s.n); break;
    case 'D': AppendPadded(out, DayOfYear(s.days()), s.n); break;
    case 'w': AppendPadded(out, WeekOfYear(s), s.n); break;
    case 'W': AppendPadded(out, WeekOfMonth(s), s.n); break;
    case 'F': AppendPadded(out, s.simple ? (day - 1) / 7 + 1 : (day - 1) % 7 + 1, s.n); break;
    case 'E': AppendName(out, s, s.day_name()); break;
    case 'e':
    case 'c':
      if (s.n < 3) return AppendPadded(out, IsoDayOfWeek(s.days()) % 7 + 1, s.n);
      out += s.day_name().substr(0, s.n >= 4 ? std::string_view::npos : 3);
      break;
    default: break;
  }
}

void AppendFraction(std::string& out, const Shown& s) {
  if (s.simple) return AppendPadded(out, s.local.nano / 1'000'000, s.n);
  int32_t first_digits = s.local.nano;
  for (int k = s.n; k < 9; ++k) first_digits /= 10;
  AppendPadded(out, first_digits, s.n);
}

void AppendTimePart(std::string& out, const Shown& s) {
  const CivilTime& t = s.local;
  const auto second_of_day = [&] { return (t.hour * 60LL + t.minute) * 60 + t.second; };
  switch (s.letter) {
    case 'B': out += DayPeriod(t, s.n == 5); break;
    case 'a': out += t.hour < 12 ? "AM" : "PM"; break;
    case 'H': AppendPadded(out, t.hour, s.n); break;
    case 'k': AppendPadded(out, t.hour == 0 ? 24 : t.hour, s.n); break;
    case 'K': AppendPadded(out, t.hour % 12, s.n); break;
    case 'h': AppendPadded(out, t.hour % 12 == 0 ? 12 : t.hour % 12, s.n); break;
    case 'm': AppendPadded(out, t.minute, s.n); break;
    case 's': AppendPadded(out, t.second, s.n); break;
    case 'S': AppendFraction(out, s); break;
    case 'n': AppendPadded(out, t.nano, s.n); break;
    case 'N': AppendPadded(out, second_of_day() * 1'000'000'000 + t.nano, s.n); break;
    case 'A': AppendPadded(out, second_of_day() * 1000 + t.nano / 1'000'000, s.n); break;
    default: break;
  }
}

void AppendShortOffset(std::string& out, const Shown& s, int32_t offset) {
  if (offset == 0 && s.letter == 'X') {
    out += 'Z';
    return;
  }
  if (s.n > 1) return AppendOffset(out, offset, s.n % 2 == 1 ? ":" : "");
  const int32_t minutes = std::abs(offset) / 60;
  out += offset < 0 ? '-' : '+';
  AppendPadded(out, minutes / 60, 2);
  if (!s.simple && minutes % 60 != 0) AppendPadded(out, minutes % 60, 2);
}

void AppendZonePart(std::string& out, const Shown& s, const TimeZone* zone, int64_t utc_ms) {
  const int64_t utc_s = FloorDiv(utc_ms, 1000);
  const int32_t offset = zone != nullptr ? zone->OffsetAt(utc_s) : 0;
  switch (s.letter) {
    case 'V': out += zone ? zone->name() : "UTC"; break;
    case 'z':
      if (s.n >= 4 && (zone == nullptr || zone->name() == "UTC")) {
        out += "Coordinated Universal Time";
      } else {
        out += zone ? zone->AbbreviationAt(utc_s) : "UTC";
      }
      break;
    case 'O':
      out += "GMT";
      if (offset != 0) AppendOffset(out, offset, ":");
      break;
    case 'Z': AppendOffset(out, offset, !s.simple && s.n == 5 ? ":" : ""); break;
    case 'X':
    case 'x': AppendShortOffset(out, s, offset); break;
    default: break;
  }
}

constexpr std::string_view kTimeLetters = "BaHkKhmsSnNA";
constexpr std::string_view kZoneLetters = "VzOXxZ";

}  // namespace

Result<std::shared_ptr<const DateTimePattern>> DateTimePattern::Compile(std::string_view pattern, Dialect dialect) {
  auto out = std::make_shared<DateTimePattern>();
  out->dialect_ = dialect;
  const bool simple = dialect == Dialect::kSimpleDateFormat;
  auto literal = [&](std::string_view text) {
    if (out->tokens_.empty() || out->tokens_.back().letter != 0) out->tokens_.push_back(Token{});
    out->tokens_.back().text += text;
  };
  std::string quoted;
  for (size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '\'') {
      if (!ReadQuoted(pattern, i, quoted)) {
        return Error(
            ErrorCode::kInvalidArgument,
            simple ? "Unterminated quote" : "Pattern ends with an incomplete string literal: " + std::string(pattern));
      }
      if (!quoted.empty()) literal(quoted);
    } else if (IsLetter(c)) {
      const size_t end = std::min(pattern.find_first_not_of(c, i), pattern.size());
      const int count = static_cast<int>(end - i);
      SLUICE_RETURN_IF_ERROR(CheckLetter(c, count, simple));
      out->tokens_.push_back(Token{c, count, ""});
      i = end;
    } else if (!simple && (c == '[' || c == ']')) {
      out->tokens_.push_back(Token{c, 1, ""});
      ++i;
    } else if (!simple && (c == '{' || c == '}' || c == '#')) {
      return Error(ErrorCode::kInvalidArgument, std::string("Pattern includes reserved character: '") + c + "'");
    } else {
      literal({&c, 1});
      ++i;
    }
  }
  return DateTimePatternPtr(std::move(out));
}

char DateTimePattern::zone_letter() const {
  for (const Token& t : tokens_) {
    if (t.letter != 0 && IsOneOf(kZoneLetters, t.letter)) return t.letter;
  }
  return 0;
}

void DateTimePattern::Format(std::string& out, const CivilTime& local, const TimeZone* zone, int64_t utc_ms) const {
  CivilTime shown = local;
  if (dialect_ == Dialect::kSimpleDateFormat) {
    const int64_t days = DaysFromCivil(local.date.year, local.date.month, local.date.day);
    if (days < kCutover) shown.date = JulianFromDays(days);
  }
  for (const Token& t : tokens_) {
    if (t.letter == 0) {
      out += t.text;
    } else if (t.letter != '[' && t.letter != ']') {
      FormatToken(out, t, shown, zone, utc_ms);
    }
  }
}

void DateTimePattern::FormatToken(std::string& out, const Token& t, const CivilTime& local, const TimeZone* zone,
                                  int64_t utc_ms) const {
  const Shown shown{t.letter, t.count, dialect_ == Dialect::kSimpleDateFormat, local};
  if (IsOneOf(kTimeLetters, t.letter)) return AppendTimePart(out, shown);
  if (IsOneOf(kZoneLetters, t.letter)) return AppendZonePart(out, shown, zone, utc_ms);
  AppendDatePart(out, shown);
}

}  // namespace sluice::engine
