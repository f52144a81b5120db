// GROUP BY under table.exec.mini-batch.enabled, as org.apache.flink.table.runtime.operators.aggregate.
// MiniBatchGroupAggFunction and, in two phases, MiniBatchLocalGroupAggFunction and MiniBatchGlobalGroupAggFunction: the
// rows of a bundle change the accumulators at once, and at its end each key that they met says its net change. The keys
// come in the order of Flink's map of the bundle. A bundle ends with `size` rows (of two phases: the local one with
// `size` rows, the global one with `size` keys of local ones), a watermark, a snapshot, or the input.
//
// The state is that of GroupAggregate: a job goes on with mini-batches switched on or off.
#include <algorithm>
#include <cstring>

#include "base/clock.h"
#include "engine/columnar/java_hash_order.h"
#include "engine/operators/aggregate_set.h"
#include "engine/operators/bundle_cuts.h"
#include "engine/operators/changelog_rows.h"
#include "engine/operators/gathered_rows.h"
#include "engine/operators/group_head.h"
#include "engine/operators/operator_parts.h"
#include "engine/plan/mini_batch.h"

namespace sluice::engine {

namespace {

/// A key that the bundle has met, in this order.
struct Met {
  bool existed = false;  // before the bundle
  bool live = false;     // it has had a row that counts: not only retractions of what is not there
  bool fresh = false;    // its entry in the table was made for the bundle
  uint32_t local = 0;    // the last local bundle that met it
};

void AppendAll(Column& to, const Column& from) {
  const size_t at = to.size();
  const size_t width = to.type().is_nested() ? 0 : PhysicalWidth(to.physical());
  if (width == 0 || from.constant() || from.has_nulls() || to.physical() == PhysicalType::kString) {
    for (size_t i = 0; i < from.size(); ++i) to.AppendFrom(from, i);
    return;
  }
  to.Resize(at + from.size());
  std::memcpy(to.data<char>() + at * width, from.data<char>(), from.size() * width);
}

class MiniBatchAggregate final : public Operator {
 public:
  MiniBatchAggregate(const GroupAggregateNode& node, const PlanSettings& settings, const Schema& input,
                     const Schema& output, std::unique_ptr<AggregateSet> calls)
      : node_(node),
        two_phases_(HasTwoPhases(node, settings)),
        cuts_(settings.mini_batch_size),
        local_rows_(input, node.keys),
        output_(output),
        calls_(std::move(calls)) {
    for (int key : node.keys) key_types_.push_back(input[static_cast<size_t>(key)].type);
  }

  Status Open(const TaskContext& context) override {
    clock_ = context.clock;
    batch_rows_ = std::max<size_t>(context.batch_rows, 1);
    table_ = context.state->OpenTable({.name = "groups",
                                       .key_types = key_types_,
                                       .payload = calls_->Hooks(),
                                       .payload_format = calls_->Format(),
                                       .ttl_ms = node_.state_ttl_ms});
    StartBundle();
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    return cuts_.Walk(
        batch,
        [&](const Rows& rows) {
          if (!gathers()) return Add(batch, rows);
          local_rows_.Add(batch, rows, [](auto& kept, const GatheredRows::Place& row) { kept.push_back(row); });
          return Status();
        },
        [&] { return RowsComplete(out); }, [&] { return EndAll(out); });
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    if (cuts_.IsNew(watermark)) SLUICE_RETURN_IF_ERROR(EndAll(out));
    cuts_.Advance(watermark);
    return {};
  }

  Status BeforeSnapshot(Output& out) override { return EndAll(out); }
  Status EndInput(int, Output& out) override { return EndAll(out); }

 private:
  static GroupHead& HeadOf(std::byte* payload) { return *reinterpret_cast<GroupHead*>(payload); }

  /// Every row counts and adds.
  bool plain() const { return !node_.input_retracts && node_.state_ttl_ms == 0; }

  /// The rows change their keys' accumulators and stand in the bundle from now on.
  Status Add(const Batch& batch, const Rows& rows) {
    const std::vector<ColumnPtr> keys = SelectColumns(batch, node_.keys);
    payloads_.resize(batch.length);
    inserted_.resize(batch.length);
    HashRows(keys, rows, hashes_);
    table_->FindOrInsert(keys, rows, hashes_.data(), payloads_.data(), inserted_.data());
    DecideRows(batch, rows);
    if (!new_payloads_.empty()) {
      std::vector<ColumnPtr> before;
      SLUICE_RETURN_IF_ERROR(calls_->Read(new_payloads_.data(), new_payloads_.size(), before));
      for (size_t c = 0; c < before.size(); ++c) AppendAll(*before_[c], *before[c]);
      table_->ReadKeys(new_payloads_, keys_);
    }
    return calls_->Update(batch, plain() ? rows : Rows{live_.data(), live_.size()}, payloads_.data(),
                          plain() ? nullptr : ops_.data());
  }

