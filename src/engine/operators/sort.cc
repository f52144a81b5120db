// ORDER BY: in batch mode the whole input, stable; in streaming mode by event time, as RowTimeSortOperator: rows wait
// for the watermark, late ones are dropped.
#include <algorithm>
#include <map>

#include "engine/columnar/row_encoding.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/row_order.h"

namespace sluice::engine {

namespace {

class BatchSort final : public Operator {
 public:
  BatchSort(const SortNode& node, const Schema& output) : node_(node), output_(output) {}

  Status Open(const TaskContext& context) override {
    batch_rows_ = context.batch_rows;
    return {};
  }

  Status Process(int, Batch batch, Output&) override {
    const auto number = static_cast<uint32_t>(batches_.size());
    batch.rows().ForEach([&](size_t i) { rows_.push_back({number, static_cast<uint32_t>(i)}); });
    batches_.push_back(std::move(batch));
    return {};
  }

  Status EndInput(int, Output& out) override {
    auto before = [&](const RowRef& a, const RowRef& b) {
      return CompareRows(node_.keys, batches_[a.batch].columns, a.row, batches_[b.batch].columns, b.row) < 0;
    };
    const size_t start = std::min<size_t>(rows_.size(), static_cast<size_t>(std::max<int64_t>(node_.offset, 0)));
    size_t end = rows_.size();
    if (node_.limit >= 0) end = std::min(end, start + static_cast<size_t>(node_.limit));
    std::stable_sort(rows_.begin(), rows_.end(), before);
    for (size_t k = start; k < end; k += batch_rows_) {
      SLUICE_RETURN_IF_ERROR(EmitRows(k, std::min(end, k + batch_rows_), out));
    }
    rows_.clear();
    batches_.clear();
    return {};
  }

 private:
  struct RowRef {
    uint32_t batch, row;
  };

  Status EmitRows(size_t start, size_t end, Output& out) {
    Batch result;
    result.length = end - start;
    for (size_t c = 0; c < output_.size(); ++c) {
      ColumnPtr column = Column::Make(output_[c].type, result.length);
      for (size_t k = start; k < end; ++k) {
        column->CopyRow(k - start, *batches_[rows_[k].batch].columns[c], rows_[k].row);
      }
      result.columns.push_back(std::move(column));
    }
    return out.Emit(std::move(result));
  }

  const SortNode node_;
  Schema output_;
  size_t batch_rows_ = 1024;
  std::vector<Batch> batches_;
  std::vector<RowRef> rows_;
};

class EventTimeSort final : public Operator {
 public:
  EventTimeSort(const SortNode& node, const Schema& output) : node_(node), output_(output) {}

  Status Open(const TaskContext&) override { return {}; }

  Status Process(int, Batch batch, Output& out) override {
    const Column& times = *batch.columns[static_cast<size_t>(node_.rowtime_column)];
    const Rows rows = batch.rows();
    for (size_t k = 0; k < rows.count; ++k) {
      const size_t i = rows[k];
      if (!batch.watermark_before.empty()) {
        per_row_ = true;
        SLUICE_RETURN_IF_ERROR(EmitUntil(batch.watermark_before[i], out));
      }
      if (times.IsNull(i) || times.at<int64_t>(i) <= last_emitted_) continue;
      std::string bytes;
      EncodeRow(batch.columns, i, bytes);
      waiting_[times.at<int64_t>(i)].push_back(std::move(bytes));
    }
    return {};
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override { return EmitUntil(watermark, out); }

 private:
  Status EmitUntil(int64_t watermark, Output& out) {
    if (watermark <= watermark_) return {};  // a timer for a time that has passed waits for the next watermark
    while (!waiting_.empty() && waiting_.begin()->first <= watermark) {
      last_emitted_ = waiting_.begin()->first;
      SLUICE_RETURN_IF_ERROR(EmitTime(waiting_.begin()->second, out));
      waiting_.erase(waiting_.begin());
    }
    watermark_ = std::max(watermark_, watermark);
    return {};
  }

  Status EmitTime(const std::vector<std::string>& rows, Output& out) {
    Batch batch;
    batch.length = rows.size();
    for (const RowField& field : output_) batch.columns.push_back(Column::Make(field.type, 0));
    for (const std::string& row : rows) INVARIANT(DecodeRow(row, batch.columns), "a row in state is malformed");
    std::vector<uint32_t> order(rows.size());
    for (uint32_t k = 0; k < order.size(); ++k) order[k] = k;
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      return CompareRows(node_.keys, batch.columns, a, batch.columns, b) < 0;
    });
    for (ColumnPtr& column : batch.columns) column = Column::Gather(*column, order.data(), order.size());
    if (per_row_) batch.watermark_before.assign(batch.length, watermark_);
    return out.Emit(std::move(batch));
  }

  const SortNode node_;
  Schema output_;
  std::map<int64_t, std::vector<std::string>> waiting_;
  int64_t last_emitted_ = kNoWatermark;
  int64_t watermark_ = kNoWatermark;
  bool per_row_ = false;
};

}  // namespace

OperatorResult MakeSort(const SortNode& node, const OperatorPlan& plan) {
  if (node.batch) return std::unique_ptr<Operator>(std::make_unique<BatchSort>(node, plan.node.schema));
  if (node.rowtime_column < 0 || node.limit >= 0 || node.offset > 0) return NotYet("ORDER BY of a changing result");
  return std::unique_ptr<Operator>(std::make_unique<EventTimeSort>(node, plan.node.schema));
}

}  // namespace sluice::engine
