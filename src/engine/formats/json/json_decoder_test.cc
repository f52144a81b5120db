// Expected values were recorded from Apache Flink 2.3 (filesystem connector, json format).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "engine/formats/format_for_test.h"

namespace sluice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Rows = std::vector<std::string>;
const OptionMap kIgnore = {{"ignore-parse-errors", "true"}};

/// Decodes each value as the only field of a record, under ignore-parse-errors; whole, and cut at every 7 bytes.
Rows Values(const DataType& type, const std::vector<std::string>& values, OptionMap options = kIgnore) {
  std::string text;
  for (const std::string& v : values) text += "{\"v\":" + v + "}\n";
  const Schema schema = {{"v", type}};
  Rows rows = test::DecodeAll(JsonFormat(), schema, options, text);
  EXPECT_EQ(rows, test::DecodeAll(JsonFormat(), schema, options, text, {}, 7));
  return rows;
}

TEST(JsonDecoder, Integers) {
  EXPECT_THAT(
      Values(DataType::Tinyint(), {"1", "\"1\"", "\" 1 \"", "1.0", "-128", "128", "\"+5\"", "true", "-0", "1e1"}),
      ElementsAre("1", "1", "1", "<NULL>", "-128", "<NULL>", "5", "<NULL>", "0", "<NULL>"));
  EXPECT_THAT(Values(DataType::Integer(),
                     {"1.9", "-1.9", "2147483648", "1e9", "1e10", "\"1.0\"", "[1]", "2147483647.9", "1E400"}),
              ElementsAre("1", "-1", "<NULL>", "1000000000", "<NULL>", "<NULL>", "<NULL>", "<NULL>", "<NULL>"));
  EXPECT_THAT(
      Values(DataType::Bigint(), {"9223372036854775807", "9223372036854775808", "9.3e18", "1e18",
                                  "\"-9223372036854775808\"", "-9223372036854775809"}),
      ElementsAre("9223372036854775807", "<NULL>", "<NULL>", "1000000000000000000", "-9223372036854775808", "<NULL>"));
}

TEST(JsonDecoder, OtherNumbers) {
  EXPECT_THAT(Values(DataType::Float(),
                     {"1", "\"1.1f\"", "1e50", "123456789", "\"0x1p3\"", "\"NaN\"", "true", "3.4028236e38", "1e-50"}),
              ElementsAre("1.0", "1.1", "Infinity", "1.23456792E8", "8.0", "NaN", "<NULL>", "Infinity", "0.0"));
  EXPECT_THAT(
      Values(DataType::Double(), {"1", "1e400", "123456789012345678", "\"-Infinity\"", "-0", "12345678901234567890"}),
      ElementsAre("1.0", "Infinity", "1.2345678901234568E17", "-Infinity", "-0.0", "1.2345678901234567E19"));
  EXPECT_THAT(Values(DataType::Decimal(5, 2),
                     {"1.235", "-1.235", "1e2", "1000", "999.999", "\" 1.5 \"", "\"abc\"", "true", "\".5\"", "\"1e\""}),
              ElementsAre("1.24", "-1.24", "100.00", "<NULL>", "<NULL>", "1.50", "<NULL>", "<NULL>", "0.50", "<NULL>"));
}

TEST(JsonDecoder, BooleansAndBytes) {
  EXPECT_THAT(Values(DataType::Boolean(), {"true", "\" TRUE \"", "1", "\"t\"", "null", "1.0"}),
              ElementsAre("TRUE", "TRUE", "FALSE", "FALSE", "<NULL>", "FALSE"));
  EXPECT_THAT(Values(DataType::Bytes(), {"\"aGk=\"", "\"aGk\"", "\"aG k=\"", "\"\"", "1", "\"-_8=\"", "\"+/8=\""}),
              ElementsAre("x'6869'", "<NULL>", "<NULL>", "x''", "<NULL>", "<NULL>", "x'fbff'"));
}

