// Building the output of operators that answer a row with its old and new result.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/columnar/batch.h"

namespace sluice::engine {

/// changed[i] |= 1 where a and b differ at position i, for i in rows. Values compare as Flink's generated equaliser
/// does: NULLs are equal, numbers by ==, so that NaN differs from itself and 0.0 equals -0.0.
void MarkChanged(const Column& a, const Column& b, const Rows& rows, uint8_t* changed);

/// Output rows in the making: each takes its values either from "before" or from "after" columns at a position.
struct ChangelogRows {
  static constexpr uint32_t kAfter = 0x80000000u;
  std::vector<uint32_t> sources;  // position, with kAfter if the values come from the after columns
  std::vector<RowKind> kinds;

  void Add(size_t position, bool after, RowKind kind) {
    sources.push_back(static_cast<uint32_t>(position) | (after ? kAfter : 0));
    kinds.push_back(kind);
  }
  size_t size() const { return sources.size(); }
  void Clear() {
    sources.clear();
    kinds.clear();
  }
  /// The rows' values of a column that has a before and an after (the same column twice for keys).
  ColumnPtr Take(const Column& before, const Column& after) const;
  /// The watermarks that hold before the rows, from those before their positions.
  std::vector<int64_t> TakeWatermarks(const std::vector<int64_t>& watermark_before) const;
  bool AllInserts() const;
};

}  // namespace sluice::engine
