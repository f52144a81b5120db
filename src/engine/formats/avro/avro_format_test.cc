// Bytes by hand from the Avro specification and the schema that Flink derives from a table.
#include <gtest/gtest.h>

#include "engine/formats/format_for_test.h"

namespace sluice::engine {
namespace {

Schema Everything() {
  return {{"b", DataType::Boolean(), ""},
          {"i", DataType::Integer().NotNull(), ""},
          {"l", DataType::Bigint(), ""},
          {"f", DataType::Float(), ""},
          {"d", DataType::Double(), ""},
          {"s", DataType::String(), ""},
          {"n", DataType::Decimal(10, 2), ""},
          {"dt", DataType::Date(), ""},
          {"ts", DataType::TimestampType(3), ""},
          {"a", DataType::Array(DataType::Integer()), ""},
          {"m", DataType::Map(DataType::String(), DataType::Integer()), ""},
          {"r", DataType::Row({{"x", DataType::Integer(), ""}, {"y", DataType::String(), ""}}), ""}};
}

std::string Bytes() {
  using namespace std::string_literals;
  return "\x02\x01"s                              // b: true
         "\x03"s                                  // i: -2
         "\x02\x80\x01"s                          // l: 64
         "\x02\x00\x00\xC0\x3F"s                  // f: 1.5
         "\x02\x00\x00\x00\x00\x00\x00\x04\xC0"s  // d: -2.5
         "\x02\x24"
         "a string of bytes."s        // s
         "\x02\x04\xFF\x38"s          // n: -200 = -2.00
         "\x02\x02"s                  // dt: 1
         "\x02\xD0\x0F"s              // ts: 1000 ms
         "\x02\x04\x02\x02\x00\x00"s  // a: [1, NULL]
         "\x02\x01\x08\x02"
         "k\x02\x04\x00"s      // m: a block with its size, {k=2}
         "\x02\x02\x0A\x00"s;  // r: (5, NULL)
}

std::vector<ColumnPtr> Decode(const Schema& schema, const std::string& bytes, std::vector<std::vector<int>> paths,
                              std::string* error) {
  DecodeRequest request;
  request.physical = schema;
  request.paths = std::move(paths);
  std::vector<ColumnPtr> columns;
  for (const auto& path : request.paths) {
    DataType type = schema[static_cast<size_t>(path[0])].type;
    for (size_t k = 1; k < path.size(); ++k) type = type.child(static_cast<size_t>(path[k]));
    request.types.push_back(type);
    columns.push_back(Column::Make(type, 0));
  }
  auto decoder = AvroFormat().make_decoder(request);
  std::vector<RowKind> kinds;
  const Status status = (*decoder)->DecodeMessage(test::Chunk(bytes), 0, bytes.size(), columns, kinds);
  if (!status.ok()) *error = status.error().message();
  return columns;
}

std::string Text(const std::vector<ColumnPtr>& columns) {
  std::string out;
  for (const ColumnPtr& column : columns) {
    if (!out.empty()) out += "|";
    AppendText(out, *column, 0, *TimeZone::Utc());
  }
  return out;
}

TEST(Avro, ReadsEveryType) {
  std::string error;
  std::vector<std::vector<int>> all;
  for (int i = 0; i < 12; ++i) all.push_back({i});
  const auto columns = Decode(Everything(), Bytes(), all, &error);
  EXPECT_EQ(error, "");
  EXPECT_EQ(
      Text(columns),
      "TRUE|-2|64|1.5|-2.5|a string of bytes.|-2.00|1970-01-02|1970-01-01 00:00:01.000|[1, NULL]|{k=2}|(5, NULL)");
}

TEST(Avro, ReadsOnlyWhatIsAskedFor) {
  std::string error;
  EXPECT_EQ(Text(Decode(Everything(), Bytes(), {{11, 0}, {8}, {11, 1}}, &error)), "5|1970-01-01 00:00:01.000|<NULL>");
  EXPECT_EQ(error, "");
}

TEST(Avro, WritesWhatItReads) {
  std::string error;
  std::vector<std::vector<int>> all;
  for (int i = 0; i < 12; ++i) all.push_back({i});
  Batch batch;
  batch.columns = Decode(Everything(), Bytes(), all, &error);
  batch.length = 1;
  std::string out;
  ASSERT_TRUE((*AvroFormat().make_encoder({Everything(), {}}))->Encode(batch, 0, out).ok());
  std::string expected = Bytes();
  // Blocks are written without their size.
  expected.replace(expected.find("\x01\x08\x02k"), 4, "\x02\x02k");
  EXPECT_EQ(out, expected);
}

TEST(Avro, BrokenBytesAreRefusedNotRead) {
  std::vector<std::vector<int>> all;
  for (int i = 0; i < 12; ++i) all.push_back({i});
  for (size_t size = 0; size < Bytes().size(); ++size) {
    std::string error;
    Decode(Everything(), Bytes().substr(0, size), all, &error);
    EXPECT_NE(error.find("Failed to deserialize Avro record"), std::string::npos) << size;
  }
}

TEST(Avro, TypesThatFlinkRefuses) {
  const Format format = AvroFormat();
  auto check = [&](const DataType& type, const OptionMap& options) {
    const Status status = format.descriptor.validate(options, {{"c", type, ""}});
    return status.ok() ? "" : status.error().message();
  };
  EXPECT_EQ(check(DataType::TimestampType(6), {}),
            "Avro does not support TIMESTAMP type with precision: 6, it only supports precision less than 3.");
  EXPECT_EQ(check(DataType::TimestampType(6), {{"timestamp_mapping.legacy", "false"}}), "");
  EXPECT_EQ(check(DataType::TimestampLtz(3), {}), "Unsupported to derive Schema for type: TIMESTAMP_LTZ(3)");
  EXPECT_EQ(check(DataType::Map(DataType::Integer(), DataType::Integer()), {}),
            "Avro format doesn't support non-string as key type of map. The key type is: INT");
}

}  // namespace
}  // namespace sluice::engine
