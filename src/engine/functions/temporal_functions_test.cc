// Expected answers are those of Apache Flink 2.3.
#include "engine/functions/temporal_functions.h"

#include <gtest/gtest.h>

#include "engine/functions/call_for_test.h"
#include "engine/functions/temporal_rounding.h"

namespace sluice::engine {
namespace {

Arg Ts(const std::string& text, int precision = 3) {
  const auto t = ParseTimestamp(text, precision);
  const Value v = !t ? Value::Null() : precision <= 3 ? Value::Int(t->millis) : Value::Time(*t);
  return {DataType::TimestampType(precision).NotNull(), v};
}
Arg Ltz(int64_t ms) { return {DataType::TimestampLtz(3).NotNull(), Value::Int(ms)}; }
Arg Date(const std::string& text) {
  const auto days = ParseDate(text);
  return {DataType::Date().WithNullable(!days), days ? Value::Int(*days) : Value::Null()};
}
Arg Time(const std::string& text) { return {DataType::Time(0).NotNull(), Value::Int(*ParseTime(text))}; }
Arg Hours(int64_t n) { return {DataType::Interval(IntervalRange::kHour).NotNull(), Value::Int(n * kMillisPerHour)}; }

class TemporalFunctions : public testing::Test {
 protected:
  TemporalFunctions() {
    AddTemporalFunctions(registry_);
    for (const bool ceil : {true, false}) {
      ScalarFunction f;
      f.name = ceil ? "CEIL" : "FLOOR";
      f.resolve = [ceil](const CallInfo& c) { return ResolveTemporalRounding(c, ceil); };
      f.make = [ceil](const CallInfo& c, const DataType& t) { return TemporalRoundingKernel(c, t, ceil); };
      registry_.Add(std::move(f));
    }
  }
  void Check(const char* function, const std::vector<Arg>& args, const std::string& text,
             const std::string& type = "") {
    const Answer answer = CallForTest(registry_, function, args);
    std::string shown = function;
    for (const Arg& a : args) {
      if (const auto* s = std::get_if<std::string>(&a.value.storage())) shown += " '" + *s + "'";
    }
    EXPECT_EQ(answer.text, text) << shown;
    if (!type.empty()) {
      EXPECT_EQ(answer.type, type) << shown;
    }
  }
  void Extract(const char* unit, const Arg& x, const std::string& text) { Check("EXTRACT", {Sym(unit), x}, text); }
  FunctionRegistry registry_;
};

TEST_F(TemporalFunctions, Extract) {
  const Arg ts = Ts("2024-05-16 13:45:30.123456", 6);
  Check("EXTRACT", {Sym("YEAR"), ts}, "2024", "BIGINT NOT NULL");
  Extract("MICROSECOND", ts, "123456");
  Extract("NANOSECOND", ts, "123456000");
  Extract("MILLISECOND", ts, "123");
  Extract("EPOCH", ts, "1715867130");
  Extract("CENTURY", Date("2024-05-16"), "21");
  Extract("CENTURY", Date("2000-01-01"), "20");
  Extract("DECADE", Date("2024-05-16"), "202");
  Extract("MILLENNIUM", Date("2000-01-01"), "2");
  Extract("DOW", Date("2024-05-16"), "5");
  Extract("ISODOW", Date("2024-05-19"), "7");
  Extract("ISOYEAR", Date("2024-12-30"), "2025");
  Extract("DOY", Date("2024-05-16"), "137");
  Extract("WEEK", Date("2021-01-01"), "53");
  Extract("EPOCH", Date("2024-05-16"), "1715817600");
  Extract("SECOND", Date("2021-01-01"), "18");
  const Arg old = Ts("1969-12-31 23:59:59.5");
  Extract("DAY", old, "1");
  Extract("EPOCH", old, "0");
  Extract("MILLISECOND", old, "-500");
  Extract("HOUR", Time("10:20:30"), "10");
  Extract("YEAR", Time("10:20:30"), "ERROR unit YEAR can not be applied to TIME(0) NOT NULL variable");
  Extract("FORTNIGHT", ts, "ERROR 'FORTNIGHT' is not a valid time frame");
  const Arg very_old = Ts("1600-02-29 01:01:01");
  Check("MONTH", {very_old}, "3");
  Check("HOUR", {very_old}, "-22");
  Check("SECOND", {very_old}, "-59");
  Check("DAYOFWEEK", {Date("1600-02-29")}, "3");
  Check("YEAR", {Str("2024-01-01")},
        "ERROR Cannot apply 'EXTRACT' to arguments of type 'EXTRACT(<INTERVAL YEAR> FROM <CHAR(10)>)'. Supported "
        "form(s): "
        "'EXTRACT(<DATETIME_INTERVAL> FROM <DATETIME_INTERVAL>)'\n'EXTRACT(<DATETIME_INTERVAL> FROM <DATETIME>)'");
}

TEST_F(TemporalFunctions, FloorAndCeil) {
  auto both = [&](const Arg& x, const char* unit, const char* floor, const char* ceil) {
    Check("FLOOR", {x, Sym(unit)}, floor);
    Check("CEIL", {x, Sym(unit)}, ceil);
  };
  const Arg a = Ts("2024-05-16 13:45:30.500");
  both(a, "YEAR", "2024-01-01 00:00:00.000", "2025-01-01 00:00:00.000");
  both(a, "QUARTER", "2024-04-01 00:00:00.000", "2024-07-01 00:00:00.000");
  both(a, "MONTH", "2024-05-01 00:00:00.000", "2024-06-01 00:00:00.000");
  both(a, "WEEK", "2024-05-12 00:00:00.000", "2024-05-19 00:00:00.000");
  both(a, "DAY", "2024-05-16 00:00:00.000", "2024-05-17 00:00:00.000");
  both(a, "HOUR", "2024-05-16 13:00:00.000", "2024-05-16 14:00:00.000");
  both(a, "SECOND", "2024-05-16 13:45:30.000", "2024-05-16 13:45:31.000");
  const Arg b = Ts("1969-07-20 20:17:40.001");
  both(b, "WEEK", "1969-07-20 00:00:00.000", "1969-07-27 00:00:00.000");
  both(b, "MILLENNIUM", "1001-01-01 00:00:00.000", "2001-01-01 00:00:00.000");
  both(b, "CENTURY", "1901-01-01 00:00:00.000", "2001-01-01 00:00:00.000");
  both(b, "DECADE", "1960-01-01 00:00:00.000", "1970-01-01 00:00:00.000");
  both(b, "MINUTE", "1969-07-20 20:17:00.000", "1969-07-20 20:18:00.000");
  both(Ts("2023-12-31 23:59:59.999"), "WEEK", "2023-12-31 00:00:00.000", "2023-12-31 00:00:00.000");
  both(Ts("0001-06-15 12:00:00.000"), "WEEK", "0001-06-12 00:00:00.000", "0001-06-19 00:00:00.000");
  both(Ts("0001-06-15 12:00:00.000"), "QUARTER", "0001-04-01 00:00:00.000", "0001-07-01 00:00:00.000");
  both(Ts("2024-05-16 13:45:30.123456789", 9), "SECOND", "2024-05-16 13:45:30.000000000",
       "2024-05-16 13:45:31.000000000");
  both(Date("2024-05-16"), "DAY", "2024-05-16", "2024-05-17");
  both(Date("2024-12-29"), "WEEK", "2024-12-29", "2024-12-29");
  both(Date("2024-05-16"), "HOUR", "2024-05-16", "2024-05-16");
  both(Time("13:45:30"), "HOUR", "13:00:00", "14:00:00");
  Check("FLOOR", {Time("01:00:00"), Sym("YEAR")}, "00:59:59");
  Check("CEIL", {Time("23:05:30"), Sym("HOUR")}, "ERROR CEIL of a TIME: Hour out of range: [24]");
}

TEST_F(TemporalFunctions, AddAndDiff) {
  auto add = [&](const char* unit, int n, const Arg& x, const char* text, const char* type = "") {
    Check("TIMESTAMPADD", {Sym(unit), Int(n), x}, text, type);
  };
  add("MONTH", 1, Ts("2024-01-31 10:20:30.400"), "2024-02-29 10:20:30.400", "TIMESTAMP(3) NOT NULL");
  add("WEEK", 1, Date("2024-01-31"), "2024-02-07", "DATE NOT NULL");
  add("HOUR", 1, Date("2024-01-31"), "2024-01-31 01:00:00.000000", "TIMESTAMP(6) NOT NULL");
  add("SQL_TSI_MONTH", -1, Date("2024-03-31"), "2024-02-29");
  add("SECOND", -2000000000, Ts("2024-01-01 00:00:00", 0), "1960-08-15 20:26:40", "TIMESTAMP(0) NOT NULL");
  add("MONTH", 1, Ts("2024-01-31 00:00:00.123456789", 9), "2024-02-29 00:00:00.123456789");
  add("CENTURY", 1, Date("2024-01-01"), "2124-01-01");
  add("MINUTE", 90, Time("23:00:00"), "00:30:00");
  auto diff = [&](const char* unit, const Arg& a, const Arg& b, const char* text) {
    Check("TIMESTAMPDIFF", {Sym(unit), a, b}, text);
  };
  diff("YEAR", Ts("2020-02-29 00:00:00"), Ts("2024-02-28 00:00:00"), "3");
  diff("MONTH", Date("2024-01-31"), Date("2024-02-29"), "1");
  diff("MONTH", Ts("2024-03-31 10:00:00"), Ts("2024-02-29 09:00:00"), "-2");
  diff("YEAR", Date("2024-02-29"), Date("2023-02-28"), "-1");
  diff("QUARTER", Date("2024-01-01"), Date("2024-07-01"), "2");
  diff("HOUR", Ts("2024-01-01 12:00:00"), Ts("2024-01-01 10:30:00"), "-1");
  diff("MINUTE", Ts("2024-01-01 12:00:00"), Date("2024-01-02"), "720");
  diff("MILLISECOND", Ts("2024-01-01 00:00:00"), Ts("2024-01-01 00:00:01.523"), "1000");
  diff("SECOND", Ts("1970-01-01 00:00:00"), Ts("2100-01-01 00:00:00"), "-192522496");
  diff("SECOND", Time("10:00:00"), Time("11:00:00"), "3600");
  diff("DAY", Ltz(0), Ts("2024-01-01 00:00:00"),
       "ERROR TIMESTAMPDIFF: TIMESTAMP_LTZ only supports diff between the same type.");
}

TEST_F(TemporalFunctions, Overlaps) {
  const Arg null_date{DataType::Date(), Value::Null()};
  Check("OVERLAPS", {Time("02:55:00"), Hours(1), Time("03:30:00"), Hours(2)}, "TRUE", "BOOLEAN NOT NULL");
  Check("OVERLAPS", {Date("2024-01-10"), Date("2024-01-01"), Date("2024-01-05"), Date("2024-01-06")}, "TRUE");
  Check("OVERLAPS", {Date("2024-01-01"), Date("2024-01-10"), Date("2024-01-11"), Date("2024-01-20")}, "FALSE");
  Check("OVERLAPS", {Date("2024-01-01"), null_date, Date("2024-01-05"), Date("2024-01-06")}, "FALSE");
  Check("OVERLAPS", {null_date, Date("2024-01-05"), Date("2024-01-05"), Date("2024-01-06")}, "<NULL>");
  Check("OVERLAPS", {Time("23:00:00"), Hours(2), Time("00:30:00"), Time("00:40:00")}, "FALSE");
}

TEST_F(TemporalFunctions, Formatting) {
  Check("DATE_FORMAT", {Ts("2024-05-16 13:45:30.123456", 6), Str("yyyy-MM-dd HH:mm:ss.SSSSSS")},
        "2024-05-16 13:45:30.123456", "STRING");
  Check("DATE_FORMAT", {Ts("2024-05-16 13:45:30.123"), Str("EEEE, MMMM d, y G h:mm a")},
        "Thursday, May 16, 2024 AD 1:45 PM");
  Check("DATE_FORMAT", {Str("2024-05-16 25:00:00"), Str("yyyyMMdd HHmmss")}, "20240517 010000");
  Check("DATE_FORMAT", {Str("2024-05-16"), Str("yyyy")}, "<NULL>");
  Check("DATE_FORMAT", {Ts("2024-05-16 13:45:30"), Str("bad pattern")}, "ERROR DATE_FORMAT: Unknown pattern letter: b");
  Check("DATE_FORMAT", {Ltz(0), Str("yyyy-MM-dd")}, "1970-01-01");
  Check("FROM_UNIXTIME", {Int(-1)}, "1969-12-31 23:59:59", "STRING");
  Check("FROM_UNIXTIME", {Big(-62135769600)}, "0001-01-01 00:00:00");
  Check("FROM_UNIXTIME", {Big(253402300800)}, "10000-01-01 00:00:00");
  Check("FROM_UNIXTIME", {Int(0), Str("EEE")}, "Thu");
  Check("FROM_UNIXTIME", {Int(0), Str("bad pattern")}, "ERROR FROM_UNIXTIME: Illegal pattern character 'b'");
}

TEST_F(TemporalFunctions, Parsing) {
  Check("UNIX_TIMESTAMP", {Str("1969-12-31 23:59:59")}, "-1", "BIGINT NOT NULL");
  Check("UNIX_TIMESTAMP", {Str("0001-01-01 00:00:00")}, "-62135769600");
  Check("UNIX_TIMESTAMP", {Str("x")}, "-9223372036854775808");
  Check("UNIX_TIMESTAMP", {Str("2024-01-01 00:00:00 +0800"), Str("yyyy-MM-dd HH:mm:ss Z")}, "1704038400");
  Check("UNIX_TIMESTAMP", {}, "1700000000");
  Check("TO_DATE", {Str("2024-5-6")}, "2024-05-06", "DATE");
  Check("TO_DATE", {Str("2024-13-01")}, "<NULL>");
  Check("TO_DATE", {Str("2024-02-30"), Str("yyyy-MM-dd")}, "2024-03-01");
  Check("TO_DATE", {Str("2024-05-16"), Str("yyyy-MM-dd HH:mm:ss")}, "5471-09-27");
  Check("TO_TIMESTAMP", {Str("2024-05-16 13:45:30.123456")}, "2024-05-16 13:45:30.123", "TIMESTAMP(3)");
  Check("TO_TIMESTAMP", {Str("2024-05-16T13:45:30")}, "<NULL>");
  Check("TO_TIMESTAMP", {Str("16/05/2024 10"), Str("dd/MM/yyyy HH")}, "2024-05-16 10:00:00.000");
  Check("TO_TIMESTAMP", {Str("2024-02-30 00:00:00"), Str("yyyy-MM-dd HH:mm:ss")}, "2024-02-29 00:00:00.000");
  Check("TO_TIMESTAMP", {Str("2024-05-16 13:45:30 extra"), Str("yyyy-MM-dd HH:mm:ss")}, "<NULL>");
  Check("TO_TIMESTAMP", {Str("2024-05-16 13:45:30"), Str("yyyy-MM-dd HH:mm:ss.SSS")}, "2024-05-16 13:45:30.000");
  Check("TO_TIMESTAMP", {Str("2024-05-16"), Str("yyyy-MM-dd HH:mm:ss")}, "2024-05-16 00:00:00.000");
  Check("TO_TIMESTAMP", {Str("2024-05-16 13:45:30.5"), Str("yyyy-MM-dd HH:mm:ss.SSS")}, "2024-05-16 13:45:30.500");
}

TEST_F(TemporalFunctions, ToTimestampLtz) {
  Check("TO_TIMESTAMP_LTZ", {Int(1), Int(0)}, "1970-01-01 00:00:01.000", "TIMESTAMP_LTZ(3)");
  Check("TO_TIMESTAMP_LTZ", {Int(1500)}, "1970-01-01 00:00:01.500");
  Check("TO_TIMESTAMP_LTZ", {Int(1), Int(6)}, "1970-01-01 00:00:00.000001", "TIMESTAMP_LTZ(6)");
  Check("TO_TIMESTAMP_LTZ", {Int(-1), Int(9)}, "1969-12-31 23:59:59.999999999", "TIMESTAMP_LTZ(9)");
  Check("TO_TIMESTAMP_LTZ", {Dbl(1.5), Int(0)}, "1970-01-01 00:00:01.500");
  Check("TO_TIMESTAMP_LTZ", {Dbl(1.9999), Int(3)}, "1970-01-01 00:00:00.001");
  Check("TO_TIMESTAMP_LTZ", {Dbl(1e30), Int(3)}, "<NULL>");
  Check("TO_TIMESTAMP_LTZ", {Big(253402300800000), Int(3)}, "<NULL>");
  Check("TO_TIMESTAMP_LTZ", {Str("abc")}, "ERROR TO_TIMESTAMP_LTZ: Text 'abc' could not be parsed at index 0");
  Check("TO_TIMESTAMP_LTZ", {Str("2024-05-16 10:00:00.12345"), Str("yyyy-MM-dd HH:mm:ss.SSSSS")},
        "2024-05-16 10:00:00.12345", "TIMESTAMP_LTZ(5)");
  Check("TO_TIMESTAMP_LTZ", {Str("2024-11-03 01:00:00"), Str("yyyy-MM-dd HH:mm:ss"), Str("America/New_York")},
        "2024-11-03 05:00:00.000");
  Check("TO_TIMESTAMP_LTZ", {Str("bad"), Str("yyyy-MM-dd")}, "<NULL>");
}

TEST_F(TemporalFunctions, ConvertTz) {
  auto convert = [&](const char* s, const char* from, const char* to, const char* text) {
    Check("CONVERT_TZ", {Str(s), Str(from), Str(to)}, text);
  };
  convert("1970-01-01 00:00:00", "UTC", "America/Los_Angeles", "1969-12-31 16:00:00");
  convert("2024-07-01 12:00:00", "PST", "UTC", "2024-07-01 19:00:00");
  convert("2024-07-01 12:00:00", "GMT-3", "UTC", "2024-07-01 15:00:00");
  convert("2024-07-01 12:00:00", "UTC", "+08:00", "2024-07-01 12:00:00");
  convert("2024-07-01 12:00:00", "UTC", "UTC+8", "2024-07-01 12:00:00");
  convert("2024-07-01 12:00:00", "Nowhere/City", "UTC", "2024-07-01 12:00:00");
  convert("2024-07-01", "UTC", "Asia/Tokyo", "<NULL>");
  convert("2024-11-03 01:00:00", "America/New_York", "UTC", "2024-11-03 06:00:00");
  convert("2024-03-10 02:30:00", "America/New_York", "UTC", "2024-03-10 07:30:00");
  convert("2024-10-06 02:15:00", "Australia/Lord_Howe", "UTC", "2024-10-05 15:45:00");
  convert("2024-04-07 01:45:00", "Australia/Lord_Howe", "UTC", "2024-04-06 15:15:00");
  convert("2011-12-30 12:00:00", "Pacific/Apia", "UTC", "2011-12-30 22:00:00");
  convert("2024-03-31 02:30:00", "Europe/Berlin", "UTC", "2024-03-31 01:30:00");
  convert("0001-01-01 00:00:00", "UTC", "UTC", "0001-01-01 00:00:00");
}

TEST_F(TemporalFunctions, Now) {
  Check("CURRENT_TIMESTAMP", {}, "2023-11-14 22:13:20.123", "TIMESTAMP_LTZ(3) NOT NULL");
  Check("CURRENT_DATE", {}, "2023-11-14", "DATE NOT NULL");
  Check("LOCALTIME", {}, "22:13:20", "TIME(0) NOT NULL");
  Check("LOCALTIMESTAMP", {}, "2023-11-14 22:13:20.123", "TIMESTAMP(3) NOT NULL");
  Check("PROCTIME", {}, "2023-11-14 22:13:20.123", "TIMESTAMP_LTZ(3) NOT NULL *PROCTIME*");
  Check("CURRENT_WATERMARK", {Ts("2024-01-01 00:00:00")},
        "ERROR Invalid function call:\nCURRENT_WATERMARK(TIMESTAMP(3) NOT NULL)\nThe argument of CURRENT_WATERMARK() "
        "must be a "
        "rowtime attribute, but was 'TIMESTAMP(3)'.");
}

}  // namespace
}  // namespace sluice::engine
