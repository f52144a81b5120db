// What operators have in common that gather the rows of a mini-batch before another operator gets them: a bundle ends
// where BundleCuts says so, and before everything that must not find rows still gathered: a watermark, a snapshot, the
// end of an input. Owns the other operator; like every operator it belongs to its task's thread.
#pragma once

#include <memory>
#include <utility>

#include "engine/operators/bundle_cuts.h"
#include "engine/operators/operator_parts.h"

namespace sluice::engine {

class BundledOperator : public Operator {
 public:
  Status Open(const TaskContext& context) final { return inner_->Open(context); }

  Status Process(int input, Batch batch, Output& out) final {
    return cuts_.Walk(
        batch,
        [&](const Rows& rows) {
          Gather(input, batch, rows);
          return Status();
        },
        [&] { return EndBundle(out); }, [&] { return EndBundle(out); });
  }
  Status AdvanceWatermark(int64_t watermark, Output& out) final {
    if (cuts_.IsNew(watermark)) SLUICE_RETURN_IF_ERROR(EndBundle(out));
    cuts_.Advance(watermark);
    return inner_->AdvanceWatermark(watermark, out);
  }
  Status AdvanceProcessingTime(int64_t now_ms, Output& out) final { return inner_->AdvanceProcessingTime(now_ms, out); }
  int64_t NextProcessingTime() const final { return inner_->NextProcessingTime(); }
  Status BeforeSnapshot(Output& out) final {
    SLUICE_RETURN_IF_ERROR(EndBundle(out));
    return inner_->BeforeSnapshot(out);
  }
  Status EndInput(int input, Output& out) final {
    SLUICE_RETURN_IF_ERROR(EndBundle(out));
    return inner_->EndInput(input, out);
  }
  Status Close() final { return inner_->Close(); }

 protected:
  /// `size`: the most rows of a bundle.
  BundledOperator(std::unique_ptr<Operator> inner, int64_t size) : inner_(std::move(inner)), cuts_(size) {}

  virtual void Gather(int input, const Batch& batch, const Rows& rows) = 0;
  /// Gives the inner operator what the bundle comes down to; nothing is gathered afterwards.
  virtual Status EndBundle(Output& out) = 0;

  const std::unique_ptr<Operator> inner_;
  BundleCuts cuts_;
};

}  // namespace sluice::engine
