// Joins whose condition bounds the two sides' times by each other, with the emission and padding of
// org.apache.flink.table.runtime.operators.join.interval.TimeIntervalJoin. Both inputs only insert.
//
// Watermarks go on behind by the larger reach of the interval: a result may carry a time that much older than the row
// that made it.
#include <algorithm>

#include "base/clock.h"
#include "engine/columnar/row_encoding.h"
#include "engine/operators/interval_rows.h"
#include "engine/operators/joined_rows.h"
#include "engine/operators/kept_watermark.h"
#include "engine/operators/key_timers.h"

namespace sluice::engine {

namespace {

class IntervalJoin final : public Operator {
 public:
  IntervalJoin(const IntervalJoinNode& node, const OperatorPlan& plan, PairCondition condition)
      : node_(node),
        inputs_{plan.input(0), plan.input(1)},
        output_(plan.node.schema),
        condition_(std::move(condition)),
        event_time_(!node.processing_time) {
    // reach_[s]: how long a row of side s is waited for by the other side's time.
    reach_[0] = -node.lower_ms;
    reach_[1] = node.upper_ms;
    outer_[0] = node.kind == JoinKind::kLeft || node.kind == JoinKind::kFull;
    outer_[1] = node.kind == JoinKind::kRight || node.kind == JoinKind::kFull;
    for (const int k : node.left_keys) key_types_.push_back(plan.input(0)[static_cast<size_t>(k)].type);
    timers_ = std::make_unique<KeyTimers>(key_types_);
    delay_ = std::max(reach_[0], reach_[1]);
  }

  bool holds_watermark() const override { return event_time_; }

  Status Open(const TaskContext& context) override {
    clock_ = context.clock;
    values_ = context.state->OpenValues();
    table_ = context.state->OpenTable({.name = "rows",
                                       .key_types = key_types_,
                                       .payload = ObjectPayload<IntervalRows>(),
                                       .payload_format = "interval:" + RowFormat(inputs_[0]) + RowFormat(inputs_[1])});
    watermark_.Open(context);
    for (int s = 0; s < 2; ++s) {
      expired_[s] = SmallestRestored(*values_, s == 0 ? "left expired" : "right expired").value_or(0);
    }
    now_ = event_time_ ? std::max<int64_t>(0, watermark_.value()) : clock_->NowMs();
    rows_.Start(inputs_[0], output_);
    timers_->AddFrom(*table_, [](std::byte* payload, auto&& add) {
      const IntervalRows& state = At(payload);
      for (const IntervalSide& side : state.sides) {
        if (side.timer != IntervalSide::kNoTimer) add(side.timer, 0);
      }
    });
    return {};
  }

  Status BeforeSnapshot(Output&) override {
    watermark_.Save();
    PutNumber(*values_, "left expired", expired_[0]);
    PutNumber(*values_, "right expired", expired_[1]);
    return {};
  }

  Status Process(int input, Batch batch, Output& out) override {
    if (batch.row_count() == 0) return {};
    const std::vector<ColumnPtr> keys = SelectColumns(batch, input == 0 ? node_.left_keys : node_.right_keys);
    HashRows(keys, batch.rows(), hashes_);
    payloads_.resize(batch.length);
    table_->FindOrInsert(keys, batch.rows(), hashes_.data(), payloads_.data(), nullptr);
    for (size_t k = 0; k < batch.row_count(); ++k) touched_.push_back(payloads_[batch.rows()[k]]);
    const int column = input == 0 ? node_.left_time : node_.right_time;
    const Column* times = event_time_ ? batch.columns[static_cast<size_t>(column)].get() : nullptr;
    if (!event_time_) now_ = clock_->NowMs();
    for (size_t k = 0; k < batch.row_count(); ++k) {
      const size_t i = batch.rows()[k];
      if (event_time_ && !batch.watermark_before.empty() && batch.watermark_before[i] > watermark_.value()) {
        SLUICE_RETURN_IF_ERROR(Fire(batch.watermark_before[i]));
        rows_.SetWatermark(Delayed(batch.watermark_before[i]));
      }
      const int64_t time = times == nullptr ? now_ : times->IsNull(i) ? 0 : times->at<int64_t>(i);
      bool null_key = false;
      for (size_t c = 0; c < keys.size(); ++c) null_key |= node_.filter_nulls[c] && keys[c]->IsNull(i);
      SLUICE_RETURN_IF_ERROR(Add(input, batch, i, time, null_key, keys, hashes_[k]));
    }
    EraseEmpty();
    return rows_.Flush(out);
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    if (!event_time_) return {};
    SLUICE_RETURN_IF_ERROR(Fire(watermark));
    EraseEmpty();
    SLUICE_RETURN_IF_ERROR(rows_.Flush(out));
    Batch mark;
    mark.watermark = Delayed(watermark);
    return out.Emit(std::move(mark));
  }

