// Avro's binary encoding into column slots: the bytes follow the schema that they were written with, fields are found
// by name, numbers grow where Avro lets them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/columnar/column.h"
#include "engine/formats/avro/avro_schema.h"

namespace sluice::engine::avro {

/// Not thread-safe.
class ValueReader {
 public:
  /// `tree` must outlive the reader.
  explicit ValueReader(const SchemaTree& tree) : tree_(tree) {}

  /// The bytes, which lie in `chunk`: strings may stay views into it.
  void Start(std::string_view bytes, std::shared_ptr<const Buffer> chunk) {
    at_ = bytes.data();
    limit_ = at_ + bytes.size();
    chunk_ = std::move(chunk);
  }
  size_t left() const { return static_cast<size_t>(limit_ - at_); }

  /// A value of the node into row `i`, which exists and may hold anything. False: the bytes end early or are no such
  /// value, or one that the column cannot hold.
  bool Read(int node, Column& column, size_t i);
  bool Skip(int node);
  bool ReadLong(int64_t* out);
  bool ReadBytes(std::string_view* out);

 private:
  bool ReadNumber(const SchemaNode& node, Column& column, size_t i);
  bool ReadText(const SchemaNode& node, Column& column, size_t i);
  bool ReadDecimal(std::string_view bytes, Column& column, size_t i);
  bool ReadArray(const SchemaNode& node, Column& column, size_t i);
  bool ReadMap(const SchemaNode& node, Column& column, size_t i);
  bool ReadRecord(int node, Column& column, size_t i);
  bool ReadRaw(const SchemaNode& node, std::string_view* out);
  bool Take(size_t size, std::string_view* out);
  bool Union(const SchemaNode& node, int* branch);
  template <typename F>
  bool ReadBlocks(F&& item);

  const SchemaTree& tree_;
  const char* at_ = nullptr;
  const char* limit_ = nullptr;
  int depth_ = 0;
  std::shared_ptr<const Buffer> chunk_;
};

/// Fails, in Avro's words, if values of the node cannot become the type. `path`: of the field, for the message.
Status CheckReadable(const SchemaTree& tree, int node, const DataType& type, const std::string& path);

/// Reads records of one schema as the columns of a request. Not thread-safe.
class RecordReader {
 public:
  /// kData if a column's type does not fit the schema's. `tree` must outlive the reader.
  static Result<std::unique_ptr<RecordReader>> Make(const SchemaTree& tree, const Schema& physical,
                                                    const std::vector<std::vector<int>>& paths);

  ValueReader& values() { return values_; }
  /// One record into row `row` of the columns, which exists. On failure `field()` is the field that failed.
  bool Read(std::vector<ColumnPtr>& columns, size_t row);
  bool Skip();
  const std::string& field() const { return *failed_; }

 private:
  /// One of the schema's fields: skipped, read into an output, or read aside for its parts.
  struct Field {
    int node = 0;
    std::string name;
    int output = -1;
    ColumnPtr aside;  // one row
    DataType type;
  };
  struct Part {
    size_t output = 0;
    int field = -1;  // -1: the schema has none, the value is NULL
    std::vector<int> path;
  };

  explicit RecordReader(const SchemaTree& tree) : tree_(tree), values_(tree) {}
  void CopyPart(const Part& part, std::vector<ColumnPtr>& columns, size_t row) const;

  const SchemaTree& tree_;
  ValueReader values_;
  std::vector<Field> fields_;
  std::vector<Part> parts_;
  const std::string* failed_ = nullptr;
  const std::string union_name_ = "(record)";
};

}  // namespace sluice::engine::avro
