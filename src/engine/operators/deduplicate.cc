// ROW_NUMBER() = 1 over a time attribute, as org.apache.flink.table.runtime.operators.deduplicate: the first or last
// row of a key by arrival (processing time), the last by event time (each newer row replaces), the first by event time
// (shown when the watermark has passed it; late rows are dropped. Under mini-batches nobody sends watermarks: each
// earlier row replaces).
#include <algorithm>

#include "engine/columnar/row_encoding.h"
#include "engine/operators/kept_watermark.h"
#include "engine/operators/key_states.h"
#include "engine/operators/key_timers.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/row_changes.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

namespace {

/// The row that stands for a key. `done`: first row by event time, already shown.
struct Chosen {
  std::string row;
  int64_t time = kNoWatermark;
  bool present = false;
  bool done = false;
  bool updated = false;  // it was shown in the place of another row

  bool empty() const { return !present; }  // its row was taken back

  void Save(std::string& out) const {
    out += static_cast<char>((present ? 1 : 0) | (done ? 2 : 0) | (updated ? 4 : 0));
    out.append(reinterpret_cast<const char*>(&time), sizeof(time));
    out += row;
  }
  bool Load(std::string_view in) {
    if (in.size() < 1 + sizeof(time)) return false;
    present = in[0] & 1;
    done = in[0] & 2;
    updated = in[0] & 4;
    std::memcpy(&time, in.data() + 1, sizeof(time));
    row = in.substr(1 + sizeof(time));
    return true;
  }
};

class Deduplicate final : public Operator {
 public:
  Deduplicate(const RankNode& node, bool mini_batch, const Schema& input, const Schema& output)
      : node_(node),
        at_once_(mini_batch),
        input_(input),
        output_(output),
        input_columns_(input.size()),
        time_column_(node.order[0].column),
        keep_last_(!node.order[0].ascending),
        event_time_(input[static_cast<size_t>(time_column_)].type.is_rowtime()) {
    for (const int k : node.partition_keys) key_types_.push_back(input[static_cast<size_t>(k)].type);
    waiting_ = std::make_unique<KeyTimers>(key_types_);
  }

  Status Open(const TaskContext& context) override {
    table_ = context.state->OpenTable({.name = "rows",
                                       .key_types = key_types_,
                                       .payload = ObjectPayload<Chosen>(),
                                       .payload_format = "chosen:" + RowFormat(input_),
                                       .ttl_ms = node_.state_ttl_ms});
    changes_.Start(output_, input_columns_);
    watermark_.Open(context);
    if (event_time_ && !keep_last_ && !at_once_) {
      waiting_->AddFrom(*table_, [](std::byte* payload, auto&& add) {
        const Chosen& chosen = *reinterpret_cast<Chosen*>(payload);
        if (chosen.present && !chosen.done) add(chosen.time, 0);
      });
    }
    return {};
  }

  Status BeforeSnapshot(Output&) override {
    watermark_.Save();
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    const Rows rows = batch.rows();
    states_.Find(*table_, batch, node_.partition_keys);
    const Column& times = *batch.columns[static_cast<size_t>(time_column_)];
    for (size_t k = 0; k < rows.count; ++k) {
      const size_t i = rows[k];
      if (!batch.watermark_before.empty() && batch.watermark_before[i] > watermark_.value()) {
        ShowFirstRows(batch.watermark_before[i]);
        changes_.SetWatermark(batch.watermark_before[i]);
        watermark_.Advance(batch.watermark_before[i]);
      }
      EncodeRowAt(batch, i);
      Chosen& chosen = states_[i];
      if (!event_time_) {
        ByArrival(chosen, batch.kind(i));
        continue;
      }
      const int64_t time = times.IsNull(i) ? kNoWatermark : times.at<int64_t>(i);
      if (keep_last_ || at_once_) {
        BetterByTime(chosen, time);
      } else if (FirstByTime(chosen, time)) {
        waiting_->Add(time, states_.keys(), i, states_.hash(k));
      }
    }
    if (node_.input_retracts) states_.EraseEmpty();
    return changes_.Flush(out);
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    ShowFirstRows(watermark);
    watermark_.Advance(watermark);
    return changes_.Flush(out);
  }

