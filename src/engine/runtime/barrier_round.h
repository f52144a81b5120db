// One checkpoint in one task, from the job's note until the last barrier has come.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "engine/runtime/channel.h"
#include "engine/runtime/checkpoint.h"
#include "engine/runtime/node_snapshot.h"
#include "engine/runtime/task_input.h"

namespace sluice::engine {

class BarrierRound {
 public:
  BarrierRound(std::shared_ptr<const CheckpointRequest> request, const std::vector<TaskInput>& inputs)
      : request_(std::move(request)), inputs_(inputs), arrived_(inputs.size()) {}

  const std::shared_ptr<const CheckpointRequest>& request() const { return request_; }
  int64_t id() const { return request_->id; }
  /// Savepoints to stop by are always aligned.
  bool at_least_once() const { return go_on() && request_->mode == BarrierMode::kAtLeastOnce; }
  bool starts_unaligned() const { return go_on() && request_->mode == BarrierMode::kUnaligned; }
  bool may_time_out() const {
    return go_on() && request_->mode == BarrierMode::kAligned && request_->aligned_timeout_ms >= 0;
  }

  /// The barrier of an input has come. False: it had before.
  bool Arrive(size_t input, int64_t monotonic_ms, int64_t now_ms);
  bool arrived(size_t input) const { return arrived_[input]; }
  bool AllArrived() const;
  /// Aligning: the input must not be read.
  bool Blocks(size_t input) const { return !taken && !at_least_once() && arrived_[input]; }
  /// What is read from the input belongs to the checkpoint.
  bool Records(size_t input) const { return taken && !arrived_[input] && !inputs_[input].ended; }
  /// Monotonic; -1 before the first barrier.
  int64_t first_barrier_ms() const { return first_barrier_ms_; }
  /// From the trigger to the first barrier, or to now if there is none.
  int64_t StartDelayMs(int64_t now_ms) const;

  /// Puts a batch that was read from `input` or waits there into the checkpoint.
  void Record(size_t input, const Element& element);
  /// The input's barrier was announced: what waits before it is put into the checkpoint.
  void RecordUpTo(size_t input, const Announcement& announcement);
  /// Whether the barrier of the checkpoint, or the end, stands in the input's queue: then what is before it is put into
  /// the checkpoint.
  bool RecordQueued(size_t input);

  bool taken = false;
  bool unaligned = false;  // the snapshot does not, or did not, wait for all barriers
  std::map<const Node*, std::shared_ptr<NodeSnapshot>> snapshots;

 private:
  bool go_on() const { return request_->then == AfterCheckpoint::kGoOn; }

  std::shared_ptr<const CheckpointRequest> request_;
  const std::vector<TaskInput>& inputs_;
  std::vector<bool> arrived_;
  int64_t first_barrier_ms_ = -1;
  int64_t first_barrier_wall_ms_ = 0;
};

}  // namespace sluice::engine
