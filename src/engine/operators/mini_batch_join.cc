// A join under mini-batches, as org.apache.flink.table.runtime.operators.join.stream.MiniBatchStreamingJoinOperator:
// the changes of a bundle are folded on each side before they meet, so that a row that comes and goes within it is not
// joined at all, and the side that an outer join may fill with NULL comes first.
#include "engine/operators/mini_batch_join.h"

#include "engine/operators/bundle_cuts.h"
#include "engine/operators/gathered_rows.h"

namespace sluice::engine {

namespace {

class MiniBatchJoin final : public Operator {
 public:
  MiniBatchJoin(std::unique_ptr<Operator> join, const JoinNode& node, const OperatorPlan& plan)
      : join_(std::move(join)),
        first_(node.kind == JoinKind::kRight ? 0 : 1),
        cuts_(plan.settings.mini_batch_size),
        sides_{MakeSide(plan.input(0), node.left_keys, node.left_unique_keys),
               MakeSide(plan.input(1), node.right_keys, node.right_unique_keys)} {}

  Status Open(const TaskContext& context) override { return join_->Open(context); }

  Status Process(int input, Batch batch, Output& out) override {
    Side& side = sides_[input];
    return cuts_.Walk(
        batch,
        [&](const Rows& rows) {
          side.rows.Add(batch, rows, [&](auto& kept, const GatheredRows::Place& row) { Fold(side, kept, row); });
          return Status();
        },
        [&] { return EndBundle(out); }, [&] { return EndBundle(out); });
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    if (cuts_.IsNew(watermark)) SLUICE_RETURN_IF_ERROR(EndBundle(out));
    cuts_.Advance(watermark);
    return join_->AdvanceWatermark(watermark, out);
  }
  Status AdvanceProcessingTime(int64_t now_ms, Output& out) override {
    return join_->AdvanceProcessingTime(now_ms, out);
  }
  int64_t NextProcessingTime() const override { return join_->NextProcessingTime(); }
  Status BeforeSnapshot(Output& out) override {
    SLUICE_RETURN_IF_ERROR(EndBundle(out));
    return join_->BeforeSnapshot(out);
  }
  Status EndInput(int input, Output& out) override {
    SLUICE_RETURN_IF_ERROR(EndBundle(out));
    return join_->EndInput(input, out);
  }
  Status Close() override { return join_->Close(); }

 private:
  struct Side {
    GatheredRows rows;
    bool unique = false;  // gathered by a unique key; else by the whole row
  };

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

  Status EndBundle(Output& out) {
    cuts_.Restart();
    for (const int input : {first_, 1 - first_}) {
      GatheredRows& rows = sides_[input].rows;
      if (rows.empty()) continue;
      Batch bundle = rows.Take(rows.Order());
      rows.Clear();
      cuts_.Stamp(bundle);
      if (bundle.length > 0) SLUICE_RETURN_IF_ERROR(join_->Process(input, std::move(bundle), out));
    }
    return {};
  }

  const std::unique_ptr<Operator> join_;
  const int first_;
  BundleCuts cuts_;
  Side sides_[2];
};

}  // namespace

std::unique_ptr<Operator> MakeMiniBatchJoin(std::unique_ptr<Operator> join, const JoinNode& node,
                                            const OperatorPlan& plan) {
  return std::make_unique<MiniBatchJoin>(std::move(join), node, plan);
}

}  // namespace sluice::engine
