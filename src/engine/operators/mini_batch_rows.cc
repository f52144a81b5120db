// Rows of a mini-batch gathered by key before an operator that goes by the rows of one key: deduplication and
// ChangelogNormalize (org.apache.flink.table.runtime.operators.deduplicate.*MiniBatch*Function). At the end of a bundle
// the operator gets what each key's rows come down to, key after key in the order of Flink's map.
#include "engine/operators/mini_batch_rows.h"

#include "engine/operators/bundled_operator.h"
#include "engine/operators/gathered_rows.h"

namespace sluice::engine {

namespace {

class MiniBatchRows final : public BundledOperator {
 public:
  MiniBatchRows(std::unique_ptr<Operator> inner, MiniBatchRowsSpec spec, const Schema& input)
      : BundledOperator(std::move(inner), spec.size), spec_(std::move(spec)), gathered_(input, spec_.keys) {}

 private:
  void Gather(int, const Batch& batch, const Rows& rows) override {
    gathered_.Add(batch, rows, [&](auto& kept, const GatheredRows::Place& row) {
      if (spec_.keep == BundleKeeps::kAll) {
        kept.push_back(row);
      } else if (Replaces(row, kept.back())) {
        kept.back() = row;
      }
    });
  }

  bool Replaces(const GatheredRows::Place& row, const GatheredRows::Place& kept) const {
    switch (spec_.keep) {
      case BundleKeeps::kFirst: return false;
      case BundleKeeps::kLast: return true;
      case BundleKeeps::kEarliest: return TimeOf(row) < TimeOf(kept);
      default: return TimeOf(row) >= TimeOf(kept);
    }
  }

  int64_t TimeOf(const GatheredRows::Place& p) const {
    const Column& time = gathered_.ColumnOf(p, spec_.time_column);
    return time.IsNull(p.row) ? kNoWatermark : time.at<int64_t>(p.row);
  }

  Status EndBundle(Output& out) override {
    if (gathered_.empty()) return {};
    Batch bundle = gathered_.Take(gathered_.Order());
    gathered_.Clear();
    cuts_.Stamp(bundle);
    cuts_.Restart();
    return inner_->Process(0, std::move(bundle), out);
  }

  const MiniBatchRowsSpec spec_;
  GatheredRows gathered_;
};

}  // namespace

std::unique_ptr<Operator> MakeMiniBatchRows(std::unique_ptr<Operator> inner, MiniBatchRowsSpec spec,
                                            const Schema& input) {
  return std::make_unique<MiniBatchRows>(std::move(inner), std::move(spec), input);
}

}  // namespace sluice::engine