TEST(JsonDecoder, Strings) {
  EXPECT_THAT(
      Values(DataType::String(),
             {"1.50", "1E+5", "true", "null", "\"\"", "\"\\u00e9\\ud83d\\ude00\\/\\\"\\\\\"", "\"\\ud83d\"",
              "{\"b\": 1, \"a\" : [ 1.50 , \"x\\u0041/\" ] }", "[ ]",
              "[1e5,1.10,1E400,12345678901234567890,-0,-0.0,1e-7,0.001,12345678.9]", "{\"a\":1,\"a\":2}"}),
      ElementsAre("1.50", "1E+5", "true", "<NULL>", "", "é😀/\"\\", "?", "{\"b\":1,\"a\":[1.5,\"xA/\"]}", "[]",
                  "[100000.0,1.1,\"Infinity\",12345678901234567890,0,-0.0,1.0E-7,0.001,1.23456789E7]", "{\"a\":2}"));
  const Schema with_decimal = {{"v", DataType::String()}, {"d", DataType::Decimal(10, 2)}};
  EXPECT_THAT(test::DecodeAll(JsonFormat(), with_decimal, {}, R"({"v":[1e5,1.10,1E400,-0.0,1e-7,0.001]})"),
              ElementsAre("[1E+5,1.1,1E+400,0,1E-7,0.001]|<NULL>"));
}

TEST(JsonDecoder, DatesAndTimes) {
  EXPECT_THAT(Values(DataType::Date(), {"\"2024-02-29\"", "\"2023-02-29\"", "\"12024-01-01\"", "\"2024-1-1\"",
                                        "\"+2024-01-01\"", "19782"}),
              ElementsAre("2024-02-29", "<NULL>", "<NULL>", "<NULL>", "<NULL>", "<NULL>"));
  EXPECT_THAT(Values(DataType::Time(),
                     {"\"12:34:56.7\"", "\"24:00:00\"", "\"24:00:01\"", "\"1:02:03\"", "\"12:34\"", "\"12:34:56.\""}),
              ElementsAre("12:34:56", "00:00:00", "<NULL>", "<NULL>", "<NULL>", "12:34:56"));
  EXPECT_THAT(
      Values(DataType::TimestampType(3), {"\"2024-02-29 12:34:56.123456\"", "\"2024-02-30 00:00:00\"",
                                          "\"2024-02-31 24:00:00\"", "\"2024-04-32 00:00:00\"", "\"2024-02-29 12:34\"",
                                          "\"1969-12-31 23:59:59.999\"", "\"2024-02-29T12:34:56\""}),
      ElementsAre("2024-02-29 12:34:56.123", "2024-02-29 00:00:00.000", "2024-03-01 00:00:00.000", "<NULL>", "<NULL>",
                  "1969-12-31 23:59:59.999", "<NULL>"));
  const OptionMap iso = {{"ignore-parse-errors", "true"}, {"timestamp-format.standard", "ISO-8601"}};
  EXPECT_THAT(Values(DataType::TimestampType(9),
                     {"\"2024-02-29T12:34:56.123456789\"", "\"2024-02-29t12:34:56\"", "\"2024-02-30T00:00:00\"",
                      "\"2024-02-29T24:00\"", "\"2024-02-29T12:34\""},
                     iso),
              ElementsAre("2024-02-29 12:34:56.123456789", "2024-02-29 12:34:56.000000000", "<NULL>", "<NULL>",
                          "2024-02-29 12:34:00.000000000"));
  EXPECT_THAT(Values(DataType::TimestampLtz(3),
                     {"\"2024-02-29T12:34:56.1Z\"", "\"2024-02-29t12:34:56z\"", "\"2024-02-30T24:00:00Z\""}, iso),
              ElementsAre("2024-02-29 12:34:56.100", "<NULL>", "2024-03-01 00:00:00.000"));
}

