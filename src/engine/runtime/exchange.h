// The sending side of an edge between tasks: divides batches among the consumer's subtasks. Never blocks: what does not
// fit into a queue waits here, and the task does not take more input until it is gone.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "engine/plan/physical_plan.h"
#include "engine/runtime/channel.h"
#include "engine/runtime/job_status.h"

namespace sluice::engine {

class Exchange {
 public:
  /// One channel a consumer subtask.
  Exchange(Distribution distribution, std::vector<int> hash_keys, int max_parallelism, int subtask,
           std::vector<Channel*> channels, SubtaskCounters* counters);

  void Send(Batch batch);
  /// To every consumer.
  void SendAll(Element::Kind kind);
  /// A barrier behind everything sent so far; one that overtakes it. Nothing once kEnd was sent in the first case; what
  /// still waits here before kEnd is announced too.
  void SendBarrier(int64_t checkpoint);
  void AnnounceBarrier(int64_t checkpoint);
  /// Pushes what waits; true if nothing waits any more.
  bool Drain();
  bool waiting() const { return waiting_ > 0; }

 private:
  void Push(size_t target, Element element);
  void Scatter(Batch batch);

  Distribution distribution_;
  std::vector<int> hash_keys_;
  int max_parallelism_;
  std::vector<Channel*> channels_;
  std::vector<std::deque<Element>> pending_;
  size_t waiting_ = 0;
  bool ended_ = false;
  size_t next_ = 0;
  SubtaskCounters* counters_;
  std::vector<uint64_t> hashes_;
  std::vector<std::vector<uint32_t>> selections_;
};

}  // namespace sluice::engine
