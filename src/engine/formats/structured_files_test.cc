// Parquet, ORC and Avro files: what is written is read back, whole, by ranges and from any row on; broken bytes end in
// an error. Against files of others: tests/formats.
#include <gtest/gtest.h>

#include <random>

#include "engine/formats/arrow/arrow_library.h"
#include "engine/formats/format_for_test.h"
#include "engine/formats/memory_file_for_test.h"

namespace sluice::engine {
namespace {

using test::MemoryFile;
using test::MemorySink;

struct Subject {
  const char* name;
  Format (*format)();
  OptionMap options;  // so that the file has many units
};

class StructuredFiles : public ::testing::TestWithParam<Subject> {
 protected:
  void SetUp() override {
    const bool arrow = GetParam().name != std::string("avro");
    if (arrow && !arrow_files::LoadArrowModule().ok()) GTEST_SKIP() << "built without Arrow";
  }

  const Schema schema = {{"i", DataType::Integer(), ""},
                         {"s", DataType::String(), ""},
                         {"t", DataType::TimestampType(3), ""},
                         {"d", DataType::Decimal(20, 3), ""},
                         {"r", DataType::Row({{"x", DataType::Bigint(), ""}, {"y", DataType::String(), ""}}), ""},
                         {"a", DataType::Array(DataType::String()), ""},
                         {"m", DataType::Map(DataType::String(), DataType::Boolean()), ""}};

