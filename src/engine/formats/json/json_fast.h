// The fast path of the json decoder: one validating pass over a record of the expected shape, straight into columns.
//
// It accepts a subset of what the Tokenizer and Converter accept (plain objects in one line, values of the declared
// types, each field at most once) and gives the same answer there. For everything else it gives up, and the caller
// decodes the record again with the slow path, which knows Flink's coercions and errors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/columnar/column.h"
#include "engine/formats/json/json_convert.h"
#include "engine/formats/json/json_options.h"
#include "engine/formats/json/json_plan.h"

namespace sluice::engine::json {

/// Not thread-safe. The plan and the options must outlive it.
class FastParser {
 public:
  enum class Rules : uint8_t { kPullParser, kTree };

  /// `rules`: whose coercions the slow path has; the fast path leaves to it what the two would read differently.
  FastParser(const ReadPlan& plan, const JsonOptions& options, Rules rules);

  /// False if the plan is none for the fast path (odd field names, the tree parser's rules).
  bool usable() const { return usable_; }
  /// The columns that Parse writes to and the buffer that strings may point into, until the next Bind.
  void Bind(const std::vector<ColumnPtr>& columns, const std::shared_ptr<const Buffer>& chunk);
  /// Decodes the record at `p` into row `row`, whose slots are as Resize made them. Answers the byte after its closing
  /// brace, or null if the slow path must do it (the slots then hold anything). Bytes up to limit + kPadding can be
  /// read; only those before `limit` count.
  const char* Parse(const char* p, const char* limit, size_t row);
  /// The byte after the value at `p`, or null if it is not plain. For records around the one that is parsed.
  const char* Skip(const char* p, const char* limit);

 private:
  enum class Op : uint8_t { kSkip, kObject, kInt, kBoolean, kString, kTimestamp, kFloat, kDouble, kOther };
  struct Object;
  struct Field {
    std::string key;  // with its quotes
    Op op = Op::kSkip;
    bool counts = false;  // a field of the ROW, not one that only the data has
    int bits = 64;
    int output = -1;
    Column* column = nullptr;
    std::unique_ptr<Object> object;
    uint64_t stamp = 0;  // visit that saw the field
  };
  struct Object {
    std::vector<Field> fields;
    std::vector<uint16_t> order;  // field met at each position of the last record
    size_t known = 0;             // fields[0, known) are the ROW's
    int output = -1;
    Column* column = nullptr;  // the whole ROW is an output
    std::vector<int> outputs;  // columns below, if it is not
    std::vector<Column*> columns;
  };
  struct DateCache {
    char text[10] = {};
    int64_t millis = 0;
  };

  void Compile(const std::vector<FieldPlan>& fields, Object& object);
  void CompileField(const FieldPlan& plan, Field& field);
  static void CompileWhole(const DataType& type, Field& field);
  static void BindObject(Object& object, const std::vector<ColumnPtr>& columns);
  static void BindField(Field& field, Column* column);

  const char* ParseObject(Object& object, const char* p);
  const char* FindField(Object& object, const char* p, size_t position, Field** found);
  const char* ParseValue(Field& field, const char* p);
  const char* ParseInt(const Field& field, const char* p);
  const char* ParseFloating(const Field& field, const char* p);
  const char* ParseString(const Field& field, const char* p);
  const char* ParseTimestamp(const Field& field, const char* p);
  const char* ParseOther(const Field& field, const char* p);
  void SetNull(const Field& field);
  void SetObjectNull(const Object& object);

  const char* ScanString(const char* p, bool* escaped, bool* ascii) const;
  const char* SkipString(const char* p) const;
  const char* SkipNumber(const char* p) const;
  const char* SkipValue(const char* p, int depth) const;
  const char* SkipContainer(const char* p, int depth) const;

  const JsonOptions& options_;
  JsonOptions strict_;  // the options without ignore-parse-errors: a bad value must reach the slow path
  Converter converter_;
  Tokenizer tokens_;
  Object root_;
  const bool tree_;
  const bool decimals_;
  bool usable_ = true;
  std::shared_ptr<const Buffer> chunk_;
  const char* limit_ = nullptr;
  size_t row_ = 0;
  uint64_t stamp_ = 0;
  DateCache date_;
  std::string scratch_;
};

}  // namespace sluice::engine::json
