// Expected texts were recorded from Apache Flink 2.3 (json format written by the filesystem connector).
#include <gtest/gtest.h>

#include "engine/formats/format.h"
#include "engine/types/datetime.h"

namespace sluice::engine {
namespace {

std::string Encode(const Schema& schema, const std::vector<Value>& row, const OptionMap& options = {}) {
  Batch batch;
  batch.length = 1;
  for (size_t i = 0; i < schema.size(); ++i) {
    ColumnPtr column = Column::Make(schema[i].type, 0);
    column->AppendValue(row[i]);
    batch.columns.push_back(column);
  }
  auto encoder = JsonFormat().make_encoder({schema, options});
  if (!encoder.ok()) return "ERROR " + encoder.error().message();
  std::string out;
  const Status status = (*encoder)->Encode(batch, 0, out);
  return status.ok() ? out : "ERROR " + status.error().message();
}

const int64_t kMidnight = int64_t{DaysFromCivil(2024, 1, 1)} * kMillisPerDay;

TEST(JsonEncoder, ScalarsAndNulls) {
  const Schema schema = {{"id", DataType::Integer()},
                         {"d", DataType::Decimal(20, 10)},
                         {"s", DataType::String()},
                         {"ts", DataType::TimestampType(3)},
                         {"b", DataType::Bytes()}};
  EXPECT_EQ(Encode(schema, {Value::Int(1), Value::Decimal(10), Value::Null(), Value::Int(kMidnight + 120),
                            Value::String("\x0A\xFF")}),
            R"({"id":1,"d":1E-9,"s":null,"ts":"2024-01-01 00:00:00.12","b":"Cv8="})");
}

TEST(JsonEncoder, Options) {
  const Schema schema = {
      {"d", DataType::Decimal(20, 10)}, {"s", DataType::String()}, {"ts", DataType::TimestampType(3)}};
  EXPECT_EQ(Encode(schema, {Value::Decimal(10), Value::Null(), Value::Int(kMidnight + 120)},
                   {{"encode.decimal-as-plain-number", "true"},
                    {"encode.ignore-null-fields", "true"},
                    {"timestamp-format.standard", "ISO-8601"}}),
            R"({"d":0.0000000010,"ts":"2024-01-01T00:00:00.12"})");
}

TEST(JsonEncoder, NullKeysOfMaps) {
  const Schema schema = {{"m", DataType::Map(DataType::String(), DataType::Integer())}};
  const std::vector<Value> row = {Value::List({Value::Null(), Value::Int(1)})};
  EXPECT_EQ(Encode(schema, row),
            "ERROR JSON format doesn't support to serialize map data with null keys. You can drop null key entries or "
            "encode null in literals by specifying map-null-key.mode option.");
  EXPECT_EQ(Encode(schema, row, {{"map-null-key.mode", "LITERAL"}, {"map-null-key.literal", "NIL"}}),
            R"({"m":{"NIL":1}})");
  EXPECT_EQ(Encode(schema, row, {{"map-null-key.mode", "DROP"}}), R"({"m":{}})");
  EXPECT_EQ(Encode(schema, row, {{"map-null-key.mode", "X"}}),
            "ERROR Unsupported value 'X' for option map-null-key.mode. Supported values are [LITERAL, FAIL, DROP].");
}

}  // namespace
}  // namespace sluice::engine
