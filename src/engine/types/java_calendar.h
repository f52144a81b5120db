// What Java's date patterns know beside numbers: English names, and the calendar before 1582-10-15.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/types/datetime.h"

namespace sluice::engine {

inline constexpr std::array<std::string_view, 12> kMonthNames = {"January",   "February", "March",    "April",
                                                                 "May",       "June",     "July",     "August",
                                                                 "September", "October",  "November", "December"};
inline constexpr std::array<std::string_view, 7> kDayNames = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                              "Friday", "Saturday", "Sunday"};

/// The Julian calendar's day number, for SimpleDateFormat: java.util.GregorianCalendar changes over on 1582-10-15.
inline int64_t JulianDays(int64_t year, int month, int day) {
  const int64_t y = year + 4800 - (month <= 2 ? 1 : 0);
  const int64_t m = month + (month <= 2 ? 9 : -3);
  return day + (153 * m + 2) / 5 + 365 * y + FloorDiv(y, 4) - 32083 - 2440588;
}

inline constexpr int64_t kCutover = -141427;  // 1582-10-15

inline CivilDate JulianFromDays(int64_t days) {
  const int64_t c = days + 2440588 + 32082;
  const int64_t d = FloorDiv(4 * c + 3, 1461);
  const int64_t e = c - FloorDiv(1461 * d, 4);
  const int64_t m = (5 * e + 2) / 153;
  return {static_cast<int32_t>(d - 4800 + m / 10), static_cast<int32_t>(m + 3 - 12 * (m / 10)),
          static_cast<int32_t>(e - (153 * m + 2) / 5 + 1)};
}

}  // namespace sluice::engine
