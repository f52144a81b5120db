// Expected values were recorded from Apache Flink 2.3 (filesystem connector, csv format).
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
const DataType kInt = DataType::Integer(), kText = DataType::String();

Rows Decode(const Schema& schema, std::string_view text, const OptionMap& options = {},
            const std::vector<std::vector<int>>& paths = {}) {
  Rows rows = test::DecodeAll(CsvFormat(), schema, options, text, paths);
  for (size_t step : {1, 5}) EXPECT_EQ(rows, test::DecodeAll(CsvFormat(), schema, options, text, paths, step));
  return rows;
}

TEST(CsvDecoder, RecordLength) {
  const Schema schema = {{"a", kInt}, {"b", kText}, {"c", kInt}};
  EXPECT_THAT(Decode(schema, "1,x,3\n2,y\n3,z,4,5\n4\n,,\n5,w,\n", kIgnore),
              ElementsAre("1|x|3", "2|y|<NULL>", "4|<NULL>|<NULL>", "<NULL>||<NULL>", "5|w|<NULL>"));
  EXPECT_THAT(Decode(schema, "1,x,3\n2,y\n").back(), HasSubstr("Row length mismatch. 3 fields expected but was 2."));
  EXPECT_THAT(Decode(schema, "1,x,3\n2,y\n", {}, {{0}}), ElementsAre("1", "2"));
  EXPECT_THAT(Decode(schema, "1,x,3\n3,z,4,5\n", {}, {{0}}).back(),
              HasSubstr("Too many entries: expected at most 3 (value #3 (1 chars) \"5\")"));
  EXPECT_THAT(Decode(schema, "1,x,3\n2,y,5\n", {}, {{2}, {0}}), ElementsAre("3|1", "5|2"));
}

TEST(CsvDecoder, Numbers) {
  EXPECT_THAT(Decode({{"a", kInt}, {"b", kInt}}, "1, 2 \n 3 ,+4\n\"5\",\"6\"\n,7\n8,\n\"\",9", kIgnore),
              ElementsAre("1|2", "3|4", "5|6", "<NULL>|7", "8|<NULL>", "<NULL>|9"));
  const Schema schema = {{"a", DataType::Tinyint()}, {"c", DataType::Bigint()},      {"d", DataType::Float()},
                         {"e", DataType::Double()},  {"f", DataType::Decimal(5, 2)}, {"g", DataType::Boolean()}};
  EXPECT_THAT(Decode(schema,
                     "1,3,1.5,2.5,1.234,true\n128,99999999999999999999,x,1e400,1e10,yes\n"
                     " 1 , 3 , 1.5 , 2.5 , 1.5 , TRUE \n1.0,1.0,1f,1d,.5,1",
                     kIgnore),
              ElementsAre("1|3|1.5|2.5|1.23|TRUE", "<NULL>|<NULL>|<NULL>|Infinity|<NULL>|FALSE",
                          "1|3|1.5|2.5|<NULL>|TRUE", "<NULL>|<NULL>|1.0|1.0|0.50|FALSE"));
  EXPECT_THAT(Decode({{"a", kInt}}, "x").back(), HasSubstr("For input string: \"x\""));
}

TEST(CsvDecoder, DatesTimesBytes) {
  const Schema schema = {{"a", DataType::Date()},
                         {"b", DataType::Time()},
                         {"c", DataType::TimestampType(3)},
                         {"d", DataType::TimestampLtz(3)},
                         {"e", DataType::Bytes()}};
  EXPECT_THAT(Decode(schema,
                     "2024-02-29,12:34:56,2024-02-29 12:34:56.789,2024-02-29 12:34:56.789Z,aGk=\n"
                     "2024-2-9,1:2:3,2024-02-29T12:34:56,2024-02-29T12:34:56Z,###\n"
                     "2024-02-30,12:34,2024-02-29 12:34,2024-02-29 12:34:56,aGk\n"
                     " 2024-01-01 , 12:00:00 , 2024-01-01 00:00:00 , 2024-01-01 00:00:00Z , aGk= \n"
                     "2024-01-01,12:34:56.789,2024-02-30 24:00:00,2024-01-01 00:00:00+01:00,",
                     kIgnore),
              ElementsAre("2024-02-29|12:34:56|2024-02-29 12:34:56.789|2024-02-29 12:34:56.789|x'6869'",
                          "2024-02-09|<NULL>|<NULL>|<NULL>|<NULL>", "2024-03-01|12:34:00|<NULL>|<NULL>|<NULL>",
                          "<NULL>|<NULL>|2024-01-01 00:00:00.000|2024-01-01 00:00:00.000|x'6869'",
                          "2024-01-01|12:34:56|2024-03-01 00:00:00.000|<NULL>|x''"));
}

