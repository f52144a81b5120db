// Event-time temporal joins (FOR SYSTEM_TIME AS OF): each row of the left side with the version of the right side's row
// that held at its time, once the watermark has passed it; as
// org.apache.flink.table.runtime.operators.join.temporal.TemporalRowTimeJoinOperator. Versions that no row can ask for
// any more are dropped.
#include <algorithm>
#include <map>

#include "engine/columnar/row_encoding.h"
#include "engine/operators/joined_rows.h"
#include "engine/operators/kept_watermark.h"
#include "engine/operators/key_timers.h"
#include "engine/operators/row_list.h"

namespace sluice::engine {

namespace {

struct WaitingRow {
  int64_t time;
  RowKind kind;
  std::string row;
};
struct Version {
  bool there;  // false: deleted
  std::string row;
};

struct Versions {
  static constexpr int64_t kNoTimer = kMaxWatermark;
  std::vector<WaitingRow> left;      // in order of arrival
  std::map<int64_t, Version> right;  // by the time from which they hold
  int64_t timer = kNoTimer;

  bool empty() const { return left.empty() && right.empty(); }

  void Save(std::string& out) const {
    PutFixed(timer, out);
    PutFixed(static_cast<uint64_t>(left.size()), out);
    for (const WaitingRow& r : left) {
      PutFixed(r.time, out);
      PutFixed(r.kind, out);
      PutBytes(r.row, out);
    }
    for (const auto& [time, version] : right) {
      PutFixed(time, out);
      PutFixed(static_cast<uint8_t>(version.there), out);
      PutBytes(version.row, out);
    }
  }
  bool Load(std::string_view in) {
    uint64_t count = 0;
    if (!TakeFixed(in, timer) || !TakeFixed(in, count)) return false;
    std::string_view row;
    for (; count > 0; --count) {
      WaitingRow r;
      if (!TakeFixed(in, r.time) || !TakeFixed(in, r.kind) || !TakeBytes(in, row)) return false;
      r.row = row;
      left.push_back(std::move(r));
    }
    while (!in.empty()) {
      int64_t time = 0;
      uint8_t there = 0;
      if (!TakeFixed(in, time) || !TakeFixed(in, there) || !TakeBytes(in, row)) return false;
      right[time] = {there != 0, std::string(row)};
    }
    return true;
  }
};

class TemporalJoin final : public Operator {
 public:
  TemporalJoin(const TemporalJoinNode& node, const OperatorPlan& plan, PairCondition condition)
      : node_(node),
        inputs_{plan.input(0), plan.input(1)},
        output_(plan.node.schema),
        condition_(std::move(condition)) {
    for (const int k : node.left_keys) key_types_.push_back(plan.input(0)[static_cast<size_t>(k)].type);
    timers_ = std::make_unique<KeyTimers>(key_types_);
  }

  Status Open(const TaskContext& context) override {
    table_ = context.state->OpenTable({.name = "versions",
                                       .key_types = key_types_,
                                       .payload = ObjectPayload<Versions>(),
                                       .payload_format = "versions:" + RowFormat(inputs_[0]) + RowFormat(inputs_[1]),
                                       .ttl_ms = node_.state_ttl_ms});
    watermark_.Open(context);
    rows_.Start(inputs_[0], output_);
    timers_->AddFrom(*table_, [](std::byte* payload, auto&& add) {
      if (At(payload).timer != Versions::kNoTimer) add(At(payload).timer, 0);
    });
    return {};
  }

  Status BeforeSnapshot(Output&) override {
    watermark_.Save();
    return {};
  }

  Status Process(int input, Batch batch, Output& out) override {
    if (batch.row_count() == 0) return {};
    const std::vector<ColumnPtr> keys = SelectColumns(batch, input == 0 ? node_.left_keys : node_.right_keys);
    HashRows(keys, batch.rows(), hashes_);
    payloads_.resize(batch.length);
    table_->FindOrInsert(keys, batch.rows(), hashes_.data(), payloads_.data(), nullptr);
    for (size_t k = 0; k < batch.row_count(); ++k) touched_.push_back(payloads_[batch.rows()[k]]);
    const Column& times = *batch.columns[static_cast<size_t>(input == 0 ? node_.left_time : node_.right_time)];
    for (size_t k = 0; k < batch.row_count(); ++k) {
      const size_t i = batch.rows()[k];
      if (!batch.watermark_before.empty() && batch.watermark_before[i] > watermark_.value()) {
        SLUICE_RETURN_IF_ERROR(Fire(batch.watermark_before[i]));
        rows_.SetWatermark(batch.watermark_before[i]);
      }
      const RowKind kind = batch.kind(i);
      if (input == 1 && kind == RowKind::kUpdateBefore) continue;  // the version before stays what held before
      if (times.IsNull(i)) {
        return Error(ErrorCode::kData, "rowtime should not be null, please convert it to a non-null long value.");
      }
      const int64_t time = times.at<int64_t>(i);
      Versions& state = At(payloads_[i]);
      std::string row;
      EncodeRow(batch.columns, i, row);
      if (input == 0) {
        state.left.push_back({time, kind, std::move(row)});
      } else {
        state.right[time] = {IsAdd(kind), std::move(row)};
      }
      if (time < state.timer) {
        state.timer = time;
        timers_->Add(time, keys, i, hashes_[k]);
      }
    }
    EraseEmpty();
    return rows_.Flush(out);
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    SLUICE_RETURN_IF_ERROR(Fire(watermark));
    EraseEmpty();
    return rows_.Flush(out);
  }

