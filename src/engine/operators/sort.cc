// ORDER BY: in batch mode the whole input, stable; in streaming mode by event time, as RowTimeSortOperator: rows wait
// for the watermark, late ones are dropped.
#include <algorithm>

#include "engine/columnar/row_block.h"
#include "engine/columnar/row_encoding.h"
#include "engine/operators/kept_watermark.h"
#include "engine/operators/key_timers.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/row_list.h"
#include "engine/operators/row_order.h"
#include "engine/state/keyed_state.h"

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

  Status Open(const TaskContext& context) override {
    waiting_ = context.state->OpenTable({.name = "waiting",
                                         .key_types = {kTimeType},
                                         .payload = ObjectPayload<RowList>(),
                                         .payload_format = "rows:" + RowFormat(output_)});
    watermark_.Open(context);
    last_emitted_ = SmallestRestored(*context.state->OpenValues(), "emitted").value_or(kNoWatermark);
    values_ = context.state->OpenValues();
    times_.AddKeysFrom(*waiting_);
    return {};
  }

  Status BeforeSnapshot(Output&) override {
    watermark_.Save();
    PutNumber(*values_, "emitted", last_emitted_);
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    const auto column = static_cast<size_t>(node_.rowtime_column);
    const std::vector<ColumnPtr> keys = {Column::Relabel(batch.columns[column], kTimeType)};
    const Column& times = *keys[0];
    const Rows rows = batch.rows();
    std::vector<uint32_t> kept;
    for (size_t k = 0; k < rows.count; ++k) {
      const size_t i = rows[k];
      if (!batch.watermark_before.empty() && batch.watermark_before[i] > watermark_.value()) {
        per_row_ = true;
        Keep(batch, keys, kept);
        SLUICE_RETURN_IF_ERROR(EmitUntil(batch.watermark_before[i], out));
      }
      if (!times.IsNull(i) && times.at<int64_t>(i) > last_emitted_) kept.push_back(static_cast<uint32_t>(i));
    }
    Keep(batch, keys, kept);
    return {};
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override { return EmitUntil(watermark, out); }

 private:
  static inline const DataType kTimeType = DataType::Bigint();
  static RowList& RowsAt(std::byte* payload) { return *reinterpret_cast<RowList*>(payload); }

  void Keep(const Batch& batch, const std::vector<ColumnPtr>& keys, std::vector<uint32_t>& kept) {
    if (kept.empty()) return;
    const Rows rows{kept.data(), kept.size()};
    HashRows(keys, rows, hashes_);
    payloads_.resize(batch.length);
    inserted_.resize(batch.length);
    waiting_->FindOrInsert(keys, rows, hashes_.data(), payloads_.data(), inserted_.data());
    for (size_t k = 0; k < kept.size(); ++k) {
      const size_t i = kept[k];
      if (inserted_[i]) times_.Add(keys[0]->at<int64_t>(i), keys, i, hashes_[k]);
      std::string bytes;
      EncodeRow(batch.columns, i, bytes);
      RowsAt(payloads_[i]).rows.push_back(std::move(bytes));
    }
    kept.clear();
  }

  Status EmitUntil(int64_t watermark, Output& out) {
    if (watermark <= watermark_.value()) return {};  // a timer for a time that has passed waits for the next watermark
    for (;;) {
      times_.Take(watermark, 256, due_);
      if (due_.size() == 0) break;
      payloads_.resize(std::max(payloads_.size(), due_.size()));
      waiting_->Find(due_.keys, due_.rows(), due_.hashes.data(), payloads_.data());
      for (size_t k = 0; k < due_.size(); ++k) {
        last_emitted_ = due_.times[k];
        SLUICE_RETURN_IF_ERROR(EmitTime(RowsAt(payloads_[k]).rows, out));
        waiting_->Erase(payloads_[k]);
      }
    }
    watermark_.Advance(watermark);
    return {};
  }

  Status EmitTime(const std::vector<std::string>& rows, Output& out) {
    Batch batch;
    batch.length = rows.size();
    for (const RowField& field : output_) batch.columns.push_back(Column::Make(field.type, 0));
    RowBlock block;
    for (const std::string& row : rows) block.Add(row);
    block.MoveTo(batch.columns);
    std::vector<uint32_t> order(rows.size());
    for (uint32_t k = 0; k < order.size(); ++k) order[k] = k;
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      return CompareRows(node_.keys, batch.columns, a, batch.columns, b) < 0;
    });
    for (ColumnPtr& column : batch.columns) column = Column::Gather(*column, order.data(), order.size());
    if (per_row_) batch.watermark_before.assign(batch.length, watermark_.value());
    return out.Emit(std::move(batch));
  }

  const SortNode node_;
  Schema output_;
  KeyedTable* waiting_ = nullptr;  // by time; the operator runs in one subtask
  KeyTimers times_{{kTimeType}};
  DueKeys due_;
  OperatorValues* values_ = nullptr;
  int64_t last_emitted_ = kNoWatermark;
  KeptWatermark watermark_;
  bool per_row_ = false;
  std::vector<uint64_t> hashes_;
  std::vector<std::byte*> payloads_;
  std::vector<uint8_t> inserted_;
};

}  // namespace

OperatorResult MakeSort(const SortNode& node, const OperatorPlan& plan) {
  if (node.batch) return std::unique_ptr<Operator>(std::make_unique<BatchSort>(node, plan.node.schema));
  if (node.rowtime_column < 0 || node.limit >= 0 || node.offset > 0) return NotYet("ORDER BY of a changing result");
  return std::unique_ptr<Operator>(std::make_unique<EventTimeSort>(node, plan.node.schema));
}

}  // namespace sluice::engine
