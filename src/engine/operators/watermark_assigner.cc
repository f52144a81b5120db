// WATERMARK FOR … AS …, as org.apache.flink.table.runtime.operators.wmassigners.WatermarkAssignerOperator: the
// watermark follows the row that raised it; with an interval it follows when it ran ahead by more than the interval, or
// by clock. Of a source that names its splits the watermark is the smallest one over those that are not idle, as where
// Flink lets such a source make its watermarks itself (WatermarkOutputMultiplexer, WatermarksWithIdleness).
#include <algorithm>

#include "base/clock.h"
#include "engine/functions/program.h"
#include "engine/operators/kept_watermark.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/split_watermarks.h"
#include "engine/runtime/watermark_alignment.h"

namespace sluice::engine {

namespace {

class WatermarkAssigner final : public Operator {
 public:
  WatermarkAssigner(const WatermarkNode& node, std::unique_ptr<Program> expression, std::string column)
      : node_(node), expression_(std::move(expression)), column_(std::move(column)) {}

  bool holds_watermark() const override { return true; }

  Status Open(const TaskContext& context) override {
    clock_ = context.clock;
    batch_mode_ = context.batch;
    last_row_ms_ = clock_->NowMs();
    if (node_.emit_interval_ms > 0) next_emit_ms_ = last_row_ms_ + node_.emit_interval_ms;
    if (batch_mode_) return {};
    const SourceWatermarks& source = node_.source;
    if (!source.alignment_group.empty() && context.alignment != nullptr) {
      aligned_ = context.alignment->Join(source.alignment_group, source.max_drift_ms, source.update_interval_ms);
    }
    values_ = context.state->OpenValues();
    current_ = std::max<int64_t>(0, SmallestRestored(*values_, "watermark").value_or(0));
    if (current_ == kMaxWatermark) current_ = 0;  // the source, restored at its end, says that again
    // Said again at once: without an interval the next row would see it, but there may be none.
    if (current_ > 0) next_emit_ms_ = last_row_ms_;
    return {};
  }

  bool HoldsBack(int64_t now_ms) override {
    if (!aligned_) return false;
    const bool counts = splits_.any() && !idle_;
    aligned_->Report(!counts ? kMaxWatermark : current_ > 0 ? current_ : kNoWatermark);
    return !aligned_->MayRead(now_ms);
  }

  Status BeforeSnapshot(Output&) override {
    if (values_ != nullptr) PutNumber(*values_, "watermark", current_);
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    if (batch_mode_) return out.Emit(std::move(batch));
    SLUICE_ASSIGN_OR_RETURN(const std::vector<ColumnPtr> computed, expression_->Run(batch));
    SplitWatermarks::Split* split = splits_.Find(batch.split);
    batch.split = kNoSplit;
    if (idle_timeout_ms() > 0) SLUICE_RETURN_IF_ERROR(RowsSeen(split, out));
    const Column& rowtime = *batch.columns[static_cast<size_t>(node_.rowtime_column)];
    bool null_rowtime = false;
    if (rowtime.has_nulls()) {
      batch.rows().ForEach([&](size_t i) { null_rowtime |= rowtime.IsNull(i); });
    }
    if (null_rowtime) {
      return Error(ErrorCode::kData,
                   "RowTime field '" + column_ + "' should not be null, please convert it to a non-null long value.");
    }
    const Column& marks = *computed[0];
    if (node_.emit_interval_ms == 0 || (split != nullptr && node_.source.on_event)) {
      MarkEveryRow(marks, split, batch);
    } else {
      int64_t& highest = split != nullptr ? split->watermark : current_;
      batch.rows().ForEach([&](size_t i) {
        if (!marks.IsNull(i)) highest = std::max(highest, marks.at<int64_t>(i));
      });
      if (split != nullptr) current_ = std::max(current_, splits_.Smallest());
      if (current_ - emitted_ > node_.emit_interval_ms) batch.watermark = emitted_ = current_;
    }
    return out.Emit(std::move(batch));
  }

  Status SetSplits(const std::vector<int32_t>& splits, Output& out) override {
    if (batch_mode_ || current_ == kMaxWatermark) return {};
    splits_.Set(splits, clock_->NowMs());
    // One that held the watermark back may be gone. A new one wakes an idle stream: it counts until it is idle itself.
    // A source that tells of none any more has its watermark by subtask, which is the highest of all.
    current_ = std::max(current_, splits_.any() ? splits_.Smallest() : splits_.Highest());
    if (node_.emit_interval_ms == 0 && current_ > emitted_) {
      emitted_ = current_;
      SLUICE_RETURN_IF_ERROR(Send(out));
    }
    if (!idle_ || splits_.all_idle()) return {};
    idle_ = false;
    return out.SetIdle(false);
  }

