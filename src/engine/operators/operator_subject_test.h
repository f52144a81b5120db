// One way of running an operator in a test: undisturbed, or with snapshots and restores between the calls, in one or
// two subtasks. All ways must give the same rows.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/operators/make_operator.h"
#include "engine/runtime/interfaces.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

enum class Disturbance : uint8_t {
  kNone,
  kRestart,  // snapshot (incremental) after every call, restore into a fresh operator after every second one
  kRescale,  // one subtask, two, one, …: restored by key group
};

class TestSubject : public Output {
 public:
  struct Setup {
    Disturbance disturbance = Disturbance::kNone;
    std::function<Result<std::unique_ptr<Operator>>()> make;
    std::vector<std::vector<int>> keys;  // by input: what rows are divided by; none: one subtask
    TaskContext context;
  };
  explicit TestSubject(Setup setup) : setup_(std::move(setup)) { Open(1, {}); }

  void Process(int input, const Batch& batch);
  void Each(const std::function<Status(Operator&, Output&)>& call) {
    for (Subtask& s : subtasks_) Check(call(*s.op, *this));
    Disturb();
  }
  Operator& op() { return *subtasks_[0].op; }
  std::vector<std::string> Take() { return std::exchange(seen_, {}); }
  Status Emit(Batch batch) override;

 private:
  struct Subtask {
    std::unique_ptr<KeyedStateBackend> state;
    std::unique_ptr<TaskContext> context;
    std::unique_ptr<Operator> op;
  };
  void Open(uint32_t parallelism, const std::vector<StateSnapshot>& snapshots);
  void Disturb();
  void Check(const Status& s) {
    if (!s.ok()) seen_.push_back("error: " + s.error().message());
  }

  Setup setup_;
  std::vector<Subtask> subtasks_;
  int64_t calls_ = 0;
  std::vector<std::string> seen_;
};

}  // namespace sluice::engine
