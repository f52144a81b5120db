#include "engine/connectors/splits/record_decoder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::engine::splits {
namespace {

class RecordDecoderTest : public testing::Test {
 protected:
  void Columns(Schema schema) {
    node_.table.physical = schema;
    for (size_t i = 0; i < schema.size(); ++i) node_.projection.push_back({static_cast<int>(i)});
    output_ = std::move(schema);
  }
  void Metadata(const std::string& key, const DataType& type) {
    node_.table.metadata.push_back({key, key, type, true});
    output_.push_back({key, type});
  }
  void Make(const RecordLayout& layout) {
    auto made = RecordDecoder::Make(node_, output_, layout, "UTC");
    ASSERT_TRUE(made.ok()) << made.error().ToString();
    decoder_ = std::move(*made);
  }
  /// Rows as "+I [a, 1]"; or the error and the record's number.
  std::vector<std::string> Decode(const std::vector<Record>& records) {
    size_t failed = 999;
    auto number = [](size_t, const RowOrigins& origins) -> Result<ColumnPtr> {
      ColumnPtr column = Column::Make(DataType::Bigint(), 0);
      for (size_t i = 0; i < origins.rows; ++i) column->Append<int64_t>(static_cast<int64_t>(origins[i]));
      return column;
    };
    Result<Batch> batch = decoder_->Decode(records, number, &failed);
    if (!batch.ok()) return {std::to_string(failed) + ": " + batch.error().message()};
    std::vector<std::string> rows;
    for (size_t i = 0; i < batch->length; ++i) {
      std::string row = std::string(RowKindText(batch->kind(i))) + " [";
      for (size_t c = 0; c < batch->columns.size(); ++c) {
        const Column& column = *batch->columns[c];
        row += c == 0 ? "" : ", ";
        row += column.IsNull(i)                             ? "NULL"
               : column.physical() == PhysicalType::kString ? std::string(column.string_at(i))
               : column.physical() == PhysicalType::kInt32  ? std::to_string(column.at<int32_t>(i))
                                                            : std::to_string(column.at<int64_t>(i));
      }
      rows.push_back(row + "]");
    }
    return rows;
  }

  const Format json_ = JsonFormat(), raw_ = RawFormat();
  SourceNode node_;
  Schema output_;
  std::unique_ptr<RecordDecoder> decoder_;
};

using Rows = std::vector<std::string>;

TEST_F(RecordDecoderTest, ValuesInABatchWithTheNumberOfTheirRecord) {
  Columns({{"a", DataType::Integer()}, {"b", DataType::String()}});
  Metadata("n", DataType::Bigint());
  Make(PlainLayout(node_.table, json_, {}));
  EXPECT_EQ(Decode({{{}, R"({"a":1,"b":"a text longer than twelve"})"}, {{}, R"({"a":2})"}}),
            (Rows{"+I [1, a text longer than twelve, 0]", "+I [2, NULL, 1]"}));
  // A pretty-printed record, an array of two, nothing, and an empty array: rows keep their record's number.
  EXPECT_EQ(Decode({{{}, "{\n\"a\":1}"}, {{}, R"([{"a":2},{"a":3}])"}, {{}, {}}, {{}, "[]"}, {{}, R"({"a":4})"}}),
            (Rows{"+I [1, NULL, 0]", "+I [2, NULL, 1]", "+I [3, NULL, 1]", "+I [4, NULL, 4]"}));
  EXPECT_EQ(decoder_->skipped(), 2);
  EXPECT_EQ(Decode({}), Rows());
}

TEST_F(RecordDecoderTest, MalformedRecordsFailByTheirNumberOrAreSkipped) {
  Columns({{"a", DataType::Integer()}});
  Make(PlainLayout(node_.table, json_, {}));
  const std::vector<Record> records = {{{}, R"({"a":1})"}, {{}, "{broken"}, {{}, R"({"a":3})"}};
  const Rows failure = Decode(records);
  ASSERT_EQ(failure.size(), 1u);
  EXPECT_TRUE(failure[0].starts_with("1: Failed to deserialize JSON '{broken'")) << failure[0];
  Make(PlainLayout(node_.table, json_, {{"ignore-parse-errors", "true"}}));
  EXPECT_EQ(Decode(records), (Rows{"+I [1]", "+I [3]"}));
  EXPECT_EQ(decoder_->skipped(), 1);
}

TEST_F(RecordDecoderTest, RawKeepsEveryByte) {
  Columns({{"line", DataType::String()}});
  Make(PlainLayout(node_.table, raw_, {}));
  EXPECT_EQ(Decode({{{}, "a\r"}, {{}, "b\nc"}, {{}, {}}}), (Rows{"+I [a\r]", "+I [b\nc]", "+I [NULL]"}));
}

TEST_F(RecordDecoderTest, KeysWithAPrefixStandBesideTheValue) {
  Columns({{"k_id", DataType::Integer()}, {"id", DataType::Integer()}});
  RecordLayout layout;
  layout.value_format = layout.key_format = &json_;
  layout.key_fields = {0};
  layout.value_fields = {1};
  layout.key_prefix = "k_";
  Make(layout);
  EXPECT_EQ(Decode({{R"({"id":7})", R"({"id":1})"}, {{}, R"({"id":2})"}, {R"({"id":9})", R"([{"id":3},{"id":4}])"}}),
            (Rows{"+I [7, 1]", "+I [9, 3]", "+I [9, 4]"}))
      << "a record without a key makes no row";
}

TEST_F(RecordDecoderTest, ANullValueDeletesTheKeysRowInUpsertMode) {
  Columns({{"id", DataType::Integer()}, {"name", DataType::String()}});
  Metadata("n", DataType::Bigint());
  RecordLayout layout;
  layout.value_format = layout.key_format = &json_;
  layout.key_fields = {0};
  layout.value_fields = {0, 1};
  layout.upsert = true;
  Make(layout);
  EXPECT_EQ(Decode({{R"({"id":7})", R"({"id":7,"name":"seven"})"}, {R"({"id":7})", {}}}),
            (Rows{"+I [7, seven, 0]", "-D [7, NULL, 1]"}));
}

}  // namespace
}  // namespace sluice::engine::splits
