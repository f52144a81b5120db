// What a job's snapshot says of its subtasks: sums from the counters, and how the last second was spent.
#pragma once

#include <string>
#include <vector>

#include "engine/runtime/job_status.h"

namespace sluice {
class Clock;
}

namespace sluice::engine {

struct JobVertex;

/// Busy, idle and back-pressured time of one task. Read by one thread at a time; the counters are read while they grow.
class TaskRates {
 public:
  /// The counters outlive this.
  explicit TaskRates(const TaskCounters& counters) : counters_(&counters) {}
  /// Sums, and ms per second over the time since the last call that is at least a second ago (before: since the start).
  void Fill(SubtaskFacts& facts, Clock& clock);

 private:
  struct Sample {
    int64_t at_ns = 0;
    int64_t busy_ns = 0, idle_ns = 0, back_pressured_ns = 0;
  };
  Sample Now(Clock& clock) const;

  const TaskCounters* counters_;
  Sample last_;
  int busy_ = 0, idle_ = 0, back_pressured_ = 0;
};

SubtaskFacts FactsOf(const SubtaskCounters& counters);
VertexSnapshot Summarise(const JobVertex& vertex, int task, std::vector<SubtaskFacts> subtasks);

}  // namespace sluice::engine
