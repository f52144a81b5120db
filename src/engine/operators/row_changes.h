// Output of operators that keep whole rows as bytes and answer with changes to them (Top-N, deduplication).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/columnar/row_block.h"
#include "engine/operators/operator_parts.h"

namespace sluice::engine {

class RowChanges {
 public:
  /// `columns`: how many of the output's columns the rows fill; a last one is the rank, if there is one more.
  void Start(const Schema& output, size_t columns) {
    output_ = &output;
    row_columns_ = columns;
    Reset();
  }
  /// Watermark that holds for the rows added from now on; used if any row was given one.
  void SetWatermark(int64_t watermark) {
    watermark_ = watermark;
    per_row_ = true;
  }
  void Add(RowKind kind, std::string_view row, int64_t rank = 0) {
    rows_.Add(row);
    if (batch_.columns.size() > row_columns_) batch_.columns.back()->Append(rank);
    batch_.kinds.push_back(kind);
    batch_.watermark_before.push_back(watermark_);
    ++batch_.length;
  }
  Status Flush(Output& out) {
    if (batch_.length == 0) return {};
    rows_.MoveTo(std::span<const ColumnPtr>(batch_.columns.data(), row_columns_));
    Batch ready = std::move(batch_);
    if (!per_row_) ready.watermark_before.clear();
    Reset();
    return out.Emit(std::move(ready));
  }

 private:
  void Reset() {
    batch_ = Batch();
    for (const RowField& field : *output_) batch_.columns.push_back(Column::Make(field.type, 0));
  }

  const Schema* output_ = nullptr;
  size_t row_columns_ = 0;
  int64_t watermark_ = kNoWatermark;
  bool per_row_ = false;
  RowBlock rows_;  // of batch_, whose columns they become
  Batch batch_;
};

}  // namespace sluice::engine
