#include "engine/formats/text/timestamp_text.h"

#include "engine/types/datetime.h"

namespace sluice::engine::text {
namespace {

/// Reads forward through a text.
struct Reader {
  const char* at;
  const char* limit;

  bool done() const { return at == limit; }
  bool Take(char c) {
    if (at < limit && *at == c) {
      ++at;
      return true;
    }
    return false;
  }
  bool digit() const { return at < limit && *at >= '0' && *at <= '9'; }
  bool TwoDigits(int* out) {
    if (limit - at < 2 || at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9') return false;
    *out = (at[0] - '0') * 10 + (at[1] - '0');
    at += 2;
    return true;
  }
  /// Up to nine digits as nanoseconds; no digit is fine (java.time's appendFraction(0, 9, true)).
  int Fraction() {
    int value = 0, count = 0;
    for (; count < 9 && digit(); ++count) value = value * 10 + (*at++ - '0');
    for (; count < 9; ++count) value *= 10;
    return value;
  }
};

struct Fields {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, nano = 0;
};

/// Year with 4 to 10 digits; more than four need a sign '+', four must not have one.
bool ReadYear(Reader& r, int* year) {
  const bool negative = r.Take('-');
  const bool positive = !negative && r.Take('+');
  int64_t value = 0;
  int count = 0;
  for (; count < 10 && r.digit(); ++count) value = value * 10 + (*r.at++ - '0');
  if (count < 4 || (positive && count == 4) || (!positive && !negative && count > 4)) return false;
  if (negative && value == 0) return false;
  if (value > 999'999'999) return false;
  *year = static_cast<int>(negative ? -value : value);
  return true;
}

bool ReadDateFields(Reader& r, Fields* f) {
  return ReadYear(r, &f->year) && r.Take('-') && r.TwoDigits(&f->month) && r.Take('-') && r.TwoDigits(&f->day) &&
         f->month >= 1 && f->month <= 12 && f->day >= 1 && f->day <= 31;
}

bool ReadTimeFields(Reader& r, bool seconds_optional, Fields* f) {
  if (!r.TwoDigits(&f->hour) || !r.Take(':') || !r.TwoDigits(&f->minute)) return false;
  if (r.Take(':')) {
    if (!r.TwoDigits(&f->second)) return false;
    if (r.Take('.')) f->nano = r.Fraction();
  } else if (!seconds_optional) {
    return false;
  }
  return f->hour <= 24 && f->minute <= 59 && f->second <= 59;
}

/// 24:00 means midnight after the day, but only to a lenient ("SMART") formatter.
bool IsMidnightAfter(const Fields& f) { return f.hour == 24 && f.minute == 0 && f.second == 0 && f.nano == 0; }

/// Fits what Flink's TimestampData and DATE can hold without overflow here.
bool YearIsUsable(int year) { return year >= -5'000'000 && year <= 5'000'000; }

void TwoDigits(std::string& out, int v) {
  out.push_back(static_cast<char>('0' + v / 10));
  out.push_back(static_cast<char>('0' + v % 10));
}

void WriteFraction(std::string& out, int32_t nano) {
  if (nano == 0) return;
  char digits[10] = {'.'};
  int size = 10;
  for (int i = 9; i >= 1; --i) {
    digits[i] = static_cast<char>('0' + nano % 10);
    nano /= 10;
  }
  while (digits[size - 1] == '0') --size;
  out.append(digits, static_cast<size_t>(size));
}

void WriteTimeFields(std::string& out, int hour, int minute, int second, int32_t nano) {
  TwoDigits(out, hour);
  out.push_back(':');
  TwoDigits(out, minute);
  out.push_back(':');
  TwoDigits(out, second);
  WriteFraction(out, nano);
}

}  // namespace

std::optional<TimestampStandard> ParseStandard(std::string_view name) {
  if (name == "SQL") return TimestampStandard::kSql;
  if (name == "ISO-8601") return TimestampStandard::kIso8601;
  return std::nullopt;
}

std::optional<int32_t> ReadIsoDate(std::string_view s) {
  Reader r{s.data(), s.data() + s.size()};
  Fields f;
  if (!ReadDateFields(r, &f) || !r.done() || !YearIsUsable(f.year) || f.day > DaysInMonth(f.year, f.month)) {
    return std::nullopt;
  }
  return DaysFromCivil(f.year, f.month, f.day);
}

std::optional<int32_t> ReadSqlTime(std::string_view s) {
  Reader r{s.data(), s.data() + s.size()};
  Fields f;
  if (!ReadTimeFields(r, false, &f) || !r.done()) return std::nullopt;
  if (f.hour == 24) {
    if (!IsMidnightAfter(f)) return std::nullopt;
    f.hour = 0;
  }
  return ((f.hour * 60 + f.minute) * 60 + f.second) * 1000 + f.nano / 1'000'000;
}

std::optional<Timestamp> ReadTimestamp(std::string_view s, TimestampStandard standard, bool utc) {
  Reader r{s.data(), s.data() + s.size()};
  Fields f;
  const bool iso = standard == TimestampStandard::kIso8601;
  // Flink's TIMESTAMP under ISO-8601 is ISO_LOCAL_DATE_TIME: strict days and hours, and 't' is fine. The other three
  // formatters are built from parts, so they are "SMART".
  const bool strict = iso && !utc;
  if (!ReadDateFields(r, &f)) return std::nullopt;
  if (!(iso ? r.Take('T') || (strict && r.Take('t')) : r.Take(' '))) return std::nullopt;
  if (!ReadTimeFields(r, iso, &f)) return std::nullopt;
  if (utc && !r.Take('Z')) return std::nullopt;
  if (!r.done() || !YearIsUsable(f.year)) return std::nullopt;
  const int last_day = DaysInMonth(f.year, f.month);
  int next_day = 0;
  if (f.day > last_day) {
    if (strict) return std::nullopt;
    f.day = last_day;
  }
  if (f.hour == 24) {
    if (strict || !IsMidnightAfter(f)) return std::nullopt;
    f.hour = 0;
    next_day = 1;
  }
  const int64_t days = int64_t{DaysFromCivil(f.year, f.month, f.day)} + next_day;
  Timestamp t;
  t.millis = days * kMillisPerDay + ((f.hour * 60 + f.minute) * 60 + f.second) * kMillisPerSecond + f.nano / 1'000'000;
  t.nanos = f.nano % 1'000'000;
  return t;
}

void WriteIsoDate(std::string& out, int32_t days) {
  const CivilDate d = CivilFromDays(days);
  int64_t year = d.year;
  if (year < 0) {
    out.push_back('-');
    year = -year;
  } else if (year > 9999) {
    out.push_back('+');
  }
  const std::string digits = std::to_string(year);
  if (digits.size() < 4) out.append(4 - digits.size(), '0');
  out += digits;
  out.push_back('-');
  TwoDigits(out, d.month);
  out.push_back('-');
  TwoDigits(out, d.day);
}

void WriteSqlTime(std::string& out, int32_t millis) {
  const int64_t in_day = FloorMod(millis, kMillisPerDay);
  const int seconds = static_cast<int>(in_day / 1000);
  WriteTimeFields(out, seconds / 3600, seconds / 60 % 60, seconds % 60,
                  static_cast<int32_t>(in_day % 1000) * 1'000'000);
}

void WriteTimestamp(std::string& out, Timestamp t, TimestampStandard standard, bool utc) {
  const int64_t days = FloorDiv(t.millis, kMillisPerDay);
  const int64_t in_day = FloorMod(t.millis, kMillisPerDay);
  WriteIsoDate(out, static_cast<int32_t>(days));
  out.push_back(standard == TimestampStandard::kSql ? ' ' : 'T');
  const int seconds = static_cast<int>(in_day / 1000);
  WriteTimeFields(out, seconds / 3600, seconds / 60 % 60, seconds % 60,
                  static_cast<int32_t>(in_day % 1000) * 1'000'000 + t.nanos);
  if (utc) out.push_back('Z');
}

}  // namespace sluice::engine::text
