// Arrow arrays as columns: fixed-width values are copied in one piece, strings stay views into Arrow's memory.
#pragma once

#include <memory>

#include "base/result.h"
#include "engine/columnar/column.h"
#include "engine/formats/arrow/c_data.h"

namespace sluice::engine::arrow_files {

/// An array of rows, or of a column, with its type and what keeps its memory alive.
struct ArrayView {
  const ArrowSchema* schema = nullptr;
  const ArrowArray* array = nullptr;
  std::shared_ptr<const Buffer> owner;
};

enum class Conversions : uint8_t {
  kStored,   // parquet: a column's stored type must be that of the table; decimals keep their digits, not their value
  kWidened,  // orc: numbers are converted, what does not fit is NULL; strings are cut to VARCHAR's length
};

/// Rows [from, from + count) of a column of the array, relative to its own offset, as `type`. kData if its type is not
/// one that the table's type can be read from.
Result<ColumnPtr> ImportColumn(const ArrayView& view, int64_t from, int64_t count, const DataType& type,
                               Conversions conversions);

/// The child of that name; null if there is none.
ArrayView FieldOf(const ArrayView& view, const std::string& name);

}  // namespace sluice::engine::arrow_files
