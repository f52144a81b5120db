// Top-N over an upsert stream whose order only gets better: the changelogs of FastTop1Function and
// UpdatableTopNFunction of org.apache.flink.table.runtime.operators.rank. Rows that fell out are forgotten: what pushed
// them out stays better until they come again.
#include <algorithm>

#include "engine/columnar/row_encoding.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/row_changes.h"
#include "engine/operators/sort_key.h"
#include "engine/operators/upsert_rank_rows.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

namespace {

class UpsertRank final : public Operator {
 public:
  UpsertRank(const RankNode& node, const Schema& input, const Schema& output)
      : node_(node), input_(input), output_(output) {
    for (const SortKey& key : node.order) {
      order_ += std::to_string(key.column) + (key.ascending ? "A" : "D") + (key.nulls_last ? "L " : "F ");
    }
    for (const int k : node.upsert_key) order_ += "U" + std::to_string(k) + " ";
    for (const int k : node.partition_keys) key_types_.push_back(input[static_cast<size_t>(k)].type);
    with_numbers_ = node.output_rank || node.rank_start > 1;
  }

  Status Open(const TaskContext& context) override {
    table_ = context.state->OpenTable({.name = "rows",
                                       .key_types = key_types_,
                                       .payload = ObjectPayload<UpsertRankRows>(),
                                       .payload_format = "upsert-rank:" + order_ + RowFormat(input_),
                                       .ttl_ms = node_.state_ttl_ms});
    changes_.Start(output_, input_.size());
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    const Rows rows = batch.rows();
    const std::vector<ColumnPtr> partition = SelectColumns(batch, node_.partition_keys);
    const std::vector<ColumnPtr> upsert = SelectColumns(batch, node_.upsert_key);
    HashRows(partition, rows, hashes_);
    payloads_.resize(batch.length);
    table_->FindOrInsert(partition, rows, hashes_.data(), payloads_.data(), nullptr);
    rows.ForEach([&](size_t i) {
      order_key_.clear();
      key_.clear();
      row_.clear();
      EncodeSortKey(node_.order, batch.columns, i, order_key_);
      EncodeRow(upsert, i, key_);
      EncodeRow(batch.columns, i, row_);
      if (!batch.watermark_before.empty()) changes_.SetWatermark(batch.watermark_before[i]);
      UpsertRankRows& state = *reinterpret_cast<UpsertRankRows*>(payloads_[i]);
      if (node_.rank_end == 1 && node_.rank_start == 1) {
        Top1(state);
      } else if (with_numbers_) {
        WithNumbers(state);
      } else {
        WithoutNumbers(state);
      }
    });
    return changes_.Flush(out);
  }

 private:
  void Emit(RowKind kind, std::string_view row, int64_t rank) {
    if (rank < node_.rank_start || rank > node_.rank_end) return;
    if (kind == RowKind::kUpdateBefore && !node_.emit_update_before) return;
    changes_.Add(kind, row, rank);
  }

  void Top1(UpsertRankRows& state) {
    if (state.size() == 0) {
      state.Add(key_, order_key_, row_);
      return Emit(RowKind::kInsert, row_, 1);
    }
    if (order_key_ >= state.order().begin()->first) return;
    Emit(RowKind::kUpdateBefore, state.TakeLast(), 1);
    state.Add(key_, order_key_, row_);
    Emit(RowKind::kUpdateAfter, row_, 1);
  }

  bool InRange(const UpsertRankRows& state) const {
    return state.size() < static_cast<size_t>(node_.rank_end) || order_key_ < state.order().rbegin()->first;
  }

  void WithoutNumbers(UpsertRankRows& state) {
    if (const UpsertRankRows::Entry* old = state.Find(key_)) {
      const std::string before = old->row;
      const bool same_place = old->order == order_key_;
      if (same_place) {
        state.Replace(key_, row_);
      } else {
        state.Remove(key_);
        state.Add(key_, order_key_, row_);
      }
      Emit(RowKind::kUpdateBefore, before, 1);
      return Emit(RowKind::kUpdateAfter, row_, 1);
    }
    if (!InRange(state)) return;
    state.Add(key_, order_key_, row_);
    if (state.size() > static_cast<size_t>(node_.rank_end)) Emit(RowKind::kDelete, state.TakeLast(), 1);
    Emit(RowKind::kInsert, row_, 1);
  }

  void WithNumbers(UpsertRankRows& state) {
    const UpsertRankRows::Entry* old = state.Find(key_);
    if (old == nullptr) {
      if (!InRange(state)) return;
      state.Add(key_, order_key_, row_);
      Shift(state, state.RankOf(key_), static_cast<int64_t>(state.size()));
      if (state.size() > static_cast<size_t>(node_.rank_end)) state.TakeLast();
      return;
    }
    const std::string before = old->row;
    const int64_t old_rank = state.RankOf(key_);
    if (old->order == order_key_) {
      state.Replace(key_, row_);
      Emit(RowKind::kUpdateBefore, before, old_rank);
      return Emit(RowKind::kUpdateAfter, row_, old_rank);
    }
    state.Remove(key_);
    state.Add(key_, order_key_, row_);
    Move(state, state.RankOf(key_), old_rank, before);
  }

  /// A new row stands at `rank`: the rows behind it moved down by one.
  void Shift(const UpsertRankRows& state, int64_t rank, int64_t last) {
    Ranked(state);
    for (int64_t at = rank; at < last; ++at) {
      Emit(RowKind::kUpdateBefore, *ranked_[static_cast<size_t>(at)], at);
      Emit(RowKind::kUpdateAfter, *ranked_[static_cast<size_t>(at - 1)], at);
    }
    Emit(RowKind::kInsert, *ranked_[static_cast<size_t>(last - 1)], last);
  }

  /// A row came from `old_rank` up to `rank`: those between moved down by one.
  void Move(const UpsertRankRows& state, int64_t rank, int64_t old_rank, const std::string& before) {
    Ranked(state);
    for (int64_t at = rank; at < old_rank; ++at) {
      Emit(RowKind::kUpdateBefore, *ranked_[static_cast<size_t>(at)], at);
    }
    Emit(RowKind::kUpdateBefore, before, old_rank);
    for (int64_t at = rank; at <= old_rank; ++at) {
      Emit(RowKind::kUpdateAfter, *ranked_[static_cast<size_t>(at - 1)], at);
    }
  }

  void Ranked(const UpsertRankRows& state) {
    ranked_.clear();
    for (const auto& [order, keys] : state.order()) {
      for (const std::string& key : keys) ranked_.push_back(&state.row(key));
    }
  }

  const RankNode node_;
  Schema input_, output_;
  std::string order_;  // what the keys in state are made of
  std::vector<DataType> key_types_;
  bool with_numbers_ = false;
  KeyedTable* table_ = nullptr;
  RowChanges changes_;
  std::vector<uint64_t> hashes_;
  std::vector<std::byte*> payloads_;
  std::vector<const std::string*> ranked_;
  std::string order_key_, key_, row_;
};

}  // namespace

OperatorResult MakeUpsertRank(const RankNode& node, const OperatorPlan& plan) {
  return std::unique_ptr<Operator>(std::make_unique<UpsertRank>(node, plan.input(), plan.node.schema));
}

}  // namespace sluice::engine
