#include "engine/types/datetime_pattern.h"

#include "engine/types/java_calendar.h"

namespace sluice::engine {

namespace {

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

}  // namespace

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
      if (c == 'B' && count != 1 && count != 4 && count != 5) {
        return Error(ErrorCode::kInvalidArgument, "Wrong number of pattern letters: B");
      }
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
          out += kMonthNames[static_cast<size_t>(local.date.month - 1)][0];
        } else {
          name(kMonthNames[static_cast<size_t>(local.date.month - 1)], n >= 4);
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
    case 'F': AppendPadded(out, simple ? (local.date.day - 1) / 7 + 1 : (local.date.day - 1) % 7 + 1, n); break;
    case 'B': out += DayPeriod(local, n == 5); break;
    case 'E':
      if (!simple && n == 5) {
        out += kDayNames[static_cast<size_t>(IsoDayOfWeek(days) - 1)][0];
      } else {
        name(kDayNames[static_cast<size_t>(IsoDayOfWeek(days) - 1)], n >= 4);
      }
      break;
    case 'e':
    case 'c':
      if (n >= 3) {
        name(kDayNames[static_cast<size_t>(IsoDayOfWeek(days) - 1)], n >= 4);
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
    case 'z':
      if (n >= 4 && (zone == nullptr || zone->name() == "UTC")) {
        out += "Coordinated Universal Time";
      } else {
        out += zone ? zone->AbbreviationAt(FloorDiv(utc_ms, 1000)) : "UTC";
      }
      break;
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

}  // namespace sluice::engine
