// Top-N: ROW_NUMBER with a bound, ORDER BY … LIMIT over a stream. The changelogs are those of AppendOnlyTopNFunction,
// FastTop1Function and RetractableTopNFunction of org.apache.flink.table.runtime.operators.rank. In batch mode the
// final rows at the end of input, also for RANK and DENSE_RANK.
#include <algorithm>

#include "base/options_registry.h"
#include "engine/columnar/row_encoding.h"
#include "engine/operators/gathered_rows.h"
#include "engine/operators/key_states.h"
#include "engine/operators/mini_batch_rows.h"
#include "engine/operators/offset_rank.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/rank_rows.h"
#include "engine/operators/row_changes.h"
#include "engine/operators/sort_key.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

namespace {

class Rank final : public Operator {
 public:
  Rank(const RankNode& node, const Schema& input, const Schema& output)
      : node_(node), input_(input), input_columns_(input.size()), output_(output) {
    for (const SortKey& key : node.order) {
      order_ += std::to_string(key.column) + (key.ascending ? "A" : "D") + (key.nulls_last ? "L " : "F ");
    }
    for (const int k : node.partition_keys) key_types_.push_back(input[static_cast<size_t>(k)].type);
    with_numbers_ = node.output_rank || node.rank_start > 1;
    top1_ = !node.input_retracts && !with_numbers_ && node.rank_end == 1 && node.rank_end_column < 0;
  }

  Status Open(const TaskContext& context) override {
    table_ = context.state->OpenTable({.name = "rows",
                                       .key_types = key_types_,
                                       .payload = ObjectPayload<RankRows>(),
                                       .payload_format = "rank:" + order_ + RowFormat(input_),
                                       .ttl_ms = node_.state_ttl_ms});
    changes_.Start(output_, input_columns_);
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    const Rows rows = batch.rows();
    states_.Find(*table_, batch, node_.partition_keys);
    EncodeRows(batch.columns, rows, encoded_);
    size_t next = 0;
    rows.ForEach([&](size_t i) {
      key_.clear();
      EncodeSortKey(node_.order, batch.columns, i, key_);
      row_ = encoded_[next++];
      if (!batch.watermark_before.empty()) changes_.SetWatermark(batch.watermark_before[i]);
      RankRows& state = states_[i];
      end_ = EndOf(state, batch, i);
      if (node_.batch) {
        state.Add(key_, row_, end_);
      } else if (!IsAdd(batch.kind(i))) {
        Retract(state);
      } else if (top1_) {
        AddTop1(state);
      } else if (node_.input_retracts) {
        AddRetractable(state);
      } else {
        AddAppendOnly(state);
      }
    });
    if (node_.input_retracts && !node_.batch) states_.EraseEmpty();
    return changes_.Flush(out);
  }

  Status EndInput(int, Output& out) override {
    if (!node_.batch) return {};
    size_t cursor = 0;
    std::vector<std::byte*> payloads;
    for (;;) {
      table_->Scan(cursor, 256, payloads);
      if (payloads.empty()) return {};
      for (std::byte* p : payloads) {
        RankRows& state = *reinterpret_cast<RankRows*>(p);
        end_ = node_.rank_end_column < 0 ? node_.rank_end : std::min(state.end, node_.rank_end);
        EmitFinal(state);
      }
      SLUICE_RETURN_IF_ERROR(changes_.Flush(out));
    }
  }

 private:
  /// With a column as the bound, the partition's first row says it for good (Flink's VariableRankRange).
  int64_t EndOf(RankRows& state, const Batch& batch, size_t i) const {
    if (node_.rank_end_column < 0) return node_.rank_end;
    const Column& bound = *batch.columns[static_cast<size_t>(node_.rank_end_column)];
    if (state.end == RankRows::kNoEnd) state.end = bound.IsNull(i) ? 0 : bound.GetValue(i).as_int();
    return std::min(state.end, node_.rank_end);
  }

