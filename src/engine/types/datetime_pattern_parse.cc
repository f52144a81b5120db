// The reading side of date patterns.
#include <algorithm>
#include <array>

#include "engine/types/datetime_pattern.h"
#include "engine/types/java_calendar.h"

namespace sluice::engine {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool StartsWithIgnoringCase(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (size_t i = 0; i < prefix.size(); ++i) {
    if ((text[i] | 32) != (prefix[i] | 32)) return false;
  }
  return true;
}

/// Index of the longest name that `text` starts with, in full or by its first three letters; -1 if none.
template <size_t N>
int MatchName(std::string_view text, const std::array<std::string_view, N>& names, bool full, bool shortened,
              bool ignore_case, size_t* length) {
  int best = -1;
  *length = 0;
  auto look = [&](size_t i, std::string_view name) {
    const bool same = ignore_case ? StartsWithIgnoringCase(text, name) : text.starts_with(name);
    if (same && name.size() > *length) {
      best = static_cast<int>(i);
      *length = name.size();
    }
  };
  for (size_t i = 0; i < N; ++i) {
    if (full) look(i, names[i]);
    if (shortened) look(i, names[i].substr(0, 3));
  }
  return best;
}

/// How many digits a number may have, and whether a sign may stand before it.
struct NumberWidth {
  size_t min = 1, max = 19;
  bool sign = false;
};

/// `adjacent`: digits of the next token follow at once, so the pattern's count is the width.
NumberWidth WidthOf(char letter, int count, bool simple, bool adjacent) {
  const auto n = static_cast<size_t>(count);
  NumberWidth width;
  if (simple) {
    if (adjacent) width.max = n;
    width.sign = true;
  } else if (letter == 'S') {
    width.min = width.max = n;
  } else if (letter == 'y' || letter == 'u') {
    width.min = n;
    if (count == 2 || (count >= 4 && adjacent)) width.max = n;
    width.sign = count > 3;
  } else if (count >= 2) {
    width.min = width.max = n;
  } else if (adjacent) {
    width.max = 1;
  }
  return width;
}

struct Number {
  int64_t value = 0;
  size_t digits = 0;
  bool negative = false, plus = false;
};

/// Moves `pos` behind the number, which may have too few digits.
Number ReadNumber(std::string_view text, size_t& pos, const NumberWidth& width, bool simple) {
  constexpr size_t kMostDigits = 18;  // fit an int64_t
  Number read;
  if (width.sign && pos < text.size() && (text[pos] == '-' || (text[pos] == '+' && !simple))) {
    read.negative = text[pos] == '-';
    read.plus = !read.negative;
    ++pos;
  }
  const size_t most = std::min(width.max, kMostDigits);
  for (; pos < text.size() && IsDigit(text[pos]) && read.digits < most; ++pos, ++read.digits) {
    read.value = read.value * 10 + (text[pos] - '0');
  }
  if (read.negative) read.value = -read.value;
  return read;
}

}  // namespace

/// What parsing has found so far; -1 or kNone: not given.
struct DateTimePattern::Fields {
  static constexpr int64_t kNone = INT64_MIN;
  int64_t year = kNone, month = kNone, day = kNone, day_of_year = kNone, day_of_week = kNone;
  int64_t hour = kNone, hour12 = kNone, half = kNone, minute = kNone, second = kNone, nano = kNone, millis = kNone;
  int64_t quarter = kNone;
  bool before_christ = false;
  bool year_of_era = false;
  std::optional<int32_t> offset;

  void SetYear(char letter, int count, bool simple, const Number& number);
  void SetNumber(char letter, int count, bool simple, const Number& number);
};

void DateTimePattern::Fields::SetYear(char letter, int count, bool simple, const Number& number) {
  year = number.value;
  year_of_era = letter == 'y';
  if (count > 2 || number.digits != 2 || number.negative) return;
  // SimpleDateFormat: within 80 years before and 20 after now; java.time: 2000..2099. Both agree on 2000..2045.
  year = simple && number.value > 46 ? 1900 + number.value : 2000 + number.value;
}