  std::vector<ColumnPtr> Columns(int from, int count) const {
    std::vector<ColumnPtr> columns;
    for (const RowField& f : schema) columns.push_back(Column::Make(f.type, 0));
    for (int i = from; i < from + count; ++i) {
      const Value text =
          i % 5 == 0 ? Value::Null() : Value::String(std::string(static_cast<size_t>(i % 40), 'a' + i % 26));
      columns[0]->AppendValue(i % 7 == 0 ? Value::Null() : Value::Int(i));
      columns[1]->AppendValue(text);
      columns[2]->AppendValue(Value::Int(int64_t{i} * 86'399'999 - 40'000'000'000));
      columns[3]->AppendValue(Value::Decimal(int128_t{i} * 1'000'000'007 - 5));
      columns[4]->AppendValue(i % 11 == 0 ? Value::Null() : Value::List({Value::Int(i), text}));
      columns[5]->AppendValue(i % 13 == 0 ? Value::Null()
                                          : Value::List(std::vector<Value>(static_cast<size_t>(i % 3), text)));
      columns[6]->AppendValue(Value::List({Value::String("k"), i % 2 == 0 ? Value::Null() : Value::Bool(i % 4 == 1)}));
    }
    return columns;
  }

  std::string Written(int batches, int rows) const {
    MemorySink sink;
    auto writer = GetParam().format().create_file({schema, GetParam().options}, &sink);
    EXPECT_TRUE(writer.ok()) << writer.error().message();
    for (int b = 0; b < batches; ++b) {
      EXPECT_TRUE((*writer)->Write(Columns(b * rows, rows), {nullptr, static_cast<size_t>(rows)}).ok());
    }
    EXPECT_TRUE((*writer)->Finish().ok());
    return sink.out;
  }

  static std::string Text(const std::vector<ColumnPtr>& columns, size_t row) {
    std::string out;
    for (const ColumnPtr& column : columns) {
      AppendText(out, *column, row, *TimeZone::Utc());
      out += "|";
    }
    return out;
  }

  /// Rows as text; "ERROR" at the end if reading fails.
  std::vector<std::string> Read(const std::string& bytes, const std::vector<std::vector<int>>& paths,
                                const FileRange& range) const {
    DecodeRequest request;
    request.physical = schema;
    request.paths = paths;
    for (const auto& path : paths) {
      DataType type = schema[static_cast<size_t>(path[0])].type;
      for (size_t k = 1; k < path.size(); ++k) type = type.child(static_cast<size_t>(path[k]));
      request.types.push_back(type);
    }
    std::vector<std::string> rows;
    auto reader = GetParam().format().open_file(request, std::make_shared<MemoryFile>(bytes), range);
    if (!reader.ok()) return {"ERROR"};
    while (true) {
      std::vector<ColumnPtr> columns;
      const Result<size_t> made = (*reader)->Read(100, columns);
      if (!made.ok()) rows.emplace_back("ERROR");
      if (!made.ok() || *made == 0) return rows;
      for (size_t i = 0; i < *made; ++i) rows.push_back(Text(columns, i));
    }
  }

  std::vector<std::string> Expected(int rows, const std::vector<std::vector<int>>& paths) const {
    const std::vector<ColumnPtr> columns = Columns(0, rows);
    std::vector<ColumnPtr> picked;
    for (const auto& path : paths) {
      ColumnPtr column = columns[static_cast<size_t>(path[0])];
      for (size_t k = 1; k < path.size(); ++k) {
        const ColumnPtr& from = column->child(static_cast<size_t>(path[k]));
        ColumnPtr child = Column::Make(from->type(), 0);
        for (size_t row = 0; row < column->size(); ++row) {
          if (column->IsNull(row)) {
            child->AppendNull();
          } else {
            child->AppendFrom(*from, row);
          }
        }
        column = std::move(child);
      }
      picked.push_back(column);
    }
    std::vector<std::string> out;
    for (int i = 0; i < rows; ++i) out.push_back(Text(picked, static_cast<size_t>(i)));
    return out;
  }
  const std::vector<std::vector<int>> all = {{0}, {1}, {2}, {3}, {4}, {5}, {6}};
};

TEST_P(StructuredFiles, AreReadBackWholeInPartsAndFromAnyRow) {
  const std::string bytes = Written(40, 50);
  EXPECT_EQ(Read(bytes, all, {}), Expected(2000, all));
  const std::vector<std::vector<int>> parts = {{4, 1}, {2}, {4, 0}};
  const std::vector<std::string> expected = Expected(2000, parts);
  EXPECT_EQ(Read(bytes, parts, {}), expected);
  for (const size_t skip : {1u, 49u, 50u, 777u, 1999u, 2000u}) {
    EXPECT_EQ(Read(bytes, parts, {0, UINT64_MAX, skip}),
              std::vector<std::string>(expected.begin() + static_cast<long>(skip), expected.end()));
  }
  EXPECT_EQ(Read(bytes, {}, {}).size(), 2000u);
}

TEST_P(StructuredFiles, RangesTileTheFile) {
  const std::string bytes = Written(20, 500);
  const std::vector<std::string> expected = Expected(10'000, all);
  for (const uint64_t pieces : {2u, 7u, 200u}) {
    std::vector<std::string> rows;
    size_t with_rows = 0;
    for (uint64_t k = 0; k < pieces; ++k) {
      const uint64_t begin = bytes.size() * k / pieces, end = bytes.size() * (k + 1) / pieces;
      const auto read = Read(bytes, all, {begin, k + 1 == pieces ? UINT64_MAX : end, 0});
      with_rows += read.empty() ? 0 : 1;
      rows.insert(rows.end(), read.begin(), read.end());
    }
    EXPECT_EQ(rows, expected) << pieces;
    EXPECT_GT(with_rows, 1u) << "the file has one unit only";
  }
}

TEST_P(StructuredFiles, FilesWithoutRows) { EXPECT_TRUE(Read(Written(0, 0), all, {}).empty()); }

TEST_P(StructuredFiles, BrokenBytesEndInAnErrorOrInRows) {
  const std::string good = Written(6, 20);
  std::mt19937 dice(5);
  for (int round = 0; round < 400; ++round) {
    std::string bytes = good;
    if (round % 4 == 0) bytes.resize(dice() % bytes.size());
    for (int k = 0; k < 1 + round % 5 && !bytes.empty(); ++k) {
      bytes[dice() % bytes.size()] = static_cast<char>(round % 2 == 0 ? dice() : 0xFF);
    }
    Read(bytes, all, {});
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, StructuredFiles,
                         ::testing::Values(Subject{"parquet", ParquetFormat, {{"block.size", "20000"}}},
                                           Subject{"orc", OrcFormat, {{"stripe.size", "65536"}, {"compress", "NONE"}}},
                                           Subject{"avro", AvroFormat, {{"codec", "deflate"}}}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace sluice::engine
