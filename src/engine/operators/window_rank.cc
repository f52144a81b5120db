// Top-N and deduplication per window: the first rows of each key and window in order, once the window is over (Flink's
// WindowRankOperator and RowTimeWindowDeduplicateOperator).
#include "engine/columnar/row_encoding.h"
#include "engine/operators/rank_rows.h"
#include "engine/operators/row_changes.h"
#include "engine/operators/sort_key.h"
#include "engine/operators/windowed_state.h"

namespace sluice::engine {

namespace {

class WindowRank final : public Operator {
 public:
  WindowRank(const WindowRankNode& node, const Schema& input, const Schema& output, std::vector<DataType> key_types)
      : node_(node), input_(input), output_(output), state_(std::move(key_types)) {}

  Status Open(const TaskContext& context) override {
    std::string order = "rank:";
    for (const SortKey& key : node_.order) {
      order += std::to_string(key.column) + (key.ascending ? "A" : "D") + (key.nulls_last ? "L " : "F ");
    }
    state_.Open(context, order + RowFormat(input_));
    changes_.Start(output_, input_.size());
    return {};
  }

  Status BeforeSnapshot(Output&) override {
    state_.Save();
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    per_row_ |= !batch.watermark_before.empty();
    auto add = [&](size_t i, RankRows& rows) {
      key_.clear();
      EncodeSortKey(node_.order, batch.columns, i, key_);
      const bool full = rows.size() >= static_cast<size_t>(node_.rank_end);
      if (full && (node_.last_of_equals ? key_ > rows.last_key() : key_ >= rows.last_key())) return;
      if (full) rows.RemoveLast();
      row_.clear();
      EncodeRow(batch.columns, i, row_);
      rows.Add(key_, row_, 0);  // its rank is counted when the window shows
    };
    SLUICE_RETURN_IF_ERROR(
        state_.Process(batch, node_.partition_keys, node_.window_end, add, [&](RankRows& rows) { return Show(rows); }));
    return changes_.Flush(out);
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    SLUICE_RETURN_IF_ERROR(state_.Advance(watermark, [&](RankRows& rows) { return Show(rows); }));
    return changes_.Flush(out);
  }

 private:
  Status Show(const RankRows& rows) {
    if (per_row_) changes_.SetWatermark(state_.watermark());
    rows.From(node_.rank_start, [&](int64_t rank, const std::string& row) {
      changes_.Add(RowKind::kInsert, row, rank);
      return true;
    });
    return {};
  }

  const WindowRankNode node_;
  Schema input_, output_;
  WindowedState<RankRows> state_;
  RowChanges changes_;
  bool per_row_ = false;
  std::string key_, row_;
};

}  // namespace

OperatorResult MakeWindowRank(const WindowRankNode& node, const OperatorPlan& plan) {
  if (!SortableTypes(node.order, plan.input())) return NotYet("ORDER BY a nested type");
  std::vector<DataType> key_types;
  for (const int k : node.partition_keys) key_types.push_back(plan.input()[static_cast<size_t>(k)].type);
  return std::unique_ptr<Operator>(
      std::make_unique<WindowRank>(node, plan.input(), plan.node.schema, std::move(key_types)));
}

}  // namespace sluice::engine