void DateTimePattern::Fields::SetNumber(char letter, int count, bool simple, const Number& number) {
  const int64_t v = number.value;
  switch (letter) {
    case 'u':
      if (simple) {
        day_of_week = v;
        break;
      }
      [[fallthrough]];
    case 'y':
    case 'Y': SetYear(letter, count, simple, number); break;
    case 'M':
    case 'L': month = v; break;
    case 'Q': quarter = v; break;
    case 'd': day = v; break;
    case 'D': day_of_year = v; break;
    case 'H': hour = v; break;
    case 'k': hour = v == 24 ? 0 : v; break;
    case 'K': hour12 = v; break;
    case 'h': hour12 = v == 12 ? 0 : v; break;
    case 'm': minute = v; break;
    case 's': second = v; break;
    case 'S':
      if (simple) {
        millis = v;
        break;
      }
      nano = v;
      for (size_t k = number.digits; k < 9; ++k) nano *= 10;
      break;
    case 'n': nano = v; break;
    default: break;
  }
}

/// Whether the next token takes digits right behind this one: then this one's width is its count.
bool DateTimePattern::AdjacentNumeric(size_t token) const {
  if (token + 1 >= tokens_.size()) return false;
  const Token& next = tokens_[token + 1];
  if (next.letter == 0) return false;
  if (next.letter == 'M' || next.letter == 'L') return next.count <= 2;
  return std::string_view("yudDHkKhmsSnANFwWQ").find(next.letter) != std::string_view::npos;
}

bool DateTimePattern::ParseNumber(std::string_view text, size_t& pos, size_t token, Fields& f) const {
  const Token& t = tokens_[token];
  const bool simple = dialect_ == Dialect::kSimpleDateFormat;
  while (simple && pos < text.size() && (text[pos] == ' ' || text[pos] == '\t')) ++pos;
  const bool year = t.letter == 'y' || t.letter == 'u';
  const bool fixed = !simple && !year && t.count >= 2;  // whatever follows
  const NumberWidth width = WidthOf(t.letter, t.count, simple, !fixed && AdjacentNumeric(token));
  const size_t start = pos;
  const Number number = ReadNumber(text, pos, width, simple);
  // java.time: more digits than the pattern's need a '+' in front, and the reverse.
  const bool padded_year = !simple && year && t.count >= 4;
  const bool bad_width =
      padded_year && !number.negative && number.plus != (number.digits > static_cast<size_t>(t.count));
  if (number.digits < width.min || bad_width) {
    pos = start;
    return false;
  }
  f.SetNumber(t.letter, t.count, simple, number);
  return true;
}

namespace {

/// "+08", "+0800", "+08:00", "Z"; moves pos behind it.
bool ReadOffset(std::string_view text, size_t& pos, std::optional<int32_t>& offset) {
  if (pos >= text.size()) return false;
  if (text[pos] == 'Z') {
    ++pos;
    offset = 0;
    return true;
  }
  if (text[pos] != '+' && text[pos] != '-') return false;
  const int sign = text[pos] == '-' ? -1 : 1;
  size_t p = pos + 1;
  auto two = [&](int& v) {
    if (p + 1 >= text.size() || !IsDigit(text[p]) || !IsDigit(text[p + 1])) return false;
    v = (text[p] - '0') * 10 + (text[p + 1] - '0');
    p += 2;
    return true;
  };
  int hours = 0, minutes = 0;
  if (!two(hours)) return false;
  const size_t after_hours = p;
  if (p < text.size() && text[p] == ':') ++p;
  if (!two(minutes)) p = after_hours;
  pos = p;
  offset = sign * (hours * 3600 + minutes * 60);
  return true;
}

/// Zone names that SimpleDateFormat knows: abbreviations, whatever the season, and GMT+2:00. No names of regions.
std::optional<int32_t> OffsetOfName(std::string_view name) {
  struct Known {
    std::string_view name;
    int quarters;  // of an hour
  };
  static constexpr Known kKnown[] = {
      {"UTC", 0},    {"GMT", 0},    {"UT", 0},    {"WET", 0},   {"WEST", 4},  {"CET", 4},   {"CEST", 8},
      {"MET", 4},    {"EET", 8},    {"EEST", 12}, {"MSK", 12},  {"BST", 4},   {"IST", 8},   {"EST", -20},
      {"EDT", -16},  {"CST", -24},  {"CDT", -20}, {"MST", -28}, {"MDT", -24}, {"PST", -32}, {"PDT", -28},
      {"AKST", -36}, {"AKDT", -32}, {"HST", -40}, {"AST", -16}, {"ADT", -12}, {"NST", -14}, {"NDT", -10},
      {"JST", 36},   {"KST", 36},   {"HKT", 32},  {"SGT", 32},  {"PKT", 20},  {"AEST", 40}, {"AEDT", 44},
      {"ACST", 38},  {"AWST", 32},  {"NZST", 48}, {"NZDT", 52}, {"SAST", 8},  {"EAT", 12},  {"CAT", 8}};
  for (const Known& known : kKnown) {
    if (known.name == name) return known.quarters * 900;
  }
  std::optional<int32_t> offset;
  size_t at = 0;
  if (name.starts_with("GMT") && ReadOffset(name.substr(3), at, offset) && at + 3 == name.size()) return offset;
  return std::nullopt;
}

}  // namespace