TEST(CsvDecoder, Quotes) {
  const Schema schema = {{"a", kText}, {"b", kText}};
  EXPECT_THAT(Decode(schema, "\"a\nb\",2\nc,3"), ElementsAre("a\nb|2", "c|3"));
  EXPECT_THAT(Decode(schema, "\"a\"\"b\",\"c,d\"\n\"x\"y,z\n x,\"q\" \n \"w\",e", kIgnore),
              ElementsAre("a\"b|c,d", " x|q", " \"w\"|e"));
  EXPECT_THAT(Decode(schema, "\"x\"y,z").back(), HasSubstr("Unexpected character ('y'"));
  EXPECT_THAT(Decode(schema, "\"unterminated,z").back(), HasSubstr("Missing closing quote for value"));
  EXPECT_THAT(Decode(schema, "a\"b,c\r\n'd',e\r\n"), ElementsAre("a\"b|c", "'d'|e"));
}

TEST(CsvDecoder, Options) {
  const Schema schema = {{"s", kText}, {"n", kInt}};
  EXPECT_THAT(Decode(schema, "a\\,b,1\n\"c\\\"d\",2\n\\n,3", {{"escape-character", "\\"}}),
              ElementsAre("a,b|1", "c\"d|2", "\n|3"));
  EXPECT_THAT(Decode(schema, "x,2\n#c,5\n\"#d\",4\n # z", {{"allow-comments", "true"}}), ElementsAre("x|2", "#d|4"));
  EXPECT_THAT(Decode(schema,
                     "x\x01"
                     "2",
                     {{"field-delimiter", "\\u0001"}}),
              ElementsAre("x|2"));
  EXPECT_THAT(Decode(schema, ",7\nnull,9\nN,N", {{"null-literal", "N"}}), ElementsAre("|7", "null|9", "<NULL>|<NULL>"));
  EXPECT_THAT(Decode(schema, "", {{"quote-character", "ab"}}),
              ElementsAre("ERROR Option 'csv.quote-character' must be a string with single character, but was: ab"));
  EXPECT_THAT(Decode({{"m", DataType::Map(kText, kInt)}}, "x"),
              ElementsAre("ERROR Unsupported type 'MAP<STRING, INT>' for field 'm'."));
}

TEST(CsvDecoder, Nested) {
  const Schema schema = {{"a", DataType::Array(kInt)}, {"r", DataType::Row({{"x", kInt}, {"y", kText}})}};
  const std::string text = "1;2;3,4;z\n,\n1;x;2,5\n7,;\n\"1;2\",\"1;q\"";
  EXPECT_THAT(Decode(schema, text, kIgnore),
              ElementsAre("[1, 2, 3]|(4, z)", "[]|<NULL>", "[1, NULL, 2]|(5, NULL)", "[7]|(NULL, )", "[1, 2]|(1, q)"));
  EXPECT_THAT(Decode(schema, text, kIgnore, {{1, 1}}), ElementsAre("z", "<NULL>", "<NULL>", "", "q"));
  EXPECT_THAT(Decode({{"a", DataType::Array(kText)}, {"b", kInt}}, "x|y||z,1\n|,2", {{"array-element-delimiter", "|"}}),
              ElementsAre("[x, y, , z]|1", "[, ]|2"));
}

TEST(CsvDecoder, MutatedInput) {
  const Schema schema = {{"a", kInt}, {"s", kText}, {"l", DataType::Array(kText)}, {"t", DataType::TimestampType(3)}};
  const std::string seed = "1,\"te\"\"xt, quoted\",x;y,2024-02-29 12:34:56.7\n2,plain \\n,,\n# c\n\"3\",日本,;;,1\r\n";
  SeededRandom random(7);
  constexpr std::string_view kBytes = "\",;\\\n\r#x \x01\xFF";
  for (int round = 0; round < 3000; ++round) {
    std::string text = seed;
    for (uint64_t n = 1 + random.Below(6); n > 0; --n) {
      const size_t at = random.Below(text.size());
      if (random.Below(2) == 0) {
        text[at] = kBytes[random.Below(kBytes.size())];
      } else {
        text.erase(at, 1 + random.Below(4));
      }
      if (text.empty()) text = "x";
    }
    OptionMap options = {{"escape-character", "\\"}, {"allow-comments", "true"}};
    if (round % 2 == 0) options["ignore-parse-errors"] = "true";
    EXPECT_EQ(test::DecodeAll(CsvFormat(), schema, options, text),
              test::DecodeAll(CsvFormat(), schema, options, text, {}, 1 + random.Below(20)))
        << text;
  }
}

