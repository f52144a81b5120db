#include "engine/job/stest/source_gate.h"

namespace sluice::engine::stest {
namespace {

/// Passes everything on and notes whether rows came.
class NotingOutput : public Output {
 public:
  explicit NotingOutput(Output& to) : to_(to) {}
  Status Emit(Batch batch) override {
    rows_ = rows_ || batch.row_count() > 0;
    return to_.Emit(std::move(batch));
  }
  Status SetIdle(bool idle) override { return to_.SetIdle(idle); }
  bool rows() const { return rows_; }

 private:
  Output& to_;
  bool rows_ = false;
};

class GatedSource : public Source {
 public:
  GatedSource(SourceGate& gate, std::unique_ptr<Source> source) : gate_(gate), source_(std::move(source)) {}

  Status Open(const TaskContext& context) override { return source_->Open(context); }
  Result<PollResult> Poll(Output& out) override {
    if (!gate_.MayPoll()) return PollResult{PollState::kIdle, 1};
    NotingOutput noting(out);
    Result<PollResult> result = source_->Poll(noting);
    if (noting.rows()) gate_.Passed();
    return result;
  }
  Result<std::string> SnapshotPosition() override { return source_->SnapshotPosition(); }
  Status RestorePositions(const std::vector<std::string>& positions) override {
    return source_->RestorePositions(positions);
  }
  Status Close() override { return source_->Close(); }

 private:
  SourceGate& gate_;
  std::unique_ptr<Source> source_;
};

}  // namespace

void SourceGate::Open(int64_t batches) {
  std::lock_guard lock(mutex_);
  left_ = batches;
}

bool SourceGate::MayPoll() {
  std::lock_guard lock(mutex_);
  return left_ != 0;
}

void SourceGate::Passed() {
  std::lock_guard lock(mutex_);
  if (left_ <= 0) return;
  if (--left_ == 0) changed_.notify_all();
}

std::unique_ptr<Source> Behind(SourceGate& gate, std::unique_ptr<Source> source) {
  return std::make_unique<GatedSource>(gate, std::move(source));
}

}  // namespace sluice::engine::stest