TEST(JsonDecoder, Nested) {
  EXPECT_THAT(Values(DataType::Array(DataType::Integer()), {"[1,2,null]", "[]", "[1,\"x\",3]", "{\"a\":1}", "\"[1]\""}),
              ElementsAre("[1, 2, NULL]", "[]", "[1, NULL, 3]", "<NULL>", "<NULL>"));
  EXPECT_THAT(
      Values(
          DataType::Map(DataType::String(), DataType::Integer()),
          {"{\"a\":1,\"a\":2}", "{\"a\":\"x\",\"b\":2}",
           "{\"b\":1,\"a\":2,\"c\":3,\"aa\":4,\"zz\":5,\"k1\":6,\"k2\":7}",
           "{\"alpha\":1,\"beta\":2,\"gamma\":3,\"delta\":4,\"epsilon\":5,\"zeta\":6,\"eta\":7,\"theta\":8,\"iota\":9,"
           "\"kappa\":10,\"lambda\":11,\"mu\":12,\"nu\":13,\"xi\":14}"}),
      ElementsAre("{a=2}", "{a=NULL, b=2}", "{aa=4, k1=6, k2=7, a=2, c=3, zz=5, b=1}",
                  "{xi=14, gamma=3, kappa=10, mu=12, iota=9, zeta=6, alpha=1, eta=7, nu=13, delta=4, theta=8, "
                  "beta=2, epsilon=5, lambda=11}"));
  EXPECT_THAT(Values(DataType::Row({{"a", DataType::Integer()}, {"b", DataType::String()}}),
                     {"{\"a\":1,\"b\":\"x\"}", "{\"b\":\"x\"}", "{\"a\":\"q\",\"b\":\"x\"}", "{}", "null",
                      "{\"a\":1,\"a\":2,\"b\":\"z\"}", "{\"c\":{\"a\":5},\"b\":\"x\",\"a\":7}"}),
              ElementsAre("(1, x)", "(NULL, x)", "(NULL, x)", "(NULL, NULL)", "<NULL>", "(2, NULL)", "(7, x)"));
}

TEST(JsonDecoder, BrokenRecordsAreDroppedWhenAsked) {
  const std::string text = R"({"id":1}
{"id":2} trailing
{"id":3}{"id":33}

   
{"id":5
{"id":6,}
{id:7}
{"id":9,"x":tru}
{"id":10,"x":01}
{"id":11,"x":1.}
{"id":13,"x":+1}
{"id":14,"x":"\q"}
{"id":15,"x":"a	b"}
[{"id":16},{"id":17}]
null
{"id":20,"x":[1,2,]}
{"id":23}}
{"id":25,/*c*/"x":1}
{"id":31,"x":truex}
{"x":"\ud800","id":32}
{"id":34,"x":1]
{"\u0069d":36}
	{ "id" :	38 }	
{"id":40,"id":41}
{"id":"42"}
{}
{"a":1,"b":{"id":3},"id":43})";
  const Rows expected = {"1", "2", "3", "15", "16", "17", "23", "32", "36", "38", "40", "42", "<NULL>", "43"};
  EXPECT_EQ(test::DecodeAll(JsonFormat(), {{"id", DataType::Integer()}}, kIgnore, text), expected);
  for (size_t step : {1, 3, 16, 100}) {
    EXPECT_EQ(test::DecodeAll(JsonFormat(), {{"id", DataType::Integer()}}, kIgnore, text, {}, step), expected) << step;
  }
}

TEST(JsonDecoder, ErrorsNameTheField) {
  const Schema schema = {{"id", DataType::Integer()}, {"r", DataType::Row({{"a", DataType::Integer()}})}};
  auto error = [&](std::string_view text, const OptionMap& options = {}) {
    return test::DecodeAll(JsonFormat(), schema, options, text).back();
  };
  EXPECT_THAT(error(R"({"id":"x"})"),
              "ERROR Failed to deserialize JSON '{\"id\":\"x\"}'. Fail to deserialize at field: id.");
  EXPECT_THAT(error(R"({"r":{"a":"x"}})"), HasSubstr("Fail to deserialize at field: r."));
  EXPECT_THAT(error("   "), HasSubstr("No content to map due to end-of-input"));
  EXPECT_THAT(error(R"({"id":5)"), HasSubstr("Unexpected end-of-input"));
  EXPECT_THAT(error(R"({"id":1})", {{"fail-on-missing-field", "true"}}),
              HasSubstr("Some field is missing in the JSON data."));
  EXPECT_THAT(error(R"([{"id":1},[1]])"), HasSubstr("Illegal JSON object data..."));
}

TEST(JsonDecoder, RepeatedKeysCountUntilAllFieldsAreMet) {
  const Schema schema = {{"id", DataType::Integer()}, {"name", DataType::String()}};
  const std::string text = R"({"id":5,"id":6,"name":"first","name":"second"})";
  EXPECT_THAT(test::DecodeAll(JsonFormat(), schema, {}, text), ElementsAre("6|<NULL>"));
  EXPECT_THAT(test::DecodeAll(JsonFormat(), schema, {}, text, {{0}}), ElementsAre("5"));
}

