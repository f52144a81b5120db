#include "engine/types/datetime.h"

#include <algorithm>
#include <array>

#include "engine/types/number_text.h"

namespace sluice::engine {

namespace {

void AppendPadded(std::string& out, int64_t v, int width) {
  char buffer[24];
  int n = 0;
  do {
    buffer[n++] = static_cast<char>('0' + v % 10);
    v /= 10;
  } while (v != 0);
  for (int k = n; k < width; ++k) out += '0';
  while (n > 0) out += buffer[--n];
}

void AppendTwo(std::string& out, int v) {
  out += static_cast<char>('0' + v / 10 % 10);
  out += static_cast<char>('0' + v % 10);
}

void AppendCivilDate(std::string& out, const CivilDate& d) {
  const int y = d.year < 0 ? -d.year : d.year;
  AppendTwo(out, y / 100);
  AppendTwo(out, y % 100);
  out += '-';
  AppendTwo(out, d.month);
  out += '-';
  AppendTwo(out, d.day);
}

int32_t PowerOfTen32(int n) {
  int32_t v = 1;
  for (; n > 0; --n) v *= 10;
  return v;
}

/// Digits only, as Flink's isInteger + Integer.parseInt; too large a number is nothing (Java would throw).
std::optional<int32_t> Digits(std::string_view s) {
  s = JavaTrim(s);
  if (s.empty() || s.size() > 10) return std::nullopt;
  int64_t v = 0;
  for (char c : s) {
    if (c < '0' || c > '9') return std::nullopt;
    v = v * 10 + (c - '0');
  }
  if (v > 2147483647) return std::nullopt;
  return static_cast<int32_t>(v);
}

bool IsValidDate(int y, int m, int d) {
  return y >= 0 && y <= 9999 && m >= 1 && m <= 12 && d >= 1 && d <= DaysInMonth(y, m);
}

}  // namespace

bool IsLeapYear(int32_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int DaysInMonth(int32_t year, int32_t month) {
  constexpr std::array<int, 13> kDays = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[static_cast<size_t>(month)];
}

int32_t DaysFromCivil(int32_t year, int32_t month, int32_t day) {
  // Years start in March here, so that the leap day is the last of the year.
  const int64_t y = int64_t{year} - (month <= 2 ? 1 : 0);
  const int64_t era = FloorDiv(y, 400);
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return static_cast<int32_t>(era * 146097 + day_of_era - 719468);
}

CivilDate CivilFromDays(int32_t days) {
  const int64_t z = int64_t{days} + 719468;
  const int64_t era = FloorDiv(z, 146097);
  const int64_t day_of_era = z - era * 146097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t mp = (5 * day_of_year + 2) / 153;
  CivilDate out;
  out.day = static_cast<int32_t>(day_of_year - (153 * mp + 2) / 5 + 1);
  out.month = static_cast<int32_t>(mp < 10 ? mp + 3 : mp - 9);
  out.year = static_cast<int32_t>(year_of_era + era * 400 + (out.month <= 2 ? 1 : 0));
  return out;
}

CivilTime CivilFromTimestamp(Timestamp t) {
  CivilTime out;
  const int64_t days = FloorDiv(t.millis, kMillisPerDay);
  auto ms = static_cast<int32_t>(t.millis - days * kMillisPerDay);
  out.date = CivilFromDays(static_cast<int32_t>(days));
  out.hour = ms / 3'600'000;
  ms %= 3'600'000;
  out.minute = ms / 60'000;
  ms %= 60'000;
  out.second = ms / 1000;
  out.nano = ms % 1000 * 1'000'000 + t.nanos;
  return out;
}

Timestamp TimestampFromCivil(const CivilTime& c) {
  const int64_t days = DaysFromCivil(c.date.year, c.date.month, c.date.day);
  return {days * kMillisPerDay + c.hour * kMillisPerHour + c.minute * kMillisPerMinute + c.second * kMillisPerSecond +
              c.nano / 1'000'000,
          c.nano % 1'000'000, 0};
}

int IsoDayOfWeek(int32_t days) { return static_cast<int>(FloorMod(int64_t{days} + 3, 7)) + 1; }

int DayOfYear(int32_t days) { return days - DaysFromCivil(CivilFromDays(days).year, 1, 1) + 1; }

int IsoYear(int32_t days) {
  // The Thursday of the week decides.
  return CivilFromDays(days - IsoDayOfWeek(days) + 4).year;
}

int IsoWeek(int32_t days) {
  const int32_t thursday = days - IsoDayOfWeek(days) + 4;
  return (DayOfYear(thursday) - 1) / 7 + 1;
}

int32_t AddMonthsToDate(int32_t days, int32_t months) {
  const CivilDate d = CivilFromDays(days);
  const int64_t index = int64_t{d.year} * 12 + d.month - 1 + months;
  const auto year = static_cast<int32_t>(FloorDiv(index, 12));
  const auto month = static_cast<int32_t>(FloorMod(index, 12)) + 1;
  return DaysFromCivil(year, month, std::min(d.day, DaysInMonth(year, month)));
}

int64_t AddMonthsToMillis(int64_t millis, int32_t months) {
  const int64_t days = FloorDiv(millis, kMillisPerDay);
  return int64_t{AddMonthsToDate(static_cast<int32_t>(days), months)} * kMillisPerDay + (millis - days * kMillisPerDay);
}

int32_t MonthsBetweenDates(int32_t a, int32_t b) {
  if (a < b) return -MonthsBetweenDates(b, a);
  int32_t m = static_cast<int32_t>((int64_t{a} - b) / 31);
  while (AddMonthsToDate(b, m) < a && AddMonthsToDate(b, m + 1) <= a) ++m;
  return m;
}

int32_t MonthsBetweenMillis(int64_t a, int64_t b) {
  const int64_t rest_a = FloorMod(a, kMillisPerDay), rest_b = FloorMod(b, kMillisPerDay);
  const auto day_a = static_cast<int32_t>(FloorDiv(a, kMillisPerDay));
  const auto day_b = static_cast<int32_t>(FloorDiv(b, kMillisPerDay));
  int32_t m = MonthsBetweenDates(day_a, day_b);
  // Of two instants on the same day of the month the time of the day decides.
  if (AddMonthsToDate(day_b, m) == day_a && rest_a < rest_b) --m;
  return m;
}

Timestamp TruncateTimestamp(Timestamp t, int precision) {
  if (precision >= 9) return t;
  if (precision > 3) {
    t.nanos -= t.nanos % PowerOfTen32(9 - precision);
    return t;
  }
  const int64_t unit = PowerOfTen32(3 - precision);
  return {FloorDiv(t.millis, unit) * unit, 0, 0};
}

void AppendDate(std::string& out, int32_t days) { AppendCivilDate(out, CivilFromDays(days)); }

void AppendTime(std::string& out, int32_t millis, int precision) {
  // CAST('12:00:00+25:00' AS TIME) is 37:00:00 in Flink.
  auto ms = static_cast<int32_t>(millis < 0 ? FloorMod(millis, kMillisPerDay) : millis);
  AppendTwo(out, ms / 3'600'000);
  out += ':';
  AppendTwo(out, ms / 60'000 % 60);
  out += ':';
  AppendTwo(out, ms / 1000 % 60);
  if (precision <= 0) return;
  out += '.';
  ms %= 1000;
  for (; precision > 0; --precision) {
    out += static_cast<char>('0' + ms / 100);
    ms = ms % 100 * 10;
    if (ms == 0) break;
  }
}

void AppendTimestamp(std::string& out, Timestamp t, int precision) {
  const CivilTime c = CivilFromTimestamp(t);
  AppendCivilDate(out, c.date);
  out += ' ';
  AppendTwo(out, c.hour);
  out += ':';
  AppendTwo(out, c.minute);
  out += ':';
  AppendTwo(out, c.second);
  if (precision <= 0) return;
  out += '.';
  AppendPadded(out, c.nano / PowerOfTen32(9 - precision), precision);
}

void AppendIntervalYearMonth(std::string& out, int32_t months) {
  out += months < 0 ? '-' : '+';
  const int64_t m = months < 0 ? -int64_t{months} : months;
  AppendInt(out, m / 12);
  out += '-';
  AppendPadded(out, m % 12, 2);
}

void AppendIntervalDayTime(std::string& out, int64_t millis) {
  out += millis < 0 ? '-' : '+';
  const uint64_t v = millis < 0 ? uint64_t{0} - static_cast<uint64_t>(millis) : static_cast<uint64_t>(millis);
  AppendInt(out, static_cast<int64_t>(v / 86'400'000));
  out += ' ';
  AppendTwo(out, static_cast<int>(v / 3'600'000 % 24));
  out += ':';
  AppendTwo(out, static_cast<int>(v / 60'000 % 60));
  out += ':';
  AppendTwo(out, static_cast<int>(v / 1000 % 60));
  out += '.';
  AppendPadded(out, static_cast<int64_t>(v % 1000), 3);
}

std::optional<int32_t> ParseDate(std::string_view text) {
  if (const size_t blank = text.find(' '); blank != std::string_view::npos && blank > 0) text = text.substr(0, blank);
  const size_t first = text.find('-');
  std::optional<int32_t> y, m = 1, d = 1;
  if (first == std::string_view::npos) {
    y = Digits(text);
  } else {
    y = Digits(text.substr(0, first));
    const size_t second = text.find('-', first + 1);
    if (second == std::string_view::npos) {
      m = Digits(text.substr(first + 1));
    } else {
      m = Digits(text.substr(first + 1, second - first - 1));
      d = Digits(text.substr(second + 1));
    }
  }
  if (!y || !m || !d || !IsValidDate(*y, *m, *d)) return std::nullopt;
  return DaysFromCivil(*y, *m, *d);
}

namespace {

/// "hh[:mm]" after a sign; nullopt if malformed.
std::optional<int32_t> ParseTimeOffset(std::string_view text) {
  const size_t colon = text.find(':');
  const auto hours = Digits(text.substr(0, colon));
  std::optional<int32_t> minutes = 0;
  if (colon != std::string_view::npos) minutes = Digits(text.substr(colon + 1));
  if (!hours || !minutes || *hours > 99 || *minutes > 59) return std::nullopt;
  return *hours * 3'600'000 + *minutes * 60'000;
}

int32_t ParseMillisFraction(std::string_view text) {
  int32_t r = 0, unit = 100;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    r += unit * (c >= '0' && c <= '9' ? c - '0' : 0);
    if (unit < 10) {
      if (i + 1 < text.size() && text[i + 1] >= '5') ++r;
      break;
    }
    unit /= 10;
  }
  return r;
}

}  // namespace

std::optional<int32_t> ParseTime(std::string_view text) {
  int32_t shift = 0;
  size_t zone = text.find('-');
  int sign = -1;
  if (zone == std::string_view::npos) {
    zone = text.find('+');
    sign = 1;
  }
  if (zone != std::string_view::npos) {
    const auto offset = ParseTimeOffset(text.substr(zone + 1));
    if (!offset) return std::nullopt;
    shift = sign * *offset;
    text = text.substr(0, zone);
  }
  std::optional<int32_t> hour, minute = 0, second = 0;
  int32_t milli = 0;
  const size_t c1 = text.find(':');
  hour = Digits(text.substr(0, c1));
  if (c1 != std::string_view::npos) {
    const size_t c2 = text.find(':', c1 + 1);
    if (c2 == std::string_view::npos) {
      minute = Digits(text.substr(c1 + 1));
    } else {
      minute = Digits(text.substr(c1 + 1, c2 - c1 - 1));
      const size_t dot = text.find('.', c2);
      if (dot == std::string_view::npos) {
        second = Digits(text.substr(c2 + 1));
      } else {
        second = Digits(text.substr(c2 + 1, dot - c2 - 1));
        milli = ParseMillisFraction(JavaTrim(text.substr(dot + 1)));
      }
    }
  }
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return *hour * 3'600'000 + *minute * 60'000 + *second * 1000 + milli + shift;
}

namespace {

/// Reads the default pattern of DateTimeUtils; `at` is where it stopped.
class TimestampReader {
 public:
  explicit TimestampReader(std::string_view text) : text_(text) {}

  bool Read(CivilTime& c, int* error_index) {
    if (!ReadYear(c.date.year) || !Eat('-') || !OneOrTwo(c.date.month) || !Eat('-') || !OneOrTwo(c.date.day)) {
      *error_index = static_cast<int>(at_);
      return false;
    }
    const size_t after_date = at_;
    if (at_ < text_.size() && !ReadTime(c)) at_ = after_date;
    if (at_ != text_.size()) {
      *error_index = static_cast<int>(at_);
      return false;
    }
    *error_index = -1;
    return true;
  }

 private:
  bool IsDigit(size_t i) const { return i < text_.size() && text_[i] >= '0' && text_[i] <= '9'; }
  bool Eat(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool OneOrTwo(int32_t& v) {
    if (!IsDigit(at_)) return false;
    v = text_[at_++] - '0';
    if (IsDigit(at_)) v = v * 10 + (text_[at_++] - '0');
    return true;
  }
  bool ReadYear(int32_t& y) {
    const size_t start = at_;
    const bool plus = at_ < text_.size() && text_[at_] == '+';
    if (plus) ++at_;
    int64_t v = 0;
    int digits = 0;
    for (; IsDigit(at_) && digits < 10; ++digits) v = v * 10 + (text_[at_++] - '0');
    if (digits < 4 || v > 999999999 || (plus ? digits == 4 : digits > 4) || v == 0) {
      at_ = start;
      return false;
    }
    y = static_cast<int32_t>(v);
    return true;
  }
  bool ReadTime(CivilTime& c) {
    if (!Eat(' ') || !OneOrTwo(c.hour) || !Eat(':') || !OneOrTwo(c.minute) || !Eat(':') || !OneOrTwo(c.second)) {
      c.hour = c.minute = c.second = 0;
      return false;
    }
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      int32_t unit = 100'000'000;
      for (; IsDigit(at_) && unit > 0; unit /= 10) c.nano += unit * (text_[at_++] - '0');
    }
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::optional<Timestamp> ParseTimestamp(std::string_view text, int precision, int* error_index) {
  CivilTime c;
  int where = -1;
  const bool good = TimestampReader(text).Read(c, &where);
  if (error_index) *error_index = where;
  if (!good) return std::nullopt;
  // java.time's SMART resolving: a day up to 31 is cut to the month's last, 24:00 is the next day's start.
  if (c.date.month < 1 || c.date.month > 12 || c.date.day < 1 || c.date.day > 31) return std::nullopt;
  c.date.day = std::min(c.date.day, DaysInMonth(c.date.year, c.date.month));
  const bool end_of_day = c.hour == 24 && c.minute == 0 && c.second == 0 && c.nano == 0;
  if ((c.hour > 23 && !end_of_day) || c.minute > 59 || c.second > 59) return std::nullopt;
  return TruncateTimestamp(TimestampFromCivil(c), precision);
}

}  // namespace sluice::engine
