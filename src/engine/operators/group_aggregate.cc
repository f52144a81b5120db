// Unbounded GROUP BY with the changelog of org.apache.flink.table.runtime.operators.aggregate.GroupAggFunction: the
// first row of a key answers +I; a changed result -U and +U; the last retraction -D; a retraction for an unknown key is
// dropped. In batch mode one +I a key at the end of input.
#include <algorithm>

#include "base/clock.h"
#include "engine/operators/aggregate_set.h"
#include "engine/operators/changelog_rows.h"
#include "engine/operators/group_head.h"
#include "engine/operators/operator_parts.h"

namespace sluice::engine {

namespace {

class GroupAggregate final : public Operator {
 public:
  GroupAggregate(const GroupAggregateNode& node, const Schema& input, const Schema& output,
                 std::unique_ptr<AggregateSet> calls)
      : node_(node), output_(output), calls_(std::move(calls)) {
    for (int key : node.keys) key_types_.push_back(input[static_cast<size_t>(key)].type);
  }

  Status Open(const TaskContext& context) override {
    clock_ = context.clock;
    subtask_ = context.subtask;
    batch_rows_ = context.batch_rows;
    table_ = context.state->OpenTable({.name = "groups",
                                       .key_types = key_types_,
                                       .payload = calls_->Hooks(),
                                       .payload_format = calls_->Format(),
                                       .ttl_ms = node_.state_ttl_ms});
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    if (batch.row_count() == 0) return {};
    const std::vector<ColumnPtr> keys = SelectColumns(batch, node_.keys);
    payloads_.resize(batch.length);
    inserted_.resize(batch.length);
    HashRows(keys, batch.rows(), hashes_);
    table_->FindOrInsert(keys, batch.rows(), hashes_.data(), payloads_.data(), inserted_.data());
    if (node_.batch) return calls_->Update(batch, batch.rows(), payloads_.data(), nullptr);
    const bool tracked = node_.input_retracts || node_.state_ttl_ms > 0;
    if (tracked) DecideRows(batch);
    const Rows rows = tracked ? Rows{live_.data(), live_.size()} : batch.rows();
    SLUICE_RETURN_IF_ERROR(
        calls_->UpdateAndRead(batch, rows, payloads_.data(), tracked ? ops_.data() : nullptr, before_, after_));
    Collect(rows);
    Status status;
    if (changes_.size() > 0) status = out.Emit(Build(batch, keys));
    if (tracked) EraseDead();
    return status;
  }

  Status EndInput(int, Output& out) override {
    if (!node_.batch) return {};
    if (node_.keys.empty() && table_->size() == 0 && subtask_ == 0) InsertGlobal();
    size_t cursor = 0;
    std::vector<std::byte*> payloads;
    for (;;) {
      table_->Scan(cursor, batch_rows_, payloads);
      if (payloads.empty()) break;
      Batch result;
      result.length = payloads.size();
      for (size_t k = 0; k < key_types_.size(); ++k) {
        result.columns.push_back(Column::Make(output_[k].type, 0));
      }
      table_->ReadKeys(payloads, result.columns);
      std::vector<ColumnPtr> values;
      SLUICE_RETURN_IF_ERROR(calls_->Read(payloads.data(), payloads.size(), values));
      result.columns.insert(result.columns.end(), values.begin(), values.end());
      SLUICE_RETURN_IF_ERROR(out.Emit(std::move(result)));
    }
    table_->Clear();
    return {};
  }

 private:
  static GroupHead& HeadOf(std::byte* payload) { return *reinterpret_cast<GroupHead*>(payload); }

