// JSON trees into columns, with the coercions of Flink's JsonToRowDataConverters.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/columnar/column.h"
#include "engine/formats/json/json_options.h"
#include "engine/formats/json/json_plan.h"
#include "engine/formats/json/json_tree.h"

namespace sluice::engine::json {

/// Not thread-safe. The options must outlive it.
class TreeConverter {
 public:
  /// `decimals`: some column of the record is a DECIMAL, so that numbers with a fraction are read as BigDecimal.
  TreeConverter(const JsonOptions& options, bool decimals) : options_(options), decimals_(decimals) {}

  /// The document whose nodes are converted next, and the buffer that its text lies in, so that strings may stay views
  /// into it (null: copy them).
  void Use(const Document* document, std::shared_ptr<const Buffer> chunk) {
    document_ = document;
    chunk_ = std::move(chunk);
  }

  /// Writes the value into row `i`, which exists and may hold anything. No node, a null, or a bad value under
  /// ignore-parse-errors becomes NULL. False, with error(), if the record is to be refused.
  bool Convert(const Node* node, Column& column, size_t i);

  /// The fields of a ROW of which some are outputs, into row `i` of the columns; a value that is no object is refused.
  bool ReadFields(const std::vector<FieldPlan>& fields, const Node& object, const std::vector<ColumnPtr>& columns,
                  size_t i);
  /// One of them.
  bool ReadField(const FieldPlan& field, const Node* node, const std::vector<ColumnPtr>& columns, size_t i);

  bool decimals() const { return decimals_; }
  const std::string& error() const { return error_; }

 private:
  bool ConvertNotNull(const Node& node, Column& column, size_t i);
  bool ConvertScalar(const Node& node, Column& column, size_t i);
  bool ConvertFloating(const Node& node, Column& column, size_t i);
  bool ConvertString(const Node& node, Column& column, size_t i);
  bool ConvertBytes(const Node& node, Column& column, size_t i);
  bool ConvertDecimal(const Node& node, Column& column, size_t i);
  bool ConvertArray(const Node& node, Column& column, size_t i);
  bool ConvertMap(const Node& node, Column& column, size_t i);
  bool ConvertRow(const Node& node, Column& column, size_t i);
  bool Missing(const std::string& name);
  bool AtField(const std::string& name);
  bool Fail(std::string message);

  const JsonOptions& options_;
  const bool decimals_;
  const Document* document_ = nullptr;
  std::shared_ptr<const Buffer> chunk_;
  std::string error_;
  std::string scratch_;
};

/// Every output at or below the fields becomes NULL in row `i`.
void SetOutputsNull(const std::vector<FieldPlan>& fields, const std::vector<ColumnPtr>& columns, size_t i);

}  // namespace sluice::engine::json
