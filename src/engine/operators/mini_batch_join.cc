// A join under mini-batches, as org.apache.flink.table.runtime.operators.join.stream.MiniBatchStreamingJoinOperator:
// the changes of a bundle are folded on each side before they meet, so that a row that comes and goes within it is not
// joined at all, and the side that an outer join may fill with NULL comes first.
#include "engine/operators/mini_batch_join.h"

#include "engine/operators/bundled_operator.h"
#include "engine/operators/gathered_rows.h"

namespace sluice::engine {

namespace {

class MiniBatchJoin final : public BundledOperator {
 public:
  MiniBatchJoin(std::unique_ptr<Operator> join, const JoinNode& node, const OperatorPlan& plan)
      : BundledOperator(std::move(join), plan.settings.mini_batch_size),
        first_(node.kind == JoinKind::kRight ? 0 : 1),
        sides_{MakeSide(plan.input(0), node.left_keys, node.left_unique_keys),
               MakeSide(plan.input(1), node.right_keys, node.right_unique_keys)} {}

 private:
  struct Side {
    GatheredRows rows;
    bool unique = false;  // gathered by a unique key; else by the whole row
  };

  void Gather(int input, const Batch& batch, const Rows& rows) override {
    Side& side = sides_[input];
    side.rows.Add(batch, rows, [&](auto& kept, const GatheredRows::Place& row) { Fold(side, kept, row); });
  }

  static Side MakeSide(const Schema& schema, const std::vector<int>& join_keys,
                       const std::vector<std::vector<int>>& unique_keys) {
    std::vector<int> by = join_keys;
    if (!unique_keys.empty()) {
      by.insert(by.end(), unique_keys[0].begin(), unique_keys[0].end());
    } else {
      by.clear();
      for (size_t c = 0; c < schema.size(); ++c) by.push_back(static_cast<int>(c));
    }
    return {GatheredRows(schema, std::move(by)), !unique_keys.empty()};
  }

  /// What is left of a key's changes with one more: at most one row that goes and one that comes.
  static void Fold(const Side& side, std::vector<GatheredRows::Place>& kept, const GatheredRows::Place& row) {
    const bool comes = IsAdd(side.rows.KindOf(row)), came = IsAdd(side.rows.KindOf(kept.back()));
    if (came && !comes) {
      kept.pop_back();
    } else if (comes && !came && !side.unique) {
      kept.pop_back();  // the same row again
    } else if (comes && came && side.unique) {
      kept.back() = row;
    } else {
      kept.push_back(row);
    }
  }

  Status EndBundle(Output& out) override {
    cuts_.Restart();
    for (const int input : {first_, 1 - first_}) {
      GatheredRows& rows = sides_[input].rows;
      if (rows.empty()) continue;
      Batch bundle = rows.Take(rows.Order());
      rows.Clear();
      cuts_.Stamp(bundle);
      if (bundle.length > 0) SLUICE_RETURN_IF_ERROR(inner_->Process(input, std::move(bundle), out));
    }
    return {};
  }

  const int first_;
  Side sides_[2];
};

}  // namespace

std::unique_ptr<Operator> MakeMiniBatchJoin(std::unique_ptr<Operator> join, const JoinNode& node,
                                            const OperatorPlan& plan) {
  return std::make_unique<MiniBatchJoin>(std::move(join), node, plan);
}

}  // namespace sluice::engine
