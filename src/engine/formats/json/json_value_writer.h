// Column values as JSON text.
#pragma once

#include <span>
#include <string>

#include "engine/columnar/column.h"
#include "engine/formats/json/json_options.h"

namespace sluice::engine::json {

/// Not thread-safe. The options must outlive it.
class ValueWriter {
 public:
  explicit ValueWriter(const JsonOptions& options) : options_(options) {}
  /// Appends row `i` of the column. Fails on a NULL key of a map, unless the options say what to do.
  Status Write(const Column& column, size_t i, std::string& out);
  /// Appends `"name":value` for every field, with braces.
  Status WriteFields(const std::vector<RowField>& fields, std::span<const ColumnPtr> columns, size_t i,
                     std::string& out);

 private:
  void WriteScalar(const Column& column, size_t i, std::string& out);
  Status WriteMap(const Column& column, size_t i, std::string& out);
  Status WriteRow(const Column& column, size_t i, std::string& out);

  const JsonOptions& options_;
};

}  // namespace sluice::engine::json
