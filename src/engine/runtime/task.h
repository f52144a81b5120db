// One subtask of a chain: its nodes, its input channels, its turn on a worker.
#pragma once

#include <memory>
#include <vector>

#include "engine/runtime/channel.h"
#include "engine/runtime/node.h"
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
  Task(TaskOwner& owner, Clock& clock) : owner_(owner), clock_(clock) {}

  void AddNode(Node* node) { nodes_.push_back(node); }
  void AddInput(Channel* channel, Node* node, size_t node_channel) { inputs_.push_back({channel, node, node_channel}); }
  Progress Run() override;
  /// From any thread: sources are polled again although they asked for a pause.
  void WakeSources() { poll_now_.store(true); }
  const TaskCounters& counters() const { return counters_; }

 private:
  struct Input {
    Channel* channel;
    Node* node;
    size_t node_channel;
  };
  struct Poller {
    Node* node;
    int64_t wake_at_ms = 0;
  };
  Status Open();
  Status Step(int64_t now_ms, bool& worked, int64_t& wake_at_ms);
  Status Deliver(const Input& input, Element element);
  Status PollSources(int64_t now_ms, bool& worked, int64_t& wake_at_ms);
  Status RunTimers(int64_t now_ms, bool& worked, int64_t& wake_at_ms);
  Progress Finish(bool finished);

  TaskOwner& owner_;
  Clock& clock_;
  std::vector<Node*> nodes_;
  std::vector<Input> inputs_;
  std::vector<Poller> sources_;
  bool opened_ = false;
  bool idle_told_ = false;
  bool blocked_ = false;
  std::atomic<bool> poll_now_{false};
  int64_t mark_ns_ = 0;
  TaskCounters counters_;
};

}  // namespace sluice::engine