  /// Walks the rows in order through the keys' row counts: which rows count at all (live_), what they do (ops_), which
  /// make their key (inserted_) and which delete it (deletes_).
  void DecideRows(const Batch& batch) {
    live_.clear();
    dead_.clear();
    ops_.resize(batch.length);
    deletes_.assign(batch.length, 0);
    const int64_t now = node_.state_ttl_ms > 0 ? clock_->NowMs() : 0;
    batch.rows().ForEach([&](size_t i) {
      GroupHead& head = HeadOf(payloads_[i]);
      const bool add = IsAdd(batch.kind(i));
      bool exists = node_.input_retracts ? head.rows != 0 : !inserted_[i];
      if (exists && node_.state_ttl_ms > 0 && now - head.last_access >= node_.state_ttl_ms) {
        exists = false;
        head.rows = 0;
      }
      if (!exists && !add) {
        dead_.push_back(payloads_[i]);
        return;
      }
      live_.push_back(static_cast<uint32_t>(i));
      ops_[i] = static_cast<AggregateOp>((add ? kAccumulate : kRetract) | (!exists && !inserted_[i] ? kReset : 0));
      inserted_[i] = exists ? 0 : 1;
      head.last_access = now;
      head.rows += add ? 1 : -1;
      if (head.rows == 0 && node_.input_retracts) {
        deletes_[i] = 1;
        dead_.push_back(payloads_[i]);
      }
    });
  }

  void Collect(const Rows& rows) {
    changes_.Clear();
    changed_.assign(inserted_.size(), node_.state_ttl_ms > 0 ? 1 : 0);
    for (size_t c = 0; c < before_.size(); ++c) MarkChanged(*before_[c], *after_[c], rows, changed_.data());
    const bool may_delete = node_.input_retracts;
    rows.ForEach([&](size_t i) {
      if (inserted_[i]) {
        changes_.Add(i, true, RowKind::kInsert);
      } else if (may_delete && deletes_[i]) {
        changes_.Add(i, false, RowKind::kDelete);
      } else if (changed_[i]) {
        if (node_.emit_update_before) changes_.Add(i, false, RowKind::kUpdateBefore);
        changes_.Add(i, true, RowKind::kUpdateAfter);
      }
    });
  }

  Batch Build(const Batch& batch, const std::vector<ColumnPtr>& keys) {
    Batch result;
    result.length = changes_.size();
    for (size_t k = 0; k < keys.size(); ++k) {
      result.columns.push_back(Column::Relabel(changes_.Take(*keys[k], *keys[k]), output_[k].type));
    }
    for (size_t c = 0; c < before_.size(); ++c) result.columns.push_back(changes_.Take(*before_[c], *after_[c]));
    if (!changes_.AllInserts()) result.kinds = changes_.kinds;
    result.watermark_before = changes_.TakeWatermarks(batch.watermark_before);
    return result;
  }

  /// Keys that have no row left after the batch (a later row of the batch may have made them again).
  void EraseDead() {
    if (!node_.input_retracts) return;
    std::sort(dead_.begin(), dead_.end());
    dead_.erase(std::unique(dead_.begin(), dead_.end()), dead_.end());
    for (std::byte* payload : dead_) {
      if (HeadOf(payload).rows == 0) table_->Erase(payload);
    }
  }

  /// The one row of an aggregate without keys over no input (batch).
  void InsertGlobal() {
    std::byte* payload = nullptr;
    table_->FindOrInsert({}, Rows{nullptr, 1}, &kHashSeed, &payload, nullptr);
  }

  GroupAggregateNode node_;
  Schema output_;
  std::vector<DataType> key_types_;
  std::unique_ptr<AggregateSet> calls_;
  KeyedTable* table_ = nullptr;
  Clock* clock_ = nullptr;
  int subtask_ = 0;
  size_t batch_rows_ = 1024;
  std::vector<uint64_t> hashes_;
  std::vector<std::byte*> payloads_, dead_;
  std::vector<uint8_t> inserted_, deletes_, changed_;
  std::vector<AggregateOp> ops_;
  std::vector<uint32_t> live_;
  std::vector<ColumnPtr> before_, after_;
  ChangelogRows changes_;
};

}  // namespace

OperatorResult MakeGroupAggregate(const GroupAggregateNode& node, const OperatorPlan& plan) {
  SLUICE_ASSIGN_OR_RETURN(auto calls,
                          AggregateSet::Make(node.calls, node.input_retracts, sizeof(GroupHead), plan.environment));
  return std::unique_ptr<Operator>(
      std::make_unique<GroupAggregate>(node, plan.input(), plan.node.schema, std::move(calls)));
}

}  // namespace sluice::engine