  int64_t NextProcessingTime() const override { return event_time_ ? kMaxWatermark : timers_->next(); }
  Status AdvanceProcessingTime(int64_t now_ms, Output& out) override {
    if (event_time_) return {};
    now_ = now_ms;
    SLUICE_RETURN_IF_ERROR(RunTimers(now_ms));
    EraseEmpty();
    return rows_.Flush(out);
  }

 private:
  static IntervalRows& At(std::byte* payload) { return *reinterpret_cast<IntervalRows*>(payload); }
  int64_t Delayed(int64_t watermark) const {
    if (watermark == kMaxWatermark || watermark < kNoWatermark + delay_) return watermark;
    return watermark - delay_;
  }
  int64_t ExpirationTime(int64_t reach) const { return now_ == kMaxWatermark ? kMaxWatermark : now_ - reach - 1; }

  /// `time` moves on: timers see it, and so do the rows after.
  Status Fire(int64_t watermark) {
    watermark_.Advance(watermark);
    now_ = std::max<int64_t>(0, watermark_.value());
    return RunTimers(watermark);
  }

  Status RunTimers(int64_t until) {
    while (!timers_->empty() && timers_->next() <= until) {
      timers_->Take(until, 1, due_);
      due_payloads_.resize(1);
      table_->Find(due_.keys, due_.rows(), due_.hashes.data(), due_payloads_.data());
      if (due_payloads_[0] == nullptr) continue;
      touched_.push_back(due_payloads_[0]);
      IntervalRows& state = At(due_payloads_[0]);
      for (const int s : {1, 0}) {  // the left timer, which cleans the right side, first
        if (state.sides[1 - s].timer == due_.times[0]) Clean(state, s);
      }
    }
    return {};
  }

  /// Drops what is too old on side `s` and sets the next timer if rows are left.
  void Clean(IntervalRows& state, int s) {
    expired_[s] = ExpirationTime(reach_[s]);
    IntervalSide& side = state.sides[s];
    std::vector<int64_t> old;
    for (auto at = side.rows.begin(); at != side.rows.end() && at->first <= expired_[s]; ++at) old.push_back(at->first);
    SortAsHashMap(old, side.most_times);
    for (const int64_t time : old) Expire(s, side, time);
    IntervalSide& other = state.sides[1 - s];
    other.timer = IntervalSide::kNoTimer;
    if (side.rows.empty()) return;
    other.timer = CleanUpTime(side.rows.begin()->first, s);
    timers_->Add(other.timer, due_.keys, 0, due_.hashes[0]);
  }

  int64_t CleanUpTime(int64_t row_time, int s) const { return row_time + reach_[s] + (reach_[0] + reach_[1]) / 2 + 1; }

  void Expire(int s, IntervalSide& side, int64_t time) {
    auto at = side.rows.find(time);
    if (outer_[s]) {
      for (const IntervalRow& r : at->second) {
        if (!r.joined) Emit(s, r.row, nullptr);
      }
    }
    side.rows.erase(at);
  }

  static void SortAsHashMap(std::vector<int64_t>& times, uint64_t most) {
    std::stable_sort(times.begin(), times.end(),
                     [&](int64_t a, int64_t b) { return HashMapBucket(a, most) < HashMapBucket(b, most); });
  }

  void Emit(int s, const std::string& own, const std::string* other) {
    const std::string_view mine = own;
    std::string_view theirs;
    if (other != nullptr) theirs = *other;
    const std::string_view* other_row = other == nullptr ? nullptr : &theirs;
    rows_.Add(RowKind::kInsert, s == 0 ? &mine : other_row, s == 0 ? other_row : &mine);
  }

