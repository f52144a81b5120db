// OVER windows over a time attribute, streaming, with the results of the functions of
// org.apache.flink.table.runtime.operators.over: unbounded and bounded, ROWS and RANGE, event and processing time.
//
// Event time: a row waits until the watermark has passed its time. Late for an unbounded frame is what comes behind the
// watermark; for a bounded one, what comes behind the last time that was worked off for the key.
#include <algorithm>

#include "base/clock.h"
#include "engine/columnar/row_encoding.h"
#include "engine/operators/kept_watermark.h"
#include "engine/operators/key_timers.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/over_rows.h"
#include "engine/operators/over_steps.h"

namespace sluice::engine {

namespace {

class OverTimeOperator final : public Operator {
 public:
  OverTimeOperator(const OverAggregateNode& node, const Schema& input, std::unique_ptr<AggregateSet> calls)
      : node_(node),
        group_(node.groups[0]),
        input_(input),
        calls_(std::move(calls)),
        steps_(*calls_, input),
        event_time_(node.time == OverTime::kEventTime),
        bounded_(group_.frame.start == FrameEdge::kPreceding),
        offset_(bounded_ ? group_.frame.start_offset.as_int() : 0) {
    for (const int k : group_.partition_keys) key_types_.push_back(input[static_cast<size_t>(k)].type);
    timers_ = std::make_unique<KeyTimers>(key_types_);
  }

  Status Open(const TaskContext& context) override {
    clock_ = context.clock;
    rows_ = context.state->OpenTable({.name = "rows",
                                      .key_types = key_types_,
                                      .payload = ObjectPayload<OverRows>(),
                                      .payload_format = "over:" + RowFormat(input_),
                                      .ttl_ms = node_.state_ttl_ms});
    accumulators_ = context.state->OpenTable({.name = "accumulators",
                                              .key_types = key_types_,
                                              .payload = calls_->Hooks(),
                                              .payload_format = calls_->Format(),
                                              .ttl_ms = node_.state_ttl_ms});
    watermark_.Open(context);
    if (waits()) {
      timers_->AddFrom(*rows_, [&](std::byte* payload, auto&& add) { AddRestored(StateAt(payload), add); });
    }
    return {};
  }

  Status BeforeSnapshot(Output&) override {
    watermark_.Save();
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    if (batch.row_count() == 0) return {};
    const std::vector<ColumnPtr> keys = SelectColumns(batch, group_.partition_keys);
    HashRows(keys, batch.rows(), hashes_);
    payloads_.resize(batch.length);
    if (!waits() && !bounded_) return ByArrival(std::move(batch), keys, out);
    rows_->FindOrInsert(keys, batch.rows(), hashes_.data(), payloads_.data(), nullptr);
    for (size_t k = 0; k < batch.row_count(); ++k) touched_.push_back(payloads_[batch.rows()[k]]);
    const Status status = waits() ? Wait(batch, keys, out) : LastRows(batch, keys, out);
    EraseEmpty();
    return status;
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    if (!event_time_) return {};
    SLUICE_RETURN_IF_ERROR(Fire(watermark, out));
    watermark_.Advance(watermark);
    EraseEmpty();
    return {};
  }

  int64_t NextProcessingTime() const override { return event_time_ ? kMaxWatermark : timers_->next(); }
  Status AdvanceProcessingTime(int64_t now_ms, Output& out) override {
    if (event_time_) return {};
    SLUICE_RETURN_IF_ERROR(Fire(now_ms, out));
    EraseEmpty();
    return {};
  }

 private:
  static OverRows& StateAt(std::byte* payload) { return *reinterpret_cast<OverRows*>(payload); }
  bool waits() const { return event_time_ || (bounded_ && !group_.frame.rows); }

  template <typename F>
  void AddRestored(const OverRows& state, F&& add) {
    const int64_t shift = event_time_ ? 0 : 1;
    for (const auto& [time, list] : state.rows) {
      if (!bounded_ || time + shift > state.last) add(time + shift, 0);
    }
    for (const int64_t mark : state.marks) {
      if (!state.rows.contains(mark)) add(mark, 0);
    }
  }

