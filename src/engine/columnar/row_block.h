// Encoded rows (row_encoding.h), gathered one by one and turned into columns together.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/columnar/column.h"

namespace sluice::engine {

/// Copies the rows: they may change or go once they are added. Reusable; one thread.
class RowBlock {
 public:
  void Add(std::string_view row) {
    bytes_.append(row);
    ends_.push_back(bytes_.size());
  }
  /// A row of `columns` NULLs.
  void AddNulls(size_t columns) {
    bytes_.append(columns, '\0');
    ends_.push_back(bytes_.size());
  }
  size_t size() const { return ends_.size(); }

  /// Appends all rows to the columns, whose strings share one buffer, and forgets them.
  /// INVARIANT: the rows are of these columns' types.
  void MoveTo(std::span<const ColumnPtr> columns);

 private:
  std::string bytes_;
  std::vector<size_t> ends_;
  std::vector<std::string_view> rows_;
};

}  // namespace sluice::engine