std::string Encode(const std::vector<std::pair<DataType, Value>>& row, const OptionMap& options = {}) {
  Batch batch;
  batch.length = 1;
  EncodeRequest request;
  request.options = options;
  for (const auto& [type, value] : row) {
    ColumnPtr column = Column::Make(type, 0);
    column->AppendValue(value);
    batch.columns.push_back(column);
    request.schema.push_back({"c" + std::to_string(request.schema.size()), type});
  }
  auto encoder = CsvFormat().make_encoder(request);
  if (!encoder.ok()) return "ERROR " + encoder.error().message();
  std::string out;
  const Status status = (*encoder)->Encode(batch, 0, out);
  return status.ok() ? out : "ERROR " + status.error().message();
}

std::string EncodeTexts(const std::string& a, const Value& b, const OptionMap& options = {}) {
  return Encode({{kText, Value::String(a)}, {kText, b}}, options);
}

TEST(CsvEncoder, Quoting) {
  EXPECT_EQ(EncodeTexts("a\"b", Value::String("x y")), "\"a\"\"b\",\"x y\"");
  EXPECT_EQ(EncodeTexts("", Value::Null()), ",");
  EXPECT_EQ(EncodeTexts("#c", Value::String("a'b")), "\"#c\",\"a'b\"");
  EXPECT_EQ(EncodeTexts("a;b", Value::String("a\tb")), "a;b,\"a\tb\"");
  EXPECT_EQ(EncodeTexts("-", Value::String("é")), "-,é");
  EXPECT_EQ(EncodeTexts("1.5", Value::String("\\")), "1.5,\"\\\"");
  EXPECT_EQ(EncodeTexts("a_b", Value::String("x:y")), "a_b,x:y");
  EXPECT_EQ(EncodeTexts("", Value::Null(), {{"null-literal", "NIL"}}), ",NIL");
  EXPECT_EQ(EncodeTexts("a\"b", Value::String("x,y"), {{"disable-quote-character", "true"}}), "a\"b,x,y");
  EXPECT_EQ(EncodeTexts("a\"b", Value::String("x;y"), {{"field-delimiter", ";"}, {"quote-character", "~"}}),
            "~a\"b~;~x;y~");
}

TEST(CsvEncoder, Values) {
  EXPECT_EQ(Encode({{DataType::Float(), Value::Double(1e10)},
                    {DataType::Decimal(10, 2), Value::Decimal(150)},
                    {DataType::Boolean(), Value::Bool(true)},
                    {DataType::Binary(2), Value::String("\x0A\xFF")},
                    {DataType::Date(), Value::Int(19723)},
                    {DataType::TimestampType(3), Value::Int(1704110400120)},
                    {DataType::TimestampLtz(3), Value::Int(1704110400120)}}),
            "1.0E10,1.5,true,Cv8=,2024-01-01,\"2024-01-01 12:00:00.12\",\"2024-01-01 12:00:00.12Z\"");
  EXPECT_EQ(Encode({{DataType::Decimal(20, 10), Value::Decimal(10)}, {DataType::Decimal(30, 0), Value::Decimal(100)}}),
            "1E-9,1E+2");
  EXPECT_EQ(Encode({{DataType::Array(kInt), Value::List({Value::Int(1), Value::Null(), Value::Int(3)})},
                    {DataType::Row({{"x", kInt}, {"y", kText}}), Value::List({Value::Int(1), Value::String("q;w")})},
                    {kInt, Value::Null()}}),
            "1;;3,1;q;w,");
  EXPECT_EQ(Encode({{DataType::Array(kText),
                     Value::List({Value::String("a"), Value::String("b,c"), Value::String("d\"e")})}}),
            "\"a;b,c;d\"\"e\"");
}

}  // namespace
}  // namespace sluice::engine