  /// Processing time, unbounded: each row at once.
  Status ByArrival(Batch batch, const std::vector<ColumnPtr>& keys, Output& out) {
    accumulators_->FindOrInsert(keys, batch.rows(), hashes_.data(), payloads_.data(), nullptr);
    std::vector<ColumnPtr> before, after;
    SLUICE_RETURN_IF_ERROR(calls_->UpdateAndRead(batch, batch.rows(), payloads_.data(), nullptr, before, after));
    batch.columns.insert(batch.columns.end(), after.begin(), after.end());
    return out.Emit(std::move(batch));
  }

  /// Processing time, the last n rows: each row at once.
  Status LastRows(const Batch& batch, const std::vector<ColumnPtr>& keys, Output& out) {
    accumulator_payloads_.resize(batch.length);
    accumulators_->FindOrInsert(keys, batch.rows(), hashes_.data(), accumulator_payloads_.data(), nullptr);
    for (size_t k = 0; k < batch.row_count(); ++k) {
      const size_t i = batch.rows()[k];
      std::string row;
      EncodeRow(batch.columns, i, row);
      OverRows& state = StateAt(payloads_[i]);
      state.rows[0].push_back(row);
      AddBoundedRow(state, row, accumulator_payloads_[i]);
    }
    return steps_.Flush(nullptr, out);
  }

  /// The row comes in, the oldest goes if the frame is full.
  void AddBoundedRow(OverRows& state, std::string_view row, std::byte* accumulators) {
    if (state.count > offset_) {
      auto oldest = state.rows.begin();
      steps_.Add(oldest->second.front(), kRetract, accumulators);
      oldest->second.pop_front();
      if (oldest->second.empty()) state.rows.erase(oldest);
    } else {
      ++state.count;
    }
    steps_.Add(row, kAccumulate, accumulators);
    steps_.Show(steps_.size() - 1, steps_.size() - 1);
  }

  Status Wait(const Batch& batch, const std::vector<ColumnPtr>& keys, Output& out) {
    const int64_t now = clock_->NowMs();
    const Column* times = event_time_ ? batch.columns[static_cast<size_t>(group_.order[0].column)].get() : nullptr;
    for (size_t k = 0; k < batch.row_count(); ++k) {
      const size_t i = batch.rows()[k];
      if (event_time_ && !batch.watermark_before.empty() && batch.watermark_before[i] > watermark_.value()) {
        per_row_ = true;
        SLUICE_RETURN_IF_ERROR(Fire(batch.watermark_before[i], out));
        watermark_.Advance(batch.watermark_before[i]);
      }
      const int64_t time = times == nullptr ? now : times->IsNull(i) ? 0 : times->at<int64_t>(i);
      OverRows& state = StateAt(payloads_[i]);
      if (event_time_ && time <= (bounded_ ? state.last : watermark_.value())) continue;
      const int64_t due = event_time_ ? time : time + 1;
      auto [at, fresh] = state.rows.try_emplace(time);
      if (fresh && !state.marks.contains(due)) timers_->Add(due, keys, i, hashes_[k]);
      at->second.emplace_back();
      EncodeRow(batch.columns, i, at->second.back());
      if (bounded_ && !group_.frame.rows && (event_time_ || fresh)) Mark(state, time, keys, i, hashes_[k]);
    }
    return {};
  }

  /// RANGE: the key is cleaned when nothing has come for one and a half times the frame.
  void Mark(OverRows& state, int64_t time, const std::vector<ColumnPtr>& keys, size_t row, uint64_t hash) {
    if (state.cleanup != INT64_MIN && state.cleanup >= time + offset_ + 1) return;
    const int64_t at = time + static_cast<int64_t>(static_cast<double>(offset_) * 1.5) + 1;
    state.cleanup = at;
    const bool stands = state.rows.contains(event_time_ ? at : at - 1);
    if (state.marks.insert(at).second && !stands) timers_->Add(at, keys, row, hash);
  }

  Status Fire(int64_t progress, Output& out) {
    if (timers_->empty() || timers_->next() > progress) return {};
    timers_->Take(progress, SIZE_MAX, due_);
    due_rows_.resize(due_.size());
    due_accumulators_.resize(due_.size());
    rows_->Find(due_.keys, due_.rows(), due_.hashes.data(), due_rows_.data());
    accumulators_->FindOrInsert(due_.keys, due_.rows(), due_.hashes.data(), due_accumulators_.data(), nullptr);
    const int64_t before = watermark_.value();
    const int64_t* watermark = per_row_ && event_time_ ? &before : nullptr;
    for (size_t k = 0; k < due_.size(); ++k) {
      if (due_rows_[k] == nullptr) continue;
      touched_.push_back(due_rows_[k]);
      WorkOff(due_.times[k], StateAt(due_rows_[k]), due_accumulators_[k]);
      if (steps_.size() >= 4096) SLUICE_RETURN_IF_ERROR(steps_.Flush(watermark, out));
    }
    return steps_.Flush(watermark, out);
  }

