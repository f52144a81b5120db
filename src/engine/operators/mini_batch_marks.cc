// What ends mini-batches, as org.apache.flink.table.runtime.operators.wmassigners has it. By the clock
// (ProcTimeMiniBatchAssignerOperator): watermarks that say the start of its interval; the input's own end here, but for
// the last one. By event time (RowTimeMiniBatchAssginerOperator): the input's watermarks that reach an interval's end.
#include <algorithm>

#include "base/clock.h"
#include "engine/operators/operator_parts.h"
#include "engine/plan/mini_batch.h"
#include "engine/runtime/passes_idleness.h"

namespace sluice::engine {

namespace {

class ClockMarker final : public Operator {
 public:
  explicit ClockMarker(int64_t interval_ms) : interval_ms_(interval_ms) {}

  bool holds_watermark() const override { return true; }

  Status Open(const TaskContext& context) override {
    clock_ = context.clock;
    next_ms_ = clock_->NowMs() + interval_ms_;
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    SLUICE_RETURN_IF_ERROR(MarkAt(clock_->NowMs(), out));
    batch.watermark_before.clear();
    return out.Emit(std::move(batch));
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    if (watermark != kMaxWatermark || current_ == kMaxWatermark) return {};
    next_ms_ = kMaxWatermark;
    return Send(kMaxWatermark, out);
  }

  int64_t NextProcessingTime() const override { return next_ms_; }

  Status AdvanceProcessingTime(int64_t now_ms, Output& out) override {
    if (now_ms < next_ms_) return {};
    next_ms_ = now_ms - now_ms % interval_ms_ + interval_ms_;
    return MarkAt(now_ms, out);
  }

 private:
  Status MarkAt(int64_t now_ms, Output& out) {
    const int64_t start = now_ms - now_ms % interval_ms_;
    return start > current_ ? Send(start, out) : Status();
  }

  Status Send(int64_t mark, Output& out) {
    current_ = mark;
    Batch batch;
    batch.watermark = mark;
    return out.Emit(std::move(batch));
  }

  const int64_t interval_ms_;
  Clock* clock_ = nullptr;
  int64_t current_ = 0;
  int64_t next_ms_ = kMaxWatermark;
};

class EventTimeMarker final : public Operator, public PassesIdleness {
 public:
  explicit EventTimeMarker(int64_t interval_ms) : interval_ms_(interval_ms), next_(interval_ms - 1) {}

  bool holds_watermark() const override { return true; }
  Status Open(const TaskContext&) override { return {}; }

  Status Process(int, Batch batch, Output& out) override {
    for (int64_t& mark : batch.watermark_before) {
      Advance(mark);
      mark = passed_;
    }
    return out.Emit(std::move(batch));
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    const int64_t before = passed_;
    Advance(watermark);
    if (passed_ == before && !unsaid_) return {};
    unsaid_ = false;
    Batch mark;
    mark.watermark = passed_;
    return out.Emit(std::move(mark));
  }

 private:
  void Advance(int64_t watermark) {
    if (watermark < next_ || watermark <= passed_) return;
    passed_ = watermark;
    unsaid_ = true;  // between rows so far
    if (watermark == kMaxWatermark) return;
    const int64_t end = watermark - watermark % interval_ms_ + interval_ms_ - 1;
    next_ = end > watermark ? end : end + interval_ms_;
  }

  const int64_t interval_ms_;
  int64_t next_;
  int64_t passed_ = kNoWatermark;
  bool unsaid_ = false;
};

}  // namespace

OperatorResult MakeMiniBatchMarks(const WatermarkNode& marks, const OperatorPlan&) {
  if (!EndsBundlesByClock(marks)) {
    return std::unique_ptr<Operator>(std::make_unique<EventTimeMarker>(marks.emit_interval_ms));
  }
  return std::unique_ptr<Operator>(std::make_unique<ClockMarker>(marks.emit_interval_ms));
}

}  // namespace sluice::engine