bool DateTimePattern::ParseField(std::string_view text, size_t& pos, size_t token, Fields& f) const {
  const Token& t = tokens_[token];
  const bool simple = dialect_ == Dialect::kSimpleDateFormat;
  const std::string_view rest = text.substr(pos);
  size_t length = 0;
  switch (t.letter) {
    case 'G':
      if (!StartsWithIgnoringCase(rest, "AD") && !StartsWithIgnoringCase(rest, "BC")) return false;
      f.before_christ = (rest[0] | 32) == 'b';
      pos += 2;
      return true;
    case 'a':
      if (!StartsWithIgnoringCase(rest, "AM") && !StartsWithIgnoringCase(rest, "PM")) return false;
      if (!simple && rest[0] != 'A' && rest[0] != 'P') return false;
      f.half = (rest[0] | 32) == 'p' ? 1 : 0;
      pos += 2;
      return true;
    case 'M':
    case 'L':
      if (t.count >= 3) {
        const int m = MatchName(rest, kMonthNames, simple || t.count == 4, simple || t.count == 3, simple, &length);
        if (m < 0) return false;
        f.month = m + 1;
        pos += length;
        return true;
      }
      return ParseNumber(text, pos, token, f);
    case 'E': {
      const int d = MatchName(rest, kDayNames, simple || t.count == 4, simple || t.count <= 3, simple, &length);
      if (d < 0) return false;
      f.day_of_week = d + 1;
      pos += length;
      return true;
    }
    case 'z':
    case 'V':
    case 'v':
    case 'O':
    case 'Z':
    case 'X':
    case 'x': {
      if (ReadOffset(text, pos, f.offset)) return true;
      size_t end = 0;
      while (end < rest.size() && (IsLetter(rest[end]) || IsDigit(rest[end]) || rest[end] == '/' || rest[end] == '_' ||
                                   rest[end] == '+' || rest[end] == '-' || rest[end] == ':')) {
        ++end;
      }
      if (end == 0 || t.letter == 'X' || t.letter == 'x') return false;
      if (simple) {
        f.offset = OffsetOfName(rest.substr(0, end));
        if (!f.offset) return false;
      } else if (!TimeZone::Find(rest.substr(0, end)).ok()) {
        return false;
      }
      pos += end;
      return true;
    }
    default: return ParseNumber(text, pos, token, f);
  }
}

bool DateTimePattern::ParseTokens(std::string_view text, size_t& pos, size_t first, size_t last, Fields& f) const {
  for (size_t i = first; i < last; ++i) {
    const Token& t = tokens_[i];
    if (t.letter == 0) {
      if (text.substr(pos, t.text.size()) != t.text) return false;
      pos += t.text.size();
    } else if (t.letter == '[') {
      size_t end = i + 1;
      for (int depth = 1; end < last; ++end) {
        if (tokens_[end].letter == '[') ++depth;
        if (tokens_[end].letter == ']' && --depth == 0) break;
      }
      Fields tried = f;
      size_t at = pos;
      if (ParseTokens(text, at, i + 1, end, tried)) {
        f = tried;
        pos = at;
      }
      i = end;
    } else if (t.letter != ']' && !ParseField(text, pos, i, f)) {
      return false;
    }
  }
  return true;
}