  void WorkOff(int64_t timer, OverRows& state, std::byte* accumulators) {
    const bool range = bounded_ && !group_.frame.rows;
    state.marks.erase(timer);
    if (range && state.cleanup != INT64_MIN && state.cleanup <= timer) {
      state = OverRows();
      state.reset = true;
      cleaned_.emplace_back(&state, accumulators);
      return;
    }
    const int64_t time = event_time_ ? timer : timer - 1;
    auto at = state.rows.find(time);
    const bool again = bounded_ && state.last == timer;
    if (at != state.rows.end() && !again) {
      if (!bounded_) {
        std::deque<std::string> rows = std::move(at->second);
        state.rows.erase(at);
        AddAll(state, rows, accumulators, group_.frame.rows);
      } else if (range) {
        const std::deque<std::string> rows = at->second;
        Leave(state, time, accumulators);
        AddAll(state, rows, accumulators, false);
      } else {
        for (const std::string& row : std::deque<std::string>(at->second)) AddBoundedRow(state, row, accumulators);
      }
    }
    if (bounded_) state.last = timer;
  }

  /// What is older than the frame that ends at `time`.
  void Leave(OverRows& state, int64_t time, std::byte* accumulators) {
    while (!state.rows.empty() && time - state.rows.begin()->first > offset_) {
      for (const std::string& row : state.rows.begin()->second) steps_.Add(row, kRetract, accumulators);
      state.rows.erase(state.rows.begin());
    }
  }

  void AddAll(OverRows& state, const std::deque<std::string>& rows, std::byte* accumulators, bool one_by_one) {
    const size_t first = steps_.size();
    const size_t last = first + rows.size() - 1;
    for (const std::string& row : rows) {
      steps_.Add(row, static_cast<AggregateOp>(kAccumulate | (state.reset ? kReset : 0)), accumulators);
      state.reset = false;
    }
    for (size_t s = first; s <= last; ++s) steps_.Show(s, one_by_one ? s : last);
  }

  void EraseEmpty() {
    std::sort(touched_.begin(), touched_.end());
    touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
    for (std::byte* payload : touched_) {
      if (StateAt(payload).empty()) rows_->Erase(payload);
    }
    touched_.clear();
    for (const auto& [state, accumulators] : cleaned_) {
      if (!state->rows.empty()) continue;
      rows_->Erase(reinterpret_cast<std::byte*>(state));
      accumulators_->Erase(accumulators);
    }
    cleaned_.clear();
  }

  const OverAggregateNode node_;
  const OverGroup group_;
  Schema input_;
  std::unique_ptr<AggregateSet> calls_;
  OverSteps steps_;
  const bool event_time_, bounded_;
  const int64_t offset_;  // of a bounded frame: rows or ms
  std::vector<DataType> key_types_;
  KeyedTable* rows_ = nullptr;
  KeyedTable* accumulators_ = nullptr;
  Clock* clock_ = nullptr;
  KeptWatermark watermark_;
  bool per_row_ = false;
  std::unique_ptr<KeyTimers> timers_;
  DueKeys due_;
  std::vector<uint64_t> hashes_;
  std::vector<std::byte*> payloads_, accumulator_payloads_, due_rows_, due_accumulators_, touched_;
  std::vector<std::pair<OverRows*, std::byte*>> cleaned_;
};

}  // namespace

OperatorResult MakeOverTime(const OverAggregateNode& node, const OperatorPlan& plan) {
  const OverGroup& group = node.groups[0];
  const bool bounded = group.frame.start == FrameEdge::kPreceding;
  if (node.time == OverTime::kEventTime &&
      plan.input()[static_cast<size_t>(group.order[0].column)].type.physical() != PhysicalType::kInt64) {
    return NotYet("OVER windows over a time of more than 3 digits");
  }
  SLUICE_ASSIGN_OR_RETURN(auto calls, AggregateSet::Make(group.calls, bounded, 0, plan.environment));
  return std::unique_ptr<Operator>(std::make_unique<OverTimeOperator>(node, plan.input(), std::move(calls)));
}

}  // namespace sluice::engine
