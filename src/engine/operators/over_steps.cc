#include "engine/operators/over_steps.h"

#include "engine/runtime/interfaces.h"

namespace sluice::engine {

Status OverSteps::Flush(const int64_t* watermark, Output& out) {
  if (rows_.size() == 0) return {};
  Batch batch;
  batch.length = rows_.size();
  for (const RowField& field : input_) batch.columns.push_back(Column::Make(field.type, 0));
  rows_.MoveTo(batch.columns);
  std::vector<ColumnPtr> before, after;
  SLUICE_RETURN_IF_ERROR(
      calls_.UpdateAndRead(batch, Rows{nullptr, batch.length}, accumulators_.data(), ops_.data(), before, after));
  Batch result;
  result.length = shown_.size();
  for (const ColumnPtr& c : batch.columns) {
    result.columns.push_back(Column::Gather(*c, shown_.data(), shown_.size()));
  }
  for (const ColumnPtr& c : after) result.columns.push_back(Column::Gather(*c, values_.data(), values_.size()));
  if (watermark != nullptr) result.watermark_before.assign(result.length, *watermark);
  ops_.clear();
  accumulators_.clear();
  shown_.clear();
  values_.clear();
  return result.length == 0 ? Status() : out.Emit(std::move(result));
}

}  // namespace sluice::engine