  bool InRange(int64_t rank) const { return rank >= node_.rank_start && rank <= end_; }
  void Add(RowKind kind, std::string_view row, int64_t rank) {
    if (!InRange(rank)) return;
    if (kind == RowKind::kUpdateBefore && !node_.emit_update_before) return;
    changes_.Add(kind, row, rank);
  }

  /// Ties do not replace the row that was there.
  void AddTop1(RankRows& state) {
    if (state.empty()) {
      state.Add(key_, row_, end_);
      return Add(RowKind::kInsert, row_, 1);
    }
    if (key_ >= state.last_key()) return;
    Add(RowKind::kUpdateBefore, state.last_row(), 1);
    state.RemoveLast();
    state.Add(key_, row_, end_);
    Add(RowKind::kUpdateAfter, row_, 1);
  }

  void AddAppendOnly(RankRows& state) {
    const auto limit = static_cast<size_t>(std::max<int64_t>(end_, 0));
    if (limit == 0 || (state.size() >= limit && key_ >= state.last_key())) return;
    const int64_t rank = state.Add(key_, row_, end_);
    if (with_numbers_) {
      ShiftDown(state, rank);
      if (state.size() > limit) state.RemoveLast();
      return;
    }
    if (state.size() > limit) {
      changes_.Add(RowKind::kDelete, state.last_row());
      state.RemoveLast();
    }
    changes_.Add(RowKind::kInsert, row_);
  }

  void AddRetractable(RankRows& state) {
    const int64_t rank = state.Add(key_, row_, end_);
    if (rank > end_) return;
    if (with_numbers_) return ShiftDown(state, rank);
    state.From(end_ + 1, [&](int64_t, const std::string& pushed_out) {
      changes_.Add(RowKind::kDelete, pushed_out);
      return false;
    });
    changes_.Add(RowKind::kInsert, row_);
  }

  /// The row came in at `rank`: every later row that shows moves down by one.
  void ShiftDown(const RankRows& state, int64_t rank) {
    std::string_view current = row_;
    int64_t at = rank;
    state.From(rank + 1, [&](int64_t, const std::string& moved) {
      if (at > end_) return false;
      Add(RowKind::kUpdateBefore, moved, at);
      Add(RowKind::kUpdateAfter, current, at);
      current = moved;
      ++at;
      return true;
    });
    Add(RowKind::kInsert, current, at);
  }

  void Retract(RankRows& state) {
    const int64_t rank = state.Remove(key_, row_, end_);
    if (rank == 0 || rank > end_) return;
    if (!with_numbers_) {
      changes_.Add(RowKind::kDelete, row_);
      state.From(end_, [&](int64_t, const std::string& pulled_in) {
        changes_.Add(RowKind::kInsert, pulled_in);
        return false;
      });
      return;
    }
    std::string_view current = row_;
    int64_t at = rank;
    state.From(rank, [&](int64_t, const std::string& moved) {
      if (at > end_) return false;
      Add(RowKind::kUpdateBefore, current, at);
      Add(RowKind::kUpdateAfter, moved, at);
      current = moved;
      ++at;
      return true;
    });
    Add(RowKind::kDelete, current, at);
  }

  void EmitFinal(const RankRows& state) {
    int64_t row_number = 0, dense = 0;
    state.ForEachKey([&](const std::vector<std::string>& rows) {
      ++dense;
      const int64_t first = row_number + 1;
      for (const std::string& row : rows) {
        ++row_number;
        const int64_t rank = node_.function == "RANK" ? first : node_.function == "DENSE_RANK" ? dense : row_number;
        Add(RowKind::kInsert, row, rank);
      }
    });
  }