  Status Add(int s, const Batch& batch, size_t i, int64_t time, bool null_key, const std::vector<ColumnPtr>& keys,
             uint64_t hash) {
    IntervalRows& state = At(payloads_[i]);
    IntervalSide& other = state.sides[1 - s];
    std::string row;
    EncodeRow(batch.columns, i, row);
    const int64_t lowest = time - reach_[1 - s];
    const int64_t highest = time + reach_[s];
    bool joined = false;
    if (expired_[1 - s] < highest) {
      expired_[1 - s] = ExpirationTime(reach_[1 - s]);
      SLUICE_ASSIGN_OR_RETURN(joined, Meet(s, row, other, lowest, highest, null_key));
    }
    if (now_ < highest) {
      IntervalSide& own = state.sides[s];
      own.rows[time].push_back({std::move(row), joined});
      own.most_times = std::max<uint64_t>(own.most_times, own.rows.size());
      if (other.timer == IntervalSide::kNoTimer) {
        other.timer = CleanUpTime(time, s);
        timers_->Add(other.timer, keys, i, hash);
      }
    } else if (!joined && outer_[s]) {
      Emit(s, row, nullptr);
    }
    return {};
  }

  /// The row with those of the other side in [lowest, highest]; what is too old there goes on the way.
  Result<bool> Meet(int s, const std::string& row, IntervalSide& other, int64_t lowest, int64_t highest,
                    bool null_key) {
    std::vector<int64_t> times;
    for (auto at = other.rows.begin(); at != other.rows.end() && at->first <= expired_[1 - s]; ++at) {
      times.push_back(at->first);
    }
    for (auto at = other.rows.lower_bound(lowest); at != other.rows.end() && at->first <= highest; ++at) {
      if (at->first > expired_[1 - s]) times.push_back(at->first);
    }
    SortAsHashMap(times, other.most_times);
    pairs_.clear();
    const auto meets = [&](int64_t time) { return !null_key && time >= lowest && time <= highest; };
    for (const int64_t time : times) {
      if (!meets(time)) continue;
      for (const IntervalRow& r : other.rows[time]) {
        pairs_.push_back(s == 0 ? PairCondition::Pair{row, r.row} : PairCondition::Pair{r.row, row});
      }
    }
    SLUICE_RETURN_IF_ERROR(condition_.Test(pairs_, matched_));
    size_t pair = 0;
    bool joined = false;
    for (const int64_t time : times) {
      if (meets(time)) {
        for (IntervalRow& r : other.rows[time]) {
          if (matched_[pair++] == 0) continue;
          Emit(s, row, &r.row);
          joined = r.joined = true;
        }
      }
      if (time <= expired_[1 - s]) Expire(1 - s, other, time);
    }
    return joined;
  }

  void EraseEmpty() {
    std::sort(touched_.begin(), touched_.end());
    touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
    for (std::byte* payload : touched_) {
      if (At(payload).empty()) table_->Erase(payload);
    }
    touched_.clear();
  }

  const IntervalJoinNode node_;
  Schema inputs_[2];
  Schema output_;
  PairCondition condition_;
  std::vector<PairCondition::Pair> pairs_;  // of one call of Meet
  std::vector<uint8_t> matched_;
  const bool event_time_;
  int64_t reach_[2] = {0, 0};
  bool outer_[2] = {false, false};
  int64_t delay_ = 0;
  int64_t expired_[2] = {0, 0};  // rows of the side up to this time are gone or about to go
  int64_t now_ = 0;              // the operator's time
  std::vector<DataType> key_types_;
  KeyedTable* table_ = nullptr;
  OperatorValues* values_ = nullptr;
  Clock* clock_ = nullptr;
  KeptWatermark watermark_;
  std::unique_ptr<KeyTimers> timers_;
  DueKeys due_;
  JoinedRows rows_;
  std::vector<uint64_t> hashes_;
  std::vector<std::byte*> payloads_, due_payloads_, touched_;
};

}  // namespace

OperatorResult MakeIntervalJoin(const IntervalJoinNode& node, const OperatorPlan& plan) {
  for (const auto& [input, column] : {std::pair(0, node.left_time), std::pair(1, node.right_time)}) {
    if (!node.processing_time &&
        plan.input(static_cast<size_t>(input))[static_cast<size_t>(column)].type.physical() != PhysicalType::kInt64) {
      return NotYet("interval joins over a time of more than 3 digits");
    }
  }
  SLUICE_ASSIGN_OR_RETURN(PairCondition condition, PairCondition::Make(node.condition, plan));
  return std::unique_ptr<Operator>(std::make_unique<IntervalJoin>(node, plan, std::move(condition)));
}

}  // namespace sluice::engine
