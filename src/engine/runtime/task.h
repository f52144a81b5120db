// One subtask of a chain: its nodes, its input channels, its turn on a worker.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "engine/runtime/node.h"
#include "engine/runtime/task_checkpoints.h"
#include "engine/runtime/task_input.h"
#include "engine/runtime/worker_pool.h"

namespace sluice::engine {

/// What a task tells its job; called on the task's thread.
class TaskOwner {
 public:
  virtual ~TaskOwner() = default;
  virtual bool stopping() const = 0;        // cancelled or failed elsewhere
  virtual bool ending_sources() const = 0;  // stopped gracefully: sources shall end where they are
  virtual void TaskFailed(const Error& error) = 0;
  /// Its operators are open.
  virtual void TaskOpened() = 0;
  /// The task is closed and will not run again. `finished`: it came to the end of its input.
  virtual void TaskDone(bool finished) = 0;
};

class Task final : public Tasklet {
 public:
  Task(TaskOwner& owner, Clock& clock, std::shared_ptr<AckGate> gate)
      : owner_(owner), clock_(clock), checkpoints_(clock, std::move(gate), nodes_, inputs_) {}

  /// Producers before consumers.
  void AddNode(Node* node) { nodes_.push_back(node); }
  void AddInput(TaskInput input);
  Progress Run() override;
  /// From any thread: sources are polled again although they asked for a pause.
  void WakeSources() { poll_now_.store(true); }
  TaskCheckpoints& checkpoints() { return checkpoints_; }
  const TaskCounters& counters() const { return counters_; }

 private:
  struct Poller {
    Node* node;
    int64_t wake_at_ms = 0;
  };
  /// A batch that was under way to a node of the task when the snapshot was taken.
  struct Restored {
    Node* node;
    size_t node_channel;
    Batch batch;
  };
  enum class Stage : uint8_t { kNew, kRestoring, kRunning };

  Status Open();
  Status Restore(bool& worked);
  Status Step(int64_t now_ms, bool& worked, int64_t& wake_at_ms);
  /// What asynchronous operators have got since the last step; says if one of them takes no more.
  Status EmitReady(bool& worked, int64_t& wake_at_ms);
  Status ReadInputs(bool& worked);
  Status Deliver(size_t input, Element element);
  Status PollSources(int64_t now_ms, bool& worked, int64_t& wake_at_ms);
  Status RunTimers(int64_t now_ms, bool& worked, int64_t& wake_at_ms);
  void Account(int64_t start_ns);
  bool Done() const;
  Progress Finish(bool finished);

  TaskOwner& owner_;
  Clock& clock_;
  std::vector<Node*> nodes_;
  std::vector<TaskInput> inputs_;
  TaskCheckpoints checkpoints_;
  std::vector<Poller> sources_;
  std::deque<Restored> restored_;
  Stage stage_ = Stage::kNew;
  bool idle_told_ = false;
  bool blocked_ = false;
  std::atomic<bool> poll_now_{false};
  int64_t sizes_told_ns_ = 0;
  TaskCounters counters_;
};

}  // namespace sluice::engine
