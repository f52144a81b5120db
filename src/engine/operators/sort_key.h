// Sort keys as bytes: memcmp order of the bytes is the order that ORDER BY asks for.
#pragma once

#include <string>
#include <vector>

#include "engine/columnar/column.h"
#include "engine/plan/physical_plan.h"

namespace sluice::engine {

/// Appends the key of row `row`. Columns of nested types have no order: SortableTypes says so beforehand.
void EncodeSortKey(const std::vector<SortKey>& keys, const std::vector<ColumnPtr>& columns, size_t row,
                   std::string& out);
bool SortableTypes(const std::vector<SortKey>& keys, const Schema& schema);

}  // namespace sluice::engine
