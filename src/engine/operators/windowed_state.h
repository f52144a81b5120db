// State per key and window of operators whose rows carry their window's end: a table by (key, end), worked off when the
// watermark has passed the end. Rows of windows that are over are late.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "engine/operators/kept_watermark.h"
#include "engine/operators/key_timers.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/window_slices.h"

namespace sluice::engine {

template <typename Payload>
class WindowedState {
 public:
  explicit WindowedState(std::vector<DataType> key_types) : keys_(key_types.size()), types_(std::move(key_types)) {
    types_.push_back(DataType::Bigint().NotNull());
    timers_ = std::make_unique<KeyTimers>(types_);
  }

  void Open(const TaskContext& context, std::string format) {
    table_ = context.state->OpenTable({.name = "windows",
                                       .key_types = types_,
                                       .hash_columns = static_cast<int>(keys_),
                                       .payload = ObjectPayload<Payload>(),
                                       .payload_format = std::move(format)});
    watermark_.Open(context);
    timers_->AddKeysFrom(*table_);
  }
  void Save() { watermark_.Save(); }
  int64_t watermark() const { return watermark_.value(); }

  /// Calls add(row, payload) for each row whose window is not over yet, and fire(payload) for windows that become over
  /// by the watermarks between the rows.
  template <typename Add, typename Fire>
  Status Process(const Batch& batch, const std::vector<int>& key_columns, int end_column, Add&& add, Fire&& fire) {
    std::vector<ColumnPtr> keys = SelectColumns(batch, key_columns);
    HashRows(keys, batch.rows(), hashes_);
    const ColumnPtr& ends = batch.columns[static_cast<size_t>(end_column)];
    keys.push_back(Column::Relabel(ends, types_.back()));
    payloads_.resize(batch.length);
    inserted_.resize(batch.length);
    for (size_t k = 0; k < batch.row_count(); ++k) {
      const size_t i = batch.rows()[k];
      if (!batch.watermark_before.empty() && batch.watermark_before[i] > watermark_.value()) {
        SLUICE_RETURN_IF_ERROR(Advance(batch.watermark_before[i], fire));
      }
      if (ends->IsNull(i)) continue;
      const int64_t end = ends->at<int64_t>(i);
      if (WindowFired(end, watermark_.value())) continue;
      const auto position = static_cast<uint32_t>(i);
      table_->FindOrInsert(keys, Rows{&position, 1}, &hashes_[k], payloads_.data(), inserted_.data());
      if (inserted_[i]) timers_->Add(end, keys, i, hashes_[k]);
      add(i, *reinterpret_cast<Payload*>(payloads_[i]));
    }
    return {};
  }

  template <typename Fire>
  Status Advance(int64_t watermark, Fire&& fire) {
    const int64_t until = watermark < kMaxWatermark ? watermark + 1 : watermark;
    while (!timers_->empty() && timers_->next() <= until) {
      timers_->Take(until, 1024, due_);
      due_payloads_.resize(due_.size());
      table_->Find(due_.keys, due_.rows(), due_.hashes.data(), due_payloads_.data());
      for (std::byte* payload : due_payloads_) {
        if (payload == nullptr) continue;
        SLUICE_RETURN_IF_ERROR(fire(*reinterpret_cast<Payload*>(payload)));
        table_->Erase(payload);
      }
    }
    watermark_.Advance(watermark);
    return {};
  }

 private:
  size_t keys_;
  std::vector<DataType> types_;  // of the key, then of the window's end
  KeyedTable* table_ = nullptr;
  std::unique_ptr<KeyTimers> timers_;
  KeptWatermark watermark_;
  DueKeys due_;
  std::vector<uint64_t> hashes_;
  std::vector<std::byte*> payloads_, due_payloads_;
  std::vector<uint8_t> inserted_;
};

}  // namespace sluice::engine
