// TUMBLE, HOP and CUMULATE as table functions: every row with each of its windows appended (late rows too, as Flink's
// AlignedWindowTableFunctionOperator). Rows without a time are dropped.
#include "engine/columnar/row_ops.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/window_slices.h"
#include "engine/operators/window_time.h"

namespace sluice::engine {

namespace {

class WindowTableFunction final : public Operator {
 public:
  WindowTableFunction(const WindowSpec& window, const Schema& input, const Schema& output, WindowTime time)
      : window_(window), input_columns_(input.size()), output_(output), time_(time) {}

  Status Open(const TaskContext& context) override {
    clock_ = context.clock;
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    time_.Start(batch, window_.processing_time ? clock_->NowMs() : 0);
    positions_.clear();
    windows_.clear();
    batch.rows().ForEach([&](size_t i) {
      if (time_.IsNull(i)) return;
      AssignWindows(window_, time_[i], windows_);
      positions_.resize(windows_.size(), static_cast<uint32_t>(i));
    });
    Batch result;
    result.length = positions_.size();
    for (size_t c = 0; c < input_columns_; ++c) {
      result.columns.push_back(Column::Gather(*batch.columns[c], positions_.data(), positions_.size()));
    }
    AppendTimes(result, [](const WindowSpan& w) { return w.start; });
    AppendTimes(result, [](const WindowSpan& w) { return w.end; });
    AppendTimes(result, [&](const WindowSpan& w) { return time_.zone().ToInstant(w.end - 1); });
    for (const uint32_t p : positions_) {
      if (!batch.kinds.empty()) result.kinds.push_back(batch.kinds[p]);
      if (!batch.watermark_before.empty()) result.watermark_before.push_back(batch.watermark_before[p]);
    }
    return out.Emit(std::move(result));
  }

 private:
  template <typename F>
  void AppendTimes(Batch& result, F&& time) {
    ColumnPtr column = Column::Make(output_[result.columns.size()].type, windows_.size());
    for (size_t k = 0; k < windows_.size(); ++k) column->data<int64_t>()[k] = time(windows_[k]);
    result.columns.push_back(std::move(column));
  }

  const WindowSpec window_;
  size_t input_columns_;
  Schema output_;
  WindowTime time_;
  Clock* clock_ = nullptr;
  std::vector<uint32_t> positions_;
  std::vector<WindowSpan> windows_;
};

}  // namespace

OperatorResult MakeWindowTableFunction(const WindowTableFunctionNode& node, const OperatorPlan& plan) {
  if (node.window.kind == WindowKind::kSession) return MakeSessionRows(node, plan);
  SLUICE_ASSIGN_OR_RETURN(const WindowTime time, WindowTime::Make(node.window, plan.input()));
  return std::unique_ptr<Operator>(
      std::make_unique<WindowTableFunction>(node.window, plan.input(), plan.node.schema, time));
}

}  // namespace sluice::engine
