// ORDER BY as a comparison of rows.
#pragma once

#include <vector>

#include "engine/columnar/batch.h"
#include "engine/columnar/row_ops.h"
#include "engine/plan/physical_plan.h"

namespace sluice::engine {

/// <0, 0, >0 for two rows under `keys`. NULLs stand where nulls_last says, whatever the direction.
inline int CompareRows(const std::vector<SortKey>& keys, const std::vector<ColumnPtr>& a, size_t i,
                       const std::vector<ColumnPtr>& b, size_t j) {
  for (const SortKey& key : keys) {
    const Column& x = *a[static_cast<size_t>(key.column)];
    const Column& y = *b[static_cast<size_t>(key.column)];
    const bool x_null = x.IsNull(i), y_null = y.IsNull(j);
    if (x_null || y_null) {
      if (x_null && y_null) continue;
      return x_null == key.nulls_last ? 1 : -1;
    }
    const int c = CompareAt(x, i, y, j);
    if (c != 0) return key.ascending ? c : -c;
  }
  return 0;
}

}  // namespace sluice::engine