 private:
  void EncodeRowAt(const Batch& batch, size_t i) {
    const auto time = static_cast<size_t>(time_column_);
    row_.clear();
    for (size_t c = 0; c < batch.columns.size(); ++c) {
      if (c == time) time_begin_ = row_.size();
      EncodeField(*batch.columns[c], i, row_);
      if (c == time) time_end_ = row_.size();
    }
  }

  /// Processing time has no value in Flink's rows: it tells none from another.
  bool SameButTime(std::string_view other) const {
    const std::string_view row = row_;
    return other.size() == row.size() && other.substr(0, time_begin_) == row.substr(0, time_begin_) &&
           other.substr(time_end_) == row.substr(time_end_);
  }

  void Replace(Chosen& chosen) {
    if (!chosen.present) {
      changes_.Add(RowKind::kInsert, row_, 1);
    } else {
      if (node_.emit_update_before) changes_.Add(RowKind::kUpdateBefore, chosen.row, 1);
      changes_.Add(RowKind::kUpdateAfter, row_, 1);
    }
    chosen.updated = chosen.present;
    chosen.present = true;
    chosen.row = row_;
  }

  /// Flink takes a row for the one that is there only if that came as +I: it compares the kinds, too.
  bool Repeats(const Chosen& chosen) const {
    if (node_.state_ttl_ms > 0 || !SameButTime(chosen.row)) return false;
    return node_.input_retracts || !chosen.updated;
  }

  void ByArrival(Chosen& chosen, RowKind kind) {
    if (!IsAdd(kind)) {
      if (chosen.present) changes_.Add(RowKind::kDelete, chosen.row, 1);
      chosen.present = false;
    } else if (!chosen.present || (keep_last_ && !Repeats(chosen))) {
      Replace(chosen);
    }
  }

  void BetterByTime(Chosen& chosen, int64_t time) {
    if (chosen.present && (keep_last_ ? chosen.time > time : chosen.time <= time)) return;
    Replace(chosen);
    chosen.time = time;
  }

  /// True if the row is now the one that waits for the watermark.
  bool FirstByTime(Chosen& chosen, int64_t time) {
    if (chosen.done || time < watermark_.value() || (chosen.present && time >= chosen.time)) return false;
    chosen.present = true;
    chosen.row = row_;
    chosen.time = time;
    return true;
  }

  void ShowFirstRows(int64_t watermark) {
    if (waiting_->next() > watermark || waiting_->empty()) return;
    waiting_->Take(watermark, SIZE_MAX, due_);
    due_payloads_.resize(due_.size());
    table_->Find(due_.keys, due_.rows(), due_.hashes.data(), due_payloads_.data());
    for (size_t k = 0; k < due_.size(); ++k) {
      if (due_payloads_[k] == nullptr) continue;
      Chosen& chosen = *reinterpret_cast<Chosen*>(due_payloads_[k]);
      if (chosen.done || chosen.time != due_.times[k]) continue;
      changes_.Add(RowKind::kInsert, chosen.row, 1);
      chosen.done = true;
      chosen.row.clear();
    }
  }

  const RankNode node_;
  const bool at_once_;
  Schema input_, output_;
  size_t input_columns_;
  int time_column_;
  bool keep_last_, event_time_;
  std::vector<DataType> key_types_;
  KeyedTable* table_ = nullptr;
  RowChanges changes_;
  KeptWatermark watermark_;
  std::unique_ptr<KeyTimers> waiting_;  // first rows by event time
  DueKeys due_;
  std::vector<std::byte*> due_payloads_;
  KeyStates<Chosen> states_;
  std::string row_;
  size_t time_begin_ = 0, time_end_ = 0;  // where the time stands in row_
};

}  // namespace

OperatorResult MakeDeduplicate(const RankNode& node, const OperatorPlan& plan) {
  return std::unique_ptr<Operator>(
      std::make_unique<Deduplicate>(node, plan.settings.mini_batch, plan.input(), plan.node.schema));
}

}  // namespace sluice::engine