 private:
  static Versions& At(std::byte* payload) { return *reinterpret_cast<Versions*>(payload); }

  Status Fire(int64_t watermark) {
    while (!timers_->empty() && timers_->next() <= watermark) {
      timers_->Take(watermark, 1, due_);
      due_payloads_.resize(1);
      table_->Find(due_.keys, due_.rows(), due_.hashes.data(), due_payloads_.data());
      if (due_payloads_[0] == nullptr || At(due_payloads_[0]).timer != due_.times[0]) continue;
      touched_.push_back(due_payloads_[0]);
      Versions& state = At(due_payloads_[0]);
      bool null_key = false;
      for (size_t c = 0; c < due_.keys.size(); ++c) null_key |= node_.filter_nulls[c] && due_.keys[c]->IsNull(0);
      SLUICE_RETURN_IF_ERROR(EmitUntil(watermark, state, null_key));
      DropVersions(watermark, state);
      state.timer = Versions::kNoTimer;
      for (const WaitingRow& r : state.left) state.timer = std::min(state.timer, r.time);
      if (state.timer != Versions::kNoTimer) timers_->Add(state.timer, due_.keys, 0, due_.hashes[0]);
    }
    watermark_.Advance(watermark);
    return {};
  }

  Status EmitUntil(int64_t watermark, Versions& state, bool null_key) {
    std::vector<const WaitingRow*> due;
    std::vector<const Version*> versions;
    std::vector<PairCondition::Pair> pairs;
    for (WaitingRow& r : state.left) {
      if (r.time > watermark) continue;
      due.push_back(&r);
      auto at = state.right.upper_bound(r.time);
      const Version* version = at == state.right.begin() || null_key ? nullptr : &std::prev(at)->second;
      if (version != nullptr && !version->there) version = nullptr;
      versions.push_back(version);
      if (version != nullptr) pairs.push_back({r.row, version->row});
    }
    std::vector<uint8_t> matched;
    SLUICE_RETURN_IF_ERROR(condition_.Test(pairs, matched));
    size_t pair = 0;
    for (size_t k = 0; k < due.size(); ++k) {
      const std::string_view left = due[k]->row;
      if (versions[k] != nullptr && matched[pair++] != 0) {
        const std::string_view right = versions[k]->row;
        rows_.Add(due[k]->kind, &left, &right);
      } else if (node_.left_outer) {
        rows_.Add(due[k]->kind, &left, nullptr);
      }
    }
    std::erase_if(state.left, [&](const WaitingRow& r) { return r.time <= watermark; });
    return {};
  }

  /// The last version that is not younger than the watermark still holds.
  static void DropVersions(int64_t watermark, Versions& state) {
    auto keep = state.right.upper_bound(watermark);
    if (keep == state.right.begin()) return;
    state.right.erase(state.right.begin(), std::prev(keep));
  }

  void EraseEmpty() {
    std::sort(touched_.begin(), touched_.end());
    touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
    for (std::byte* payload : touched_) {
      if (At(payload).empty()) table_->Erase(payload);
    }
    touched_.clear();
  }

  const TemporalJoinNode node_;
  Schema inputs_[2];
  Schema output_;
  PairCondition condition_;
  std::vector<DataType> key_types_;
  KeyedTable* table_ = nullptr;
  KeptWatermark watermark_;
  std::unique_ptr<KeyTimers> timers_;
  DueKeys due_;
  JoinedRows rows_;
  std::vector<uint64_t> hashes_;
  std::vector<std::byte*> payloads_, due_payloads_, touched_;
};

}  // namespace

OperatorResult MakeTemporalJoin(const TemporalJoinNode& node, const OperatorPlan& plan) {
  for (const auto& [input, column] : {std::pair(0, node.left_time), std::pair(1, node.right_time)}) {
    if (plan.input(static_cast<size_t>(input))[static_cast<size_t>(column)].type.physical() != PhysicalType::kInt64) {
      return NotYet("temporal joins over a time of more than 3 digits");
    }
  }
  SLUICE_ASSIGN_OR_RETURN(PairCondition condition, PairCondition::Make(node.condition, plan));
  return std::unique_ptr<Operator>(std::make_unique<TemporalJoin>(node, plan, std::move(condition)));
}

}  // namespace sluice::engine