  /// Notes the keys that are new to the bundle (new_payloads_), which rows count (live_) and what they do (ops_).
  void DecideRows(const Batch& batch, const Rows& rows) {
    new_payloads_.clear();
    live_.clear();
    ops_.resize(batch.length);
    const int64_t now = node_.state_ttl_ms > 0 ? clock_->NowMs() : 0;
    size_t k = 0;
    rows.ForEach([&](size_t i) {
      GroupHead& head = HeadOf(payloads_[i]);
      if (!head.in_bundle()) Meet(payloads_[i], hashes_[k], inserted_[i] != 0, now);
      ++k;
      Met& met = met_[head.place()];
      if (met.local != local_) {
        met.local = local_;
        ++local_keys_;
      }
      if (plain()) {
        met.live = true;
        return;
      }
      const bool add = IsAdd(batch.kind(i));
      if (!met.live && !add) return;
      ops_[i] = static_cast<AggregateOp>((add ? kAccumulate : kRetract) | (!met.live && !met.fresh ? kReset : 0));
      met.live = true;
      head.rows += add ? 1 : -1;
      live_.push_back(static_cast<uint32_t>(i));
    });
  }

  void Meet(std::byte* payload, uint64_t hash, bool inserted, int64_t now) {
    GroupHead& head = HeadOf(payload);
    Met met;
    met.fresh = inserted;
    met.existed = !inserted && (!node_.input_retracts || head.rows != 0);
    if (met.existed && node_.state_ttl_ms > 0 && now - head.last_access >= node_.state_ttl_ms) {
      met.existed = false;
      head.rows = 0;
    }
    met.live = met.existed;
    head.SetPlace(met_.size());
    met_.push_back(met);
    met_hashes_.push_back(hash);
    new_payloads_.push_back(payload);
  }

  /// In small bundles of two phases rows wait for the end of the local one, whose keys then come to the global one in
  /// the order of Flink's map: it may be full in their midst. In large ones that order says nothing to anybody, and
  /// rows change the accumulators at once.
  bool gathers() const { return two_phases_ && cuts_.size() <= kLargeBundle; }

  /// `size` rows have come since the (local) bundle began.
  Status RowsComplete(Output& out) {
    if (!two_phases_) return EndBundle(out);
    if (gathers()) return SendLocal(out);
    EndLocal();
    return global_keys_ >= cuts_.size() ? EndBundle(out) : Status();
  }

  Status EndAll(Output& out) {
    SLUICE_RETURN_IF_ERROR(SendLocal(out));
    return EndBundle(out);
  }

  /// The gathered rows of the local bundle come to the global one.
  Status SendLocal(Output& out) {
    cuts_.Restart();
    if (local_rows_.empty()) return {};
    const std::vector<uint32_t> order = local_rows_.Order();
    for (size_t at = 0; at < order.size();) {
      const size_t count = std::min(order.size() - at, static_cast<size_t>(cuts_.size() - global_keys_));
      const Batch part = local_rows_.Take({order.data() + at, count});
      const int64_t keys = global_keys_ + static_cast<int64_t>(count);
      SLUICE_RETURN_IF_ERROR(Add(part, part.rows()));
      global_keys_ = keys;
      if (global_keys_ == cuts_.size()) SLUICE_RETURN_IF_ERROR(EndBundle(out));
      at += count;
    }
    local_rows_.Clear();
    return {};
  }

  void EndLocal() {
    global_keys_ += local_keys_;
    local_keys_ = 0;
    cuts_.Restart();
    ++local_;
  }

  void StartBundle() {
    met_.clear();
    met_hashes_.clear();
    keys_.clear();
    before_.clear();
    for (const DataType& type : key_types_) keys_.push_back(Column::Make(type, 0));
    for (size_t c = 0; c < calls_->size(); ++c) before_.push_back(Column::Make(calls_->type(c), 0));
    EndLocal();
    global_keys_ = 0;
    local_ = 1;
  }

  Status EndBundle(Output& out) {
    if (met_.empty()) return {};
    std::vector<std::byte*> payloads(met_.size());
    inserted_.resize(met_.size());
    table_->FindOrInsert(keys_, Rows{nullptr, met_.size()}, met_hashes_.data(), payloads.data(), inserted_.data());
    SLUICE_RETURN_IF_ERROR(calls_->Read(payloads.data(), payloads.size(), after_));
    for (size_t k = 0; k < met_.size(); ++k) {
      // A key whose time to live has passed since it was met is gone without a word.
      const GroupHead& head = HeadOf(payloads[k]);
      if (head.in_bundle() && head.place() == k) continue;
      if (inserted_[k] != 0) table_->Erase(payloads[k]);
      payloads[k] = nullptr;
    }
    Decide(payloads);
    SLUICE_RETURN_IF_ERROR(EmitChanges(out));
    StartBundle();
    return {};
  }

