#include "engine/types/datetime_pattern.h"

#include <algorithm>
#include <array>

#include "engine/types/number_text.h"

namespace sluice::engine {

namespace {

constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                   "Friday", "Saturday", "Sunday"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

void AppendPadded(std::string& out, int64_t v, int width) {
  if (v < 0) {
    out += '-';
    v = -v;
  }
  const std::string digits = std::to_string(v);
  if (static_cast<int>(digits.size()) < width) out.append(static_cast<size_t>(width) - digits.size(), '0');
  out += digits;
}

/// The Julian calendar's day number, for SimpleDateFormat: java.util.GregorianCalendar changes over on 1582-10-15.
int64_t JulianDays(int64_t year, int month, int day) {
  const int64_t y = year + 4800 - (month <= 2 ? 1 : 0);
  const int64_t m = month + (month <= 2 ? 9 : -3);
  return day + (153 * m + 2) / 5 + 365 * y + FloorDiv(y, 4) - 32083 - 2440588;
}

constexpr int64_t kCutover = -141427;  // 1582-10-15

CivilDate JulianFromDays(int64_t days) {
  const int64_t c = days + 2440588 + 32082;
  const int64_t d = FloorDiv(4 * c + 3, 1461);
  const int64_t e = c - FloorDiv(1461 * d, 4);
  const int64_t m = (5 * e + 2) / 153;
  return {static_cast<int32_t>(d - 4800 + m / 10), static_cast<int32_t>(m + 3 - 12 * (m / 10)),
          static_cast<int32_t>(e - (153 * m + 2) / 5 + 1)};
}

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

void AppendOffset(std::string& out, int32_t seconds, std::string_view colon) {
  out += seconds < 0 ? '-' : '+';
  const int32_t m = (seconds < 0 ? -seconds : seconds) / 60;
  AppendPadded(out, m / 60, 2);
  out += colon;
  AppendPadded(out, m % 60, 2);
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
  TimeZonePtr zone;
};

Result<std::shared_ptr<const DateTimePattern>> DateTimePattern::Compile(std::string_view pattern, Dialect dialect) {
  auto out = std::make_shared<DateTimePattern>();
  out->dialect_ = dialect;
  const bool simple = dialect == Dialect::kSimpleDateFormat;
  const std::string_view known = simple ? "GyYMLwWDdFEuaHkKhmsSzZX" : "GuyDMLdgQqYwWEecFaBhKkHmsSAnNVvzOXxZp";
  auto literal = [&](char c) {
    if (out->tokens_.empty() || out->tokens_.back().letter != 0) out->tokens_.push_back(Token{});
    out->tokens_.back().text += c;
  };
  for (size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '\'') {
      size_t end = i + 1;
      bool closed = false;
      if (end < pattern.size() && pattern[end] == '\'') {
        literal('\'');
        i += 2;
        continue;
      }
      for (; end < pattern.size(); ++end) {
        if (pattern[end] != '\'') {
          literal(pattern[end]);
        } else if (end + 1 < pattern.size() && pattern[end + 1] == '\'') {
          literal('\'');
          ++end;
        } else {
          closed = true;
          break;
        }
      }
      if (!closed) {
        return Error(
            ErrorCode::kInvalidArgument,
            simple ? "Unterminated quote" : "Pattern ends with an incomplete string literal: " + std::string(pattern));
      }
      i = end + 1;
    } else if (IsLetter(c)) {
      size_t end = i;
      while (end < pattern.size() && pattern[end] == c) ++end;
      if (known.find(c) == std::string_view::npos) {
        return Error(ErrorCode::kInvalidArgument, simple ? std::string("Illegal pattern character '") + c + "'"
                                                         : std::string("Unknown pattern letter: ") + c);
      }
      const int count = static_cast<int>(end - i);
      const bool too_many = !simple && ((std::string_view("dHhKkms").find(c) != std::string_view::npos && count > 2) ||
                                        (std::string_view("MLEQqGe").find(c) != std::string_view::npos && count > 5) ||
                                        (c == 'a' && count > 1) || (c == 'D' && count > 3) || (c == 'S' && count > 9));
      if (too_many) return Error(ErrorCode::kInvalidArgument, std::string("Too many pattern letters: ") + c);
      out->tokens_.push_back(Token{c, count, ""});
      i = end;
    } else if (!simple && (c == '[' || c == ']')) {
      out->tokens_.push_back(Token{c, 1, ""});
      ++i;
    } else if (!simple && (c == '{' || c == '}' || c == '#')) {
      return Error(ErrorCode::kInvalidArgument, std::string("Pattern includes reserved character: '") + c + "'");
    } else {
      literal(c);
      ++i;
    }
  }
  return DateTimePatternPtr(std::move(out));
}

char DateTimePattern::zone_letter() const {
  for (const Token& t : tokens_) {
    if (t.letter != 0 && std::string_view("VzOXxZ").find(t.letter) != std::string_view::npos) return t.letter;
  }
  return 0;
}

// --- formatting

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
  const bool simple = dialect_ == Dialect::kSimpleDateFormat;
  const int n = t.count;
  const int32_t days = DaysFromCivil(local.date.year, local.date.month, local.date.day);
  const int32_t offset = zone != nullptr ? zone->OffsetAt(FloorDiv(utc_ms, 1000)) : 0;
  const bool before_christ = local.date.year <= 0;
  const int32_t era_year = before_christ ? 1 - local.date.year : local.date.year;
  auto name = [&](std::string_view full, bool whole) { out += whole ? full : full.substr(0, 3); };
  switch (t.letter) {
    case 'G':
      out += !simple && n == 4 ? (before_christ ? "Before Christ" : "Anno Domini") : (before_christ ? "BC" : "AD");
      break;
    case 'y':
    case 'u':
      if (t.letter == 'u' && simple) {
        AppendPadded(out, IsoDayOfWeek(days), n);
      } else if (n == 2) {
        AppendPadded(out, (t.letter == 'u' ? FloorMod(local.date.year, 100) : era_year % 100), 2);
      } else {
        const int32_t y = t.letter == 'u' ? local.date.year : era_year;
        if (!simple && n >= 4 && y > 9999) out += '+';
        AppendPadded(out, y, n);
      }
      break;
    case 'Y':
      AppendPadded(out, n == 2 ? IsoYear(days) % 100 : IsoYear(days + (IsoDayOfWeek(days) == 7 ? 1 : 0)), n);
      break;
    case 'Q':
    case 'q': {
      const int quarter = (local.date.month + 2) / 3;
      static constexpr const char* kOrdinals[] = {"1st", "2nd", "3rd", "4th"};
      if (n == 3) {
        out += 'Q';
      } else if (n == 4) {
        out += std::string(kOrdinals[quarter - 1]) + " quarter";
        break;
      }
      AppendPadded(out, quarter, n >= 3 ? 1 : n);
      break;
    }
    case 'M':
    case 'L':
      if (n >= 3) {
        if (!simple && n == 5) {
          out += kMonths[static_cast<size_t>(local.date.month - 1)][0];
        } else {
          name(kMonths[static_cast<size_t>(local.date.month - 1)], n >= 4);
        }
      } else {
        AppendPadded(out, local.date.month, n);
      }
      break;
    case 'd': AppendPadded(out, local.date.day, n); break;
    case 'D': AppendPadded(out, DayOfYear(days), n); break;
    case 'w': {
      // Weeks of the US: from Sunday, the first holds 1 January.
      const int32_t first = DaysFromCivil(local.date.year, 1, 1);
      const int lead = IsoDayOfWeek(first) % 7;
      int week = (days - first + lead) / 7 + 1;
      const int32_t next = DaysFromCivil(local.date.year + 1, 1, 1);
      if (days >= next - IsoDayOfWeek(next) % 7) week = 1;
      AppendPadded(out, week, n);
      break;
    }
    case 'W': {
      const int32_t first = days - local.date.day + 1;
      AppendPadded(out, (local.date.day - 1 + IsoDayOfWeek(first) % 7) / 7 + 1, n);
      break;
    }
    case 'F': AppendPadded(out, (local.date.day - 1) / 7 + 1, n); break;
    case 'E':
      if (!simple && n == 5) {
        out += kDays[static_cast<size_t>(IsoDayOfWeek(days) - 1)][0];
      } else {
        name(kDays[static_cast<size_t>(IsoDayOfWeek(days) - 1)], n >= 4);
      }
      break;
    case 'e':
    case 'c':
      if (n >= 3) {
        name(kDays[static_cast<size_t>(IsoDayOfWeek(days) - 1)], n >= 4);
      } else {
        AppendPadded(out, IsoDayOfWeek(days) % 7 + 1, n);
      }
      break;
    case 'a': out += local.hour < 12 ? "AM" : "PM"; break;
    case 'H': AppendPadded(out, local.hour, n); break;
    case 'k': AppendPadded(out, local.hour == 0 ? 24 : local.hour, n); break;
    case 'K': AppendPadded(out, local.hour % 12, n); break;
    case 'h': AppendPadded(out, local.hour % 12 == 0 ? 12 : local.hour % 12, n); break;
    case 'm': AppendPadded(out, local.minute, n); break;
    case 's': AppendPadded(out, local.second, n); break;
    case 'S':
      if (simple) {
        AppendPadded(out, local.nano / 1'000'000, n);
      } else {
        std::string digits;
        AppendPadded(digits, local.nano, 9);
        out += digits.substr(0, static_cast<size_t>(n));
      }
      break;
    case 'n': AppendPadded(out, local.nano, n); break;
    case 'N':
      AppendPadded(out, ((local.hour * 60LL + local.minute) * 60 + local.second) * 1'000'000'000 + local.nano, n);
      break;
    case 'A':
      AppendPadded(out, ((local.hour * 60LL + local.minute) * 60 + local.second) * 1000 + local.nano / 1'000'000, n);
      break;
    case 'V': out += zone ? zone->name() : "UTC"; break;
    case 'z': out += zone ? zone->AbbreviationAt(FloorDiv(utc_ms, 1000)) : "UTC"; break;
    case 'O':
      out += "GMT";
      if (offset != 0) AppendOffset(out, offset, ":");
      break;
    case 'Z': AppendOffset(out, offset, !simple && n == 5 ? ":" : ""); break;
    case 'X':
    case 'x':
      if (offset == 0 && t.letter == 'X') {
        out += 'Z';
      } else if (n == 1) {
        out += offset < 0 ? '-' : '+';
        AppendPadded(out, std::abs(offset) / 3600, 2);
        if (!simple && std::abs(offset) / 60 % 60 != 0) AppendPadded(out, std::abs(offset) / 60 % 60, 2);
      } else {
        AppendOffset(out, offset, n % 2 == 1 ? ":" : "");
      }
      break;
    default: break;
  }
}

// --- parsing

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
  size_t min = 1, max = 19;
  bool sign = false;
  if (simple) {
    while (pos < text.size() && (text[pos] == ' ' || text[pos] == '\t')) ++pos;
    if (AdjacentNumeric(token)) max = static_cast<size_t>(t.count);
    sign = true;
  } else if (t.letter == 'S') {
    min = max = static_cast<size_t>(t.count);
  } else if (t.letter == 'y' || t.letter == 'u') {
    min = static_cast<size_t>(t.count);
    if (t.count == 2) {
      max = 2;
    } else if (t.count >= 4 && AdjacentNumeric(token)) {
      max = static_cast<size_t>(t.count);
    }
    sign = t.count > 3;
  } else if (t.count >= 2) {
    min = max = static_cast<size_t>(t.count);
  } else if (AdjacentNumeric(token)) {
    max = 1;
  }
  const size_t start = pos;
  bool negative = false, plus = false;
  if (sign && pos < text.size() && (text[pos] == '-' || (text[pos] == '+' && !simple))) {
    negative = text[pos] == '-';
    plus = !negative;
    ++pos;
  }
  int64_t v = 0;
  size_t digits = 0;
  for (; pos < text.size() && IsDigit(text[pos]) && digits < max && digits < 18; ++pos, ++digits) {
    v = v * 10 + (text[pos] - '0');
  }
  // java.time: more digits than the pattern's need a '+' in front, and the reverse.
  const bool year = t.letter == 'y' || t.letter == 'u';
  const bool bad_width =
      !simple && year && t.count >= 4 && !negative && plus != (digits > static_cast<size_t>(t.count));
  if (digits < min || bad_width) {
    pos = start;
    return false;
  }
  if (negative) v = -v;
  switch (t.letter) {
    case 'y':
    case 'Y':
    case 'u':
      if (t.letter == 'u' && simple) {
        f.day_of_week = v;
        break;
      }
      f.year = v;
      f.year_of_era = t.letter == 'y';
      if (t.count <= 2 && digits == 2 && !negative) {
        // SimpleDateFormat: within 80 years before and 20 after now; java.time: 2000..2099. Both agree on 2000..2045.
        f.year = simple && v > 46 ? 1900 + v : 2000 + v;
      }
      break;
    case 'M':
    case 'L': f.month = v; break;
    case 'Q': f.quarter = v; break;
    case 'd': f.day = v; break;
    case 'D': f.day_of_year = v; break;
    case 'H': f.hour = v; break;
    case 'k': f.hour = v == 24 ? 0 : v; break;
    case 'K': f.hour12 = v; break;
    case 'h': f.hour12 = v == 12 ? 0 : v; break;
    case 'm': f.minute = v; break;
    case 's': f.second = v; break;
    case 'S':
      if (simple) {
        f.millis = v;
      } else {
        for (size_t k = digits; k < 9; ++k) v *= 10;
        f.nano = v;
      }
      break;
    case 'n': f.nano = v; break;
    default: break;
  }
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
        const int m = MatchName(rest, kMonths, simple || t.count == 4, simple || t.count == 3, simple, &length);
        if (m < 0) return false;
        f.month = m + 1;
        pos += length;
        return true;
      }
      return ParseNumber(text, pos, token, f);
    case 'E': {
      const int d = MatchName(rest, kDays, simple || t.count == 4, simple || t.count <= 3, simple, &length);
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
      auto zone = TimeZone::Find(rest.substr(0, end));
      if (!zone.ok()) return false;
      f.zone = *zone;
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
