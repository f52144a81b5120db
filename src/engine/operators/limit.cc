// LIMIT and OFFSET without an order over insert-only input: the rows that come first. Runs in one subtask.
#include <algorithm>

#include "engine/operators/kept_watermark.h"
#include "engine/operators/operator_parts.h"

namespace sluice::engine {

namespace {

class Limit final : public Operator {
 public:
  explicit Limit(const LimitNode& node)
      : skip_(std::max<int64_t>(node.offset, 0)), left_(node.limit < 0 ? INT64_MAX : node.limit) {}

  Status Open(const TaskContext& context) override {
    if (context.batch) return {};
    values_ = context.state->OpenValues();
    skip_ = SmallestRestored(*values_, "skip").value_or(skip_);
    left_ = SmallestRestored(*values_, "left").value_or(left_);
    return {};
  }

  Status BeforeSnapshot(Output&) override {
    if (values_ == nullptr) return {};
    PutNumber(*values_, "skip", skip_);
    PutNumber(*values_, "left", left_);
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    if (left_ == 0) return {};
    const Rows rows = batch.rows();
    const auto count = static_cast<int64_t>(rows.count);
    const int64_t start = std::min(skip_, count);
    const int64_t end = std::min(count - start, left_) + start;
    skip_ -= start;
    left_ -= end - start;
    if (start == 0 && end == count) return out.Emit(std::move(batch));
    std::vector<uint32_t> kept;
    for (int64_t k = start; k < end; ++k) kept.push_back(static_cast<uint32_t>(rows[static_cast<size_t>(k)]));
    batch.selection = std::move(kept);
    batch.selected = true;
    return out.Emit(std::move(batch));
  }

 private:
  int64_t skip_, left_;
  OperatorValues* values_ = nullptr;
};

}  // namespace

OperatorResult MakeLimit(const LimitNode& node, const OperatorPlan& plan) {
  if (node.input_retracts) return MakeRetractingLimit(node, plan);
  return std::unique_ptr<Operator>(std::make_unique<Limit>(node));
}

}  // namespace sluice::engine