  /// What each key says, in the order of the keys; the state of keys without rows is dropped.
  void Decide(const std::vector<std::byte*>& payloads) {
    changes_.Clear();
    changed_.assign(met_.size(), node_.state_ttl_ms > 0 ? 1 : 0);
    for (size_t c = 0; c < before_.size(); ++c) {
      MarkChanged(*before_[c], *after_[c], Rows{nullptr, met_.size()}, changed_.data());
    }
    const int64_t now = node_.state_ttl_ms > 0 ? clock_->NowMs() : 0;
    for (const uint32_t k : Order()) {
      std::byte* payload = payloads[k];
      if (payload == nullptr) continue;
      GroupHead& head = HeadOf(payload);
      const Met& met = met_[k];
      if (!met.live || (node_.input_retracts && head.rows == 0)) {
        if (met.existed) changes_.Add(k, false, RowKind::kDelete);
        table_->Erase(payload);
        continue;
      }
      head.last_access = now;
      if (!met.existed) {
        changes_.Add(k, true, RowKind::kInsert);
      } else if (changed_[k] != 0) {
        if (node_.emit_update_before) changes_.Add(k, false, RowKind::kUpdateBefore);
        changes_.Add(k, true, RowKind::kUpdateAfter);
      }
    }
  }

  std::vector<uint32_t> Order() {
    std::vector<int32_t> codes(met_.size(), 0);
    if (met_.size() > 1 && BinaryRowHash::Knows(keys_)) {
      for (size_t k = 0; k < codes.size(); ++k) codes[k] = row_hash_(keys_, k);
    }
    return HashMapOrder(codes, buckets_);
  }

  Status EmitChanges(Output& out) {
    ChangelogRows part;
    for (size_t at = 0; at < changes_.size();) {
      const size_t end = std::min(changes_.size(), at + batch_rows_);
      part.sources.assign(changes_.sources.begin() + static_cast<ptrdiff_t>(at),
                          changes_.sources.begin() + static_cast<ptrdiff_t>(end));
      part.kinds.assign(changes_.kinds.begin() + static_cast<ptrdiff_t>(at),
                        changes_.kinds.begin() + static_cast<ptrdiff_t>(end));
      at = end;
      Batch result;
      result.length = part.size();
      for (size_t k = 0; k < keys_.size(); ++k) {
        result.columns.push_back(Column::Relabel(part.Take(*keys_[k], *keys_[k]), output_[k].type));
      }
      for (size_t c = 0; c < before_.size(); ++c) result.columns.push_back(part.Take(*before_[c], *after_[c]));
      if (!part.AllInserts()) result.kinds = part.kinds;
      cuts_.Stamp(result);
      SLUICE_RETURN_IF_ERROR(out.Emit(std::move(result)));
    }
    return {};
  }

  const GroupAggregateNode node_;
  const bool two_phases_;
  BundleCuts cuts_;
  GatheredRows local_rows_;
  const Schema output_;
  std::vector<DataType> key_types_;
  std::unique_ptr<AggregateSet> calls_;
  KeyedTable* table_ = nullptr;
  Clock* clock_ = nullptr;
  size_t batch_rows_ = 1024;
  // The bundle.
  std::vector<Met> met_;
  std::vector<uint64_t> met_hashes_;
  std::vector<ColumnPtr> keys_, before_;
  int64_t local_keys_ = 0, global_keys_ = 0;
  uint32_t local_ = 1;
  size_t buckets_ = 16;  // of Flink's map, which keeps them
  // Of a call.
  std::vector<uint64_t> hashes_;
  std::vector<std::byte*> payloads_, new_payloads_;
  std::vector<uint8_t> inserted_, changed_;
  std::vector<AggregateOp> ops_;
  std::vector<uint32_t> live_;
  std::vector<ColumnPtr> after_;
  ChangelogRows changes_;
  BinaryRowHash row_hash_;
};

}  // namespace

OperatorResult MakeMiniBatchAggregate(const GroupAggregateNode& node, const OperatorPlan& plan) {
  SLUICE_ASSIGN_OR_RETURN(auto calls,
                          AggregateSet::Make(node.calls, node.input_retracts, sizeof(GroupHead), plan.environment));
  return std::unique_ptr<Operator>(
      std::make_unique<MiniBatchAggregate>(node, plan.settings, plan.input(), plan.node.schema, std::move(calls)));
}

}  // namespace sluice::engine