  const RankNode node_;
  Schema input_;
  size_t input_columns_;
  Schema output_;
  std::string order_;  // what the sort keys in state are made of
  std::vector<DataType> key_types_;
  bool with_numbers_ = false;
  bool top1_ = false;
  int64_t end_ = 0;  // the last rank that shows, in the partition at hand
  KeyedTable* table_ = nullptr;
  RowChanges changes_;
  KeyStates<RankRows> states_;
  EncodedRows encoded_;   // the rows of the batch being processed
  std::string_view row_;  // the one being processed, in encoded_
  std::string key_;       // and its order
};

/// The one order column is a time attribute and only rank 1 counts.
bool IsDeduplication(const RankNode& node, const OperatorPlan& plan) {
  if (node.batch || node.rank_end != 1 || node.rank_end_column >= 0 || node.order.size() != 1) return false;
  const DataType& type = plan.input()[static_cast<size_t>(node.order[0].column)].type;
  // ORDER BY rowtime LIMIT 1 is a Top-N.
  // Over changes it is a Top-N like any other.
  if (node.input_retracts) return false;
  return type.is_proctime() || (type.is_rowtime() && !plan.node.name.starts_with("SortLimit"));
}

bool IsOffsetOfChangelog(const RankNode& node) {
  return !node.batch && node.input_retracts && !node.output_rank && node.rank_start > 1 && node.rank_end_column < 0;
}

constexpr Option<bool> kCompactChanges{
    .key = "table.exec.deduplicate.mini-batch.compact-changes-enabled",
    .default_value = "false",
    .text = "Under mini-batches, deduplication by event time shows the last change of a bundle only."};

/// The rows of a bundle that count, as Flink's deduplications under mini-batches look at them.
OperatorResult DeduplicateBundles(const RankNode& node, const OperatorPlan& plan) {
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Operator> inner, MakeDeduplicate(node, plan));
  const OptionValues values(plan.settings.options.begin(), plan.settings.options.end());
  SLUICE_ASSIGN_OR_RETURN(const bool compact, GetOption(values, kCompactChanges));
  const SortKey& order = node.order[0];
  MiniBatchRowsSpec spec{
      .keys = node.partition_keys, .time_column = order.column, .size = plan.settings.mini_batch_size};
  if (plan.input()[static_cast<size_t>(order.column)].type.is_rowtime()) {
    if (compact) spec.keep = order.ascending ? BundleKeeps::kEarliest : BundleKeeps::kLatest;
  } else {
    spec.keep = order.ascending ? BundleKeeps::kFirst : BundleKeeps::kLast;
  }
  // Of all rows nothing changes but the order of the keys, which says nothing to anybody in large bundles.
  if (spec.keep == BundleKeeps::kAll && spec.size > kLargeBundle) return inner;
  return MakeMiniBatchRows(std::move(inner), std::move(spec), plan.input());
}

}  // namespace

OperatorResult MakeRank(const RankNode& node, const OperatorPlan& plan) {
  if (!node.batch && node.function != "ROW_NUMBER") {
    return Error(ErrorCode::kValidation, node.function + "() on streaming table is not supported currently");
  }
  if (IsDeduplication(node, plan)) {
    return plan.settings.mini_batch ? DeduplicateBundles(node, plan) : MakeDeduplicate(node, plan);
  }
  if (!SortableTypes(node.order, plan.input())) return NotYet("ORDER BY a nested type");
  if (!node.upsert_key.empty()) return MakeUpsertRank(node, plan);
  if (IsOffsetOfChangelog(node)) return MakeOffsetRank(node, plan);
  return std::unique_ptr<Operator>(std::make_unique<Rank>(node, plan.input(), plan.node.schema));
}

OperatorResult MakeRetractingLimit(const LimitNode& limit, const OperatorPlan& plan) {
  RankNode rank;
  rank.rank_start = limit.offset + 1;
  rank.rank_end = limit.limit < 0 ? INT64_MAX - 1 : limit.offset + limit.limit;
  rank.emit_update_before = limit.emit_update_before;
  rank.input_retracts = true;
  if (IsOffsetOfChangelog(rank)) return MakeOffsetRank(rank, plan);
  return std::unique_ptr<Operator>(std::make_unique<Rank>(rank, plan.input(), plan.node.schema));
}

}  // namespace sluice::engine