namespace {

/// SMART resolving of java.time: values in range, the day cut to the month's last, 24:00 the next day.
bool Resolve(CivilTime& c, bool has_day_of_year, int64_t day_of_year) {
  if (c.date.month < 1 || c.date.month > 12 || c.date.day < 1 || c.date.day > 31) return false;
  c.date.day = std::min(c.date.day, DaysInMonth(c.date.year, c.date.month));
  if (has_day_of_year) {
    if (day_of_year < 1 || day_of_year > (IsLeapYear(c.date.year) ? 366 : 365)) return false;
    c.date = CivilFromDays(DaysFromCivil(c.date.year, 1, 1) + static_cast<int32_t>(day_of_year) - 1);
  }
  if (c.hour == 24 && c.minute == 0 && c.second == 0 && c.nano == 0) {
    c.hour = 0;
    c.date = CivilFromDays(DaysFromCivil(c.date.year, c.date.month, c.date.day) + 1);
  }
  return c.hour >= 0 && c.hour <= 23 && c.minute >= 0 && c.minute <= 59 && c.second >= 0 && c.second <= 59;
}

bool FitsInt(int64_t v) { return v > -1'000'000'000 && v < 1'000'000'000; }

}  // namespace

std::optional<CivilTime> DateTimePattern::Parse(std::string_view text, std::optional<int32_t>* offset_seconds) const {
  Fields f;
  size_t pos = 0;
  const bool simple = dialect_ == Dialect::kSimpleDateFormat;
  if (!ParseTokens(text, pos, 0, tokens_.size(), f) || (!simple && pos != text.size())) return std::nullopt;
  auto value = [](int64_t v, int64_t otherwise) { return v == Fields::kNone ? otherwise : v; };
  int64_t hour = value(f.hour, 0);
  if (f.hour12 != Fields::kNone) hour = simple || f.half != Fields::kNone ? f.hour12 + 12 * value(f.half, 0) : 0;
  int64_t year = value(f.year, 1970);
  if (f.before_christ) year = 1 - year;
  const int64_t month = value(f.month, 1), day = value(f.day, 1);
  const int64_t minute = value(f.minute, 0), second = value(f.second, 0);
  if (offset_seconds != nullptr) {
    *offset_seconds = f.offset;
  }
  for (int64_t v : {year, month, day, hour, minute, second}) {
    if (!FitsInt(v)) return std::nullopt;
  }
  CivilTime c;
  if (!simple) {
    if (f.year_of_era && !f.before_christ && year < 1) return std::nullopt;
    c = CivilTime{{static_cast<int32_t>(year), static_cast<int32_t>(month), static_cast<int32_t>(day)},
                  static_cast<int32_t>(hour),
                  static_cast<int32_t>(minute),
                  static_cast<int32_t>(second),
                  static_cast<int32_t>(value(f.nano, 0))};
    if (!Resolve(c, f.day_of_year != Fields::kNone, f.day_of_year)) return std::nullopt;
    return c;
  }
  // Lenient: everything is added up, in the calendar that held then.
  const int64_t index = year * 12 + month - 1;
  const auto y = static_cast<int32_t>(FloorDiv(index, 12));
  const auto m = static_cast<int32_t>(FloorMod(index, 12)) + 1;
  int64_t days = int64_t{DaysFromCivil(y, m, 1)} + day - 1;
  if (f.day_of_year != Fields::kNone) days = int64_t{DaysFromCivil(y, 1, 1)} + f.day_of_year - 1;
  if (days < kCutover) days = JulianDays(y, m, 1) + day - 1;
  const int64_t ms = ((days * 24 + hour) * 60 + minute) * 60'000 + second * 1000 + value(f.millis, 0);
  return CivilFromTimestamp(TimestampFromMillis(ms));
}

std::optional<int64_t> DateTimePattern::ParseMillis(std::string_view text, const TimeZone& zone) const {
  std::optional<int32_t> offset;
  const auto local = Parse(text, &offset);
  if (!local) return std::nullopt;
  const int64_t ms = TimestampFromCivil(*local).millis;
  if (offset) return ms - int64_t{*offset} * 1000;
  const int64_t first = zone.LocalToUtcMillis(ms);
  // Of a local time that exists twice java.util.Calendar takes the later one (standard time).
  constexpr int64_t kLongerThanAnyOverlap = 4 * 3600;
  const int64_t later = ms - int64_t{zone.OffsetAt(FloorDiv(first, 1000) + kLongerThanAnyOverlap)} * 1000;
  return zone.UtcToLocalMillis(later) == ms ? later : first;
}

}  // namespace sluice::engine
