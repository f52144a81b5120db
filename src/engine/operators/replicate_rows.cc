// Each row as often as its count says: the last step of INTERSECT ALL and EXCEPT ALL.
#include "engine/functions/program.h"
#include "engine/operators/operator_parts.h"

namespace sluice::engine {

namespace {

class ReplicateRows final : public Operator {
 public:
  explicit ReplicateRows(std::unique_ptr<Program> count) : count_(std::move(count)) {}

  Status Open(const TaskContext&) override { return {}; }

  Status Process(int, Batch batch, Output& out) override {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<ColumnPtr> counts, count_->Run(batch));
    positions_.clear();
    batch.rows().ForEach([&](size_t i) {
      const int64_t times = counts[0]->IsNull(i) ? 0 : counts[0]->at<int64_t>(i);
      for (int64_t n = 0; n < times; ++n) positions_.push_back(static_cast<uint32_t>(i));
    });
    if (positions_.empty()) return {};
    Batch result;
    result.length = positions_.size();
    for (const ColumnPtr& c : batch.columns) {
      result.columns.push_back(Column::Gather(*c, positions_.data(), positions_.size()));
    }
    for (const uint32_t p : positions_) {
      if (!batch.kinds.empty()) result.kinds.push_back(batch.kinds[p]);
      if (!batch.watermark_before.empty()) result.watermark_before.push_back(batch.watermark_before[p]);
    }
    return out.Emit(std::move(result));
  }

 private:
  std::unique_ptr<Program> count_;
  std::vector<uint32_t> positions_;
};

}  // namespace

OperatorResult MakeReplicateRows(const CorrelateNode& node, const OperatorPlan& plan) {
  SLUICE_ASSIGN_OR_RETURN(auto count, Program::Compile({node.call->args[0]}, plan.input(), *plan.environment.functions,
                                                       *plan.environment.facts));
  return std::unique_ptr<Operator>(std::make_unique<ReplicateRows>(std::move(count)));
}

}  // namespace sluice::engine
