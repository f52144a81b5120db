// A batch: what flows between operators. Columns of one length, a selection, row kinds and watermarks.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "engine/columnar/column.h"

namespace sluice::engine {

/// A batch whose source has no splits, or that is past the point where they matter.
inline constexpr int32_t kNoSplit = -1;

/// As org.apache.flink.types.RowKind, with its short strings +I, -U, +U, -D.
enum class RowKind : uint8_t { kInsert, kUpdateBefore, kUpdateAfter, kDelete };
inline bool IsAdd(RowKind k) { return k == RowKind::kInsert || k == RowKind::kUpdateAfter; }
const char* RowKindText(RowKind kind);

/// Milliseconds; what Flink starts with and what ends a bounded stream.
inline constexpr int64_t kNoWatermark = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kMaxWatermark = std::numeric_limits<int64_t>::max();

/// The rows an operation is for: `count` positions, dense 0..count-1 if indices is null.
struct Rows {
  const uint32_t* indices = nullptr;
  size_t count = 0;

  bool dense() const { return indices == nullptr; }
  size_t operator[](size_t k) const { return indices ? indices[k] : k; }
  template <typename F>
  void ForEach(F&& f) const {
    if (indices == nullptr) {
      for (size_t i = 0; i < count; ++i) f(i);
    } else {
      for (size_t k = 0; k < count; ++k) f(static_cast<size_t>(indices[k]));
    }
  }
};

/// Owned by whoever holds it; moved from operator to operator. Columns inside are shared and immutable.
struct Batch {
  std::vector<ColumnPtr> columns;
  /// Length of every column (also when there are no columns).
  size_t length = 0;
  /// Positions that are in the batch, ascending; empty and !selected means all `length` rows.
  bool selected = false;
  std::vector<uint32_t> selection;
  /// One a position (not a selected row); empty means all +I.
  std::vector<RowKind> kinds;
  /// One a position: the watermark that holds when the row arrives (emitted after the row before it); ascending.
  /// Empty: no watermark between the rows. Filled only with pipeline.auto-watermark-interval = 0, where Flink sends a
  /// watermark after every row. Filters need not touch it: dropping a row keeps the watermarks around it.
  std::vector<int64_t> watermark_before;
  /// The watermark after the last row; kNoWatermark = no news.
  int64_t watermark = kNoWatermark;
  /// All rows are of this split of their source (a shard, a partition): event time is merged by split. Kept by what
  /// stands between the source and the watermark's assigner.
  int32_t split = kNoSplit;

  Rows rows() const { return selected ? Rows{selection.data(), selection.size()} : Rows{nullptr, length}; }
  size_t row_count() const { return selected ? selection.size() : length; }
  RowKind kind(size_t position) const { return kinds.empty() ? RowKind::kInsert : kinds[position]; }

  /// Only the selected rows, dense; columns are gathered if there is a selection. Watermarks stay in step.
  void Compact();
};

}  // namespace sluice::engine
