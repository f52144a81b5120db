// Checkpoints as one task sees them: notes from the job, barriers from its inputs, the moment of the snapshot, the
// copying afterwards, what follows the confirmation.
//
// A checkpoint begins in a task
// - without open inputs: by itself, as soon as it sees the note;
// - aligned: when the barriers of all open inputs have come; an input whose barrier has come is not read until then;
// - at least once: the same, but inputs are read on;
// - unaligned: with the first barrier seen, which is announced beside the queues. What stands before the barriers of
// the
//   other inputs is put into the checkpoint while it is processed, what already waits without being processed.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/runtime/ack_gate.h"
#include "engine/runtime/barrier_round.h"

namespace sluice::engine {

class TaskCheckpoints {
 public:
  /// The nodes and inputs are the task's, complete before the first call of Look.
  TaskCheckpoints(Clock& clock, std::shared_ptr<AckGate> gate, const std::vector<Node*>& nodes,
                  std::vector<TaskInput>& inputs)
      : clock_(clock), gate_(std::move(gate)), nodes_(nodes), inputs_(inputs) {}

  // --- from any thread. A task that is finished answers a trigger on the caller's thread.
  void Trigger(std::shared_ptr<const CheckpointRequest> request);
  void Abort(int64_t id);
  void Confirm(int64_t id);
  /// Becomes true when there is something to look at; producers set it too.
  std::atomic<bool>* attention() { return &attention_; }

  // --- the task's thread
  /// To be asked after an element was seen in a queue and before it is taken out: barriers that were announced before
  /// the element was pushed are then known.
  bool attentive() const { return attention_.load(std::memory_order_acquire); }
  /// Looks at the notes and announcements, begins what is due.
  Status Look();
  bool active() const { return !rounds_.empty() || !snapshots_.empty(); }
  /// When active: what has become due, alignments that last too long, some copying.
  Status Work(int64_t now_ms, bool& worked, int64_t& wake_at_ms);
  /// A barrier was popped from inputs[input]; kEnd was, and is delivered.
  Status OnBarrier(size_t input, int64_t id);
  Status OnEnd(size_t input);
  /// An element was popped from inputs[input], which has `recording`; it is not yet processed.
  void Record(size_t input, const Element& element);

  /// Nothing is to be processed: a snapshot that the job stops by is taken (kSuspend).
  bool suspended() const { return suspended_by_ != 0; }
  /// That snapshot is confirmed: the task ends where it is, successfully.
  bool stopped() const { return stopped_; }
  /// The sources of the task shall end their input now (kDrain).
  bool draining() const { return draining_; }
  /// The task must not finish yet.
  bool holds() const { return active() || held_by_ != 0; }
  /// The task will not run again. `finished`: it answers what still comes as finished.
  void Close(bool finished);

 private:
  struct Note {
    enum class Kind : uint8_t { kTrigger, kAbort, kConfirm } kind;
    int64_t id = 0;
    std::shared_ptr<const CheckpointRequest> request;
  };
  enum class Mode : uint8_t { kOpen, kFinished, kGone };
  using Rounds = std::map<int64_t, BarrierRound>;

  void Post(Note note);
  Status LookAtNotes();
  Status LookAtAnnouncements();
  Status OnAnnouncement(size_t input, const Announcement& announcement);
  void Begin(std::shared_ptr<const CheckpointRequest> request);
  void Drop(int64_t id);
  Status ConfirmHere(int64_t id);
  /// Takes the snapshots that are due.
  Status TakeDue();
  bool Due(const BarrierRound& round) const;
  Status Take(BarrierRound& round);
  Status Freeze(const BarrierRound& round, std::vector<SubtaskAck>& acks, std::vector<bool>& declined);
  SubtaskAck AckOf(const Node& node, const CheckpointRequest& request) const;
  /// Everything has come: the round is over.
  Rounds::iterator EndIfArrived(Rounds::iterator round);
  void UpdateInputs();
  /// An input that skips checkpoints has given them up.
  void DropSkipped(size_t input, int64_t id);
  Status TimeOut(int64_t now_ms, int64_t& wake_at_ms);
  void Copy(int64_t now_ms, bool& worked, int64_t& wake_at_ms);
  void AckFinished(const CheckpointRequest& request);
  int64_t MonotonicMs() const;

  Clock& clock_;
  std::shared_ptr<AckGate> gate_;
  const std::vector<Node*>& nodes_;
  std::vector<TaskInput>& inputs_;

  std::atomic<bool> attention_{false};
  std::mutex mutex_;         // of notes_ and mode_
  std::vector<Note> notes_;  // not yet looked at
  Mode mode_ = Mode::kOpen;

  Rounds rounds_;                                         // by id; until all barriers have come
  std::vector<std::shared_ptr<NodeSnapshot>> snapshots_;  // until handed to the storage
  std::map<const Node*, std::shared_ptr<OwnPieces>> pieces_;
  int64_t suspended_by_ = 0;
  int64_t held_by_ = 0;
  bool draining_ = false;
  bool stopped_ = false;
};

}  // namespace sluice::engine