TEST(JsonDecoder, BadNestedValueLosesThePlaceAsInFlink) {
  const Schema schema = {{"id", DataType::Integer()}, {"v", DataType::Integer()}, {"w", DataType::Integer()}};
  EXPECT_THAT(test::DecodeAll(JsonFormat(), schema, kIgnore, R"({"id":1,"v":[5,6],"w":3}
{"id":2,"v":{"w":9},"w":3}
{"v":{"id":9,"w":8},"id":3,"w":4}
{"id":5,"v":{"a":{"id":7}},"w":6})"),
              ElementsAre("2|<NULL>|9", "9|<NULL>|8", "5|<NULL>|<NULL>"));
}

TEST(JsonDecoder, PartsOfRows) {
  const DataType inner = DataType::Row({{"x", DataType::Integer()}, {"y", DataType::String()}});
  const Schema schema = {{"id", DataType::Integer()}, {"r", DataType::Row({{"a", inner}, {"b", DataType::String()}})}};
  const std::string text =
      R"({"id":1,"r":{"a":{"x":1,"y":"one long enough to be a view"},"b":"b1"},"more":[1,{"q":null}]}
{"r":{"b":"b2","a":null},"id":2}
{"id":3,"r":null}
{"id":4}
{"id":5,"r":{"b":"esc\naped","a":{"y":"z"}}})";
  EXPECT_THAT(test::DecodeAll(JsonFormat(), schema, {}, text, {{1, 1}, {1, 0, 1}, {0}}),
              ElementsAre("b1|one long enough to be a view|1", "b2|<NULL>|2", "<NULL>|<NULL>|3", "<NULL>|<NULL>|4",
                          "esc\naped|z|5"));
  EXPECT_THAT(test::DecodeAll(JsonFormat(), schema, {}, text, {{1, 0}, {1, 0, 0}, {1}}),
              ElementsAre("(1, one long enough to be a view)|1|((1, one long enough to be a view), b1)",
                          "<NULL>|<NULL>|(NULL, b2)", "<NULL>|<NULL>|<NULL>", "<NULL>|<NULL>|<NULL>",
                          "(NULL, z)|<NULL>|((NULL, z), esc\naped)"));
}

/// Whatever the bytes, nothing crashes, and how they arrive does not matter.
TEST(JsonDecoder, MutatedInput) {
  const Schema schema = {{"a", DataType::Bigint()},
                         {"s", DataType::String()},
                         {"r", DataType::Row({{"t", DataType::TimestampType(3)}, {"d", DataType::Double()}})},
                         {"l", DataType::Array(DataType::Integer())},
                         {"m", DataType::Map(DataType::String(), DataType::Decimal(8, 2))}};
  const std::string seed =
      R"({"a":12,"s":"t\u00e9xt \"q\" longer than twelve","r":{"t":"2024-02-29 12:34:56.7","d":-1.5e3},"x":[{"y":null}]}
{"a":null,"s":"日本","r":null,"l":[1,2,[3]],"m":{"k":1.25,"k":"2"}}
[{"a":1},{"a":2}]
)";
  SeededRandom random(20240229);
  constexpr std::string_view kBytes = "{}[]\",:\\ntf0123-+.eE\n\r\t u\x01\x80\xC3\xED\xFF";
  for (int round = 0; round < 3000; ++round) {
    std::string text = seed;
    for (uint64_t n = 1 + random.Below(6); n > 0; --n) {
      const size_t at = random.Below(text.size());
      switch (random.Below(4)) {
        case 0: text[at] = kBytes[random.Below(kBytes.size())]; break;
        case 1: text.insert(at, 1, kBytes[random.Below(kBytes.size())]); break;
        case 2: text.erase(at, 1 + random.Below(5)); break;
        default: text.insert(at, text.substr(random.Below(text.size()), random.Below(12)));
      }
      if (text.empty()) text = "{";
    }
    const OptionMap options = round % 2 == 0 ? kIgnore : OptionMap{};
    const Rows whole = test::DecodeAll(JsonFormat(), schema, options, text);
    EXPECT_EQ(whole, test::DecodeAll(JsonFormat(), schema, options, text, {}, 1 + random.Below(40))) << text;
  }
}

}  // namespace
}  // namespace sluice::engine
