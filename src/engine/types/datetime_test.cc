#include "engine/types/datetime.h"

#include <gtest/gtest.h>

#include "engine/types/datetime_pattern.h"
#include "engine/types/time_zone.h"

namespace sluice::engine {
namespace {

std::string Show(std::optional<Timestamp> t, int precision) {
  if (!t) return "none";
  std::string out;
  AppendTimestamp(out, *t, precision);
  return out;
}

std::string ShowDate(int32_t days) {
  std::string out;
  AppendDate(out, days);
  return out;
}

// Expected texts are Flink 2.3's.
TEST(DateTimeTest, TimestampsReadAndPrint) {
  EXPECT_EQ(Show(ParseTimestamp("2024-1-5 1:2:3", 0), 0), "2024-01-05 01:02:03");
  EXPECT_EQ(Show(ParseTimestamp("2024-02-29", 3), 3), "2024-02-29 00:00:00.000");
  EXPECT_EQ(Show(ParseTimestamp("2024-02-29 12:34:56.789123456", 9), 9), "2024-02-29 12:34:56.789123456");
  EXPECT_EQ(Show(ParseTimestamp("1969-12-31 23:59:59.999", 3), 3), "1969-12-31 23:59:59.999");
  EXPECT_EQ(Show(ParseTimestamp("0001-01-01 00:00:00.000000001", 9), 9), "0001-01-01 00:00:00.000000001");
  EXPECT_EQ(Show(ParseTimestamp("2024-13-01", 3), 3), "none");
  int index = 0;
  EXPECT_EQ(Show(ParseTimestamp("abc", 3, &index), 3), "none");
  EXPECT_EQ(index, 0);
}

TEST(DateTimeTest, DatesReadLeniently) {
  EXPECT_EQ(ShowDate(*ParseDate("2024")), "2024-01-01");
  EXPECT_EQ(ShowDate(*ParseDate("2024-3")), "2024-03-01");
  EXPECT_EQ(ShowDate(*ParseDate("2024-3-5 10:00:00")), "2024-03-05");
  EXPECT_FALSE(ParseDate("2024-02-30").has_value());
  EXPECT_FALSE(ParseDate("abc").has_value());
}

TEST(DateTimeTest, CivilDatesRoundTripOverTenThousandYears) {
  for (int32_t d = -800000; d < 3000000; d += 37) {
    const CivilDate c = CivilFromDays(d);
    ASSERT_EQ(DaysFromCivil(c.year, c.month, c.day), d);
  }
}

TEST(DateTimeTest, MonthsClampToTheLastDay) {
  EXPECT_EQ(ShowDate(AddMonthsToDate(*ParseDate("2024-01-31"), 1)), "2024-02-29");
  EXPECT_EQ(ShowDate(AddMonthsToDate(*ParseDate("2024-01-31"), -13)), "2022-12-31");
  EXPECT_EQ(MonthsBetweenDates(*ParseDate("2024-05-05"), *ParseDate("2024-01-06")), 3);
}

TEST(DateTimeTest, IntervalsAndTimesPrintAsFlink) {
  std::string out;
  AppendIntervalDayTime(out, (26 * 3600 + 3 * 60 + 4) * 1000 + 567);
  AppendIntervalYearMonth(out, -14);
  AppendTime(out, 62004, 3);
  AppendTime(out, 43200000, 3);
  EXPECT_EQ(out, "+1 02:03:04.567-1-0200:01:02.00412:00:00.0");
}

TEST(TimeZoneTest, GapsMoveForwardAndOverlapsTakeSummerTime) {
  const auto zone = TimeZone::Find("Europe/Berlin");
  ASSERT_TRUE(zone.ok());
  auto utc = [&](const char* text) {
    return Show(TimestampFromMillis((*zone)->LocalToUtcMillis(ParseTimestamp(text, 3)->millis)), 0);
  };
  EXPECT_EQ(utc("2024-03-31 02:30:00"), "2024-03-31 01:30:00");
  EXPECT_EQ(utc("2024-10-27 02:30:00"), "2024-10-27 00:30:00");
  EXPECT_EQ(utc("2024-10-27 03:00:00"), "2024-10-27 02:00:00");
  EXPECT_EQ(utc("2024-07-01 12:00:00"), "2024-07-01 10:00:00");
  EXPECT_EQ(utc("2090-07-01 12:00:00"), "2090-07-01 10:00:00");  // beyond the table: by the rule
  EXPECT_EQ((*zone)->OffsetAt(0), 3600);
  EXPECT_FALSE(TimeZone::Find("Mars/Olympus").ok());
  EXPECT_FALSE(TimeZone::Find("../../etc/passwd").ok());
  EXPECT_EQ((*TimeZone::Find("GMT+08:00"))->OffsetAt(0), 28800);
  EXPECT_EQ((*TimeZone::Find("-03"))->OffsetAt(0), -10800);
}

std::string Format(const char* pattern, DateTimePattern::Dialect dialect, const char* at) {
  auto p = DateTimePattern::Compile(pattern, dialect);
  if (!p.ok()) return p.error().message();
  std::string out;
  const Timestamp t = *ParseTimestamp(at, 9);
  (*p)->Format(out, CivilFromTimestamp(t), nullptr, t.millis);
  return out;
}

TEST(DateTimePatternTest, Formats) {
  constexpr auto kNew = DateTimePattern::Dialect::kDateTimeFormatter;
  constexpr auto kOld = DateTimePattern::Dialect::kSimpleDateFormat;
  EXPECT_EQ(Format("yyyy/MM/dd HH:mm:ss.SSS", kNew, "2024-02-29 12:34:56.789"), "2024/02/29 12:34:56.789");
  EXPECT_EQ(Format("EEE, d MMM yy h a 'o''clock'", kNew, "2024-02-29 15:00:00"), "Thu, 29 Feb 24 3 PM o'clock");
  EXPECT_EQ(Format("HH:mm:ss.SSS", kOld, "1970-01-01"), "00:00:00.000");
  EXPECT_EQ(Format("EEEE MMMM D", kOld, "2024-02-29"), "Thursday February 60");
  EXPECT_EQ(Format("bb", kOld, "2024-02-29"), "Illegal pattern character 'b'");
}

int64_t Seconds(const char* text, const char* pattern) {
  auto p = DateTimePattern::Compile(pattern, DateTimePattern::Dialect::kSimpleDateFormat);
  const auto ms = (*p)->ParseMillis(text, *TimeZone::Utc());
  return ms ? *ms / 1000 : INT64_MIN;
}

TEST(DateTimePatternTest, SimpleDateFormatParsesAPrefixLeniently) {
  EXPECT_EQ(Seconds("2024-02-29 12:34:56.999", "yyyy-MM-dd HH:mm:ss"), 1709210096);
  EXPECT_EQ(Seconds("0001-01-01 00:00:00", "yyyy-MM-dd HH:mm:ss"), -62135769600);
  EXPECT_EQ(Seconds("29/02/2024 01", "dd/MM/yyyy HH"), 1709168400);
  EXPECT_EQ(Seconds("2024-01-01 00:00:00 +0800", "yyyy-MM-dd HH:mm:ss X"), 1704038400);
  EXPECT_EQ(Seconds("x", "yyyy-MM-dd"), INT64_MIN);
}

TEST(DateTimePatternTest, DateTimeFormatterWantsTheWholeText) {
  auto p = DateTimePattern::Compile("yyyy-MM-dd[ HH:mm]", DateTimePattern::Dialect::kDateTimeFormatter);
  EXPECT_TRUE((*p)->Parse("2024-02-29").has_value());
  EXPECT_TRUE((*p)->Parse("2024-02-29 10:11").has_value());
  EXPECT_FALSE((*p)->Parse("2024-02-29 10").has_value());
  EXPECT_FALSE((*p)->Parse("2024-2-29").has_value());
  EXPECT_FALSE((*p)->Parse("2024-13-01").has_value());
}

}  // namespace
}  // namespace sluice::engine