  /// Upstream has no event time; only the end of input counts.
  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    if (watermark != kMaxWatermark || current_ == kMaxWatermark) return {};
    if (idle_) SLUICE_RETURN_IF_ERROR(out.SetIdle(false));
    idle_ = false;
    current_ = emitted_ = kMaxWatermark;
    if (aligned_) aligned_->Report(kMaxWatermark);
    next_emit_ms_ = kMaxWatermark;
    return Send(out);
  }

  int64_t NextProcessingTime() const override {
    if (current_ == kMaxWatermark) return kMaxWatermark;
    const bool counts = idle_timeout_ms() > 0 && !idle_;
    if (!counts) return next_emit_ms_;
    const int64_t since = splits_.any() ? splits_.QuietestSince() : last_row_ms_;
    return std::min(next_emit_ms_, since + idle_timeout_ms() + 1);
  }

  Status AdvanceProcessingTime(int64_t now_ms, Output& out) override {
    bool quiet = false;  // nothing counts any more
    if (idle_timeout_ms() > 0 && !idle_) {
      if (splits_.any()) {
        AdvanceTo(splits_.MarkIdle(now_ms - idle_timeout_ms()), now_ms);
        quiet = splits_.all_idle();
      } else {
        quiet = now_ms - last_row_ms_ > idle_timeout_ms();
      }
    }
    if (now_ms >= next_emit_ms_) {
      next_emit_ms_ = node_.emit_interval_ms > 0 ? now_ms + node_.emit_interval_ms : kMaxWatermark;
      if (current_ > emitted_) {
        emitted_ = current_;
        SLUICE_RETURN_IF_ERROR(Send(out));
      }
    }
    if (!quiet) return {};
    idle_ = true;
    return out.SetIdle(true);
  }

 private:
  int64_t idle_timeout_ms() const {
    return splits_.any() && node_.source.idle_timeout_ms > 0 ? node_.source.idle_timeout_ms : node_.idle_timeout_ms;
  }

  Status Send(Output& out) {
    Batch mark;
    mark.watermark = emitted_;
    return out.Emit(std::move(mark));
  }

  /// Splits that became idle let the watermark go on at once.
  void AdvanceTo(int64_t watermark, int64_t now_ms) {
    if (watermark <= current_) return;
    current_ = watermark;
    next_emit_ms_ = std::min(next_emit_ms_, now_ms);
  }

  Status RowsSeen(SplitWatermarks::Split* split, Output& out) {
    last_row_ms_ = clock_->NowMs();
    if (split != nullptr) {
      split->quiet_since_ms = last_row_ms_;
      split->idle = false;
    }
    if (!idle_) return {};
    idle_ = false;
    return out.SetIdle(false);
  }

  void MarkEveryRow(const Column& marks, SplitWatermarks::Split* split, Batch& batch) {
    const int64_t others = split != nullptr ? splits_.SmallestBut(*split) : kMaxWatermark;
    int64_t& highest = split != nullptr ? split->watermark : current_;
    batch.watermark_before.resize(batch.length);
    size_t filled = 0;  // positions between selected rows get the watermark that holds there
    batch.rows().ForEach([&](size_t i) {
      for (; filled <= i; ++filled) batch.watermark_before[filled] = emitted_ > 0 ? emitted_ : kNoWatermark;
      if (!marks.IsNull(i)) highest = std::max(highest, marks.at<int64_t>(i));
      current_ = std::max(current_, std::min(highest, others));
      emitted_ = std::max(emitted_, current_);
    });
    const int64_t after = emitted_ > 0 ? emitted_ : kNoWatermark;
    for (; filled < batch.length; ++filled) batch.watermark_before[filled] = after;
    batch.watermark = after;
  }

  const WatermarkNode node_;
  std::unique_ptr<Program> expression_;
  std::string column_;
  Clock* clock_ = nullptr;
  OperatorValues* values_ = nullptr;
  bool batch_mode_ = false;
  // Both start at 0 in Flink: no watermark before 1970 is ever emitted.
  int64_t current_ = 0, emitted_ = 0;
  int64_t next_emit_ms_ = kMaxWatermark;
  int64_t last_row_ms_ = 0;
  SplitWatermarks splits_;
  std::unique_ptr<WatermarkAlignment::Member> aligned_;
  bool idle_ = false;
};

}  // namespace

OperatorResult MakeWatermark(const WatermarkNode& node, const OperatorPlan& plan) {
  SLUICE_ASSIGN_OR_RETURN(auto program, Program::Compile({node.expression}, plan.input(), *plan.environment.functions,
                                                         *plan.environment.facts));
  const std::string& column = plan.input()[static_cast<size_t>(node.rowtime_column)].name;
  return std::unique_ptr<Operator>(std::make_unique<WatermarkAssigner>(node, std::move(program), column));
}

}  // namespace sluice::engine
