#include "engine/runtime/job_facts.h"

#include <algorithm>

#include "base/clock.h"
#include "engine/runtime/job_graph.h"

namespace sluice::engine {

TaskRates::Sample TaskRates::Now(Clock& clock) const {
  Sample now;
  const int64_t mark = counters_->mark_ns.load(std::memory_order_relaxed);
  now.at_ns = clock.MonotonicNs();
  now.busy_ns = counters_->busy_ns.load(std::memory_order_relaxed);
  now.idle_ns = counters_->idle_ns.load(std::memory_order_relaxed);
  now.back_pressured_ns = counters_->back_pressured_ns.load(std::memory_order_relaxed);
  // A task that sleeps counts when it wakes.
  if (mark != 0 && now.at_ns > mark) {
    (counters_->blocked.load(std::memory_order_relaxed) ? now.back_pressured_ns : now.idle_ns) += now.at_ns - mark;
  }
  return now;
}

void TaskRates::Fill(SubtaskFacts& facts, Clock& clock) {
  constexpr int64_t kWindowNs = 1000000000;
  const Sample now = Now(clock);
  if (last_.at_ns == 0 && now.busy_ns + now.idle_ns + now.back_pressured_ns > 0) {
    last_.at_ns = now.at_ns - (now.busy_ns + now.idle_ns + now.back_pressured_ns);
  }
  const int64_t passed = now.at_ns - last_.at_ns;
  if (last_.at_ns != 0 && passed >= kWindowNs) {
    auto rate = [passed](int64_t from, int64_t to) {
      return static_cast<int>(std::clamp<int64_t>((to - from) * 1000 / passed, 0, 1000));
    };
    busy_ = rate(last_.busy_ns, now.busy_ns);
    idle_ = rate(last_.idle_ns, now.idle_ns);
    back_pressured_ = rate(last_.back_pressured_ns, now.back_pressured_ns);
    last_ = now;
  }
  facts.busy_ms = now.busy_ns / 1000000;
  facts.idle_ms = now.idle_ns / 1000000;
  facts.back_pressured_ms = now.back_pressured_ns / 1000000;
  facts.busy_ms_per_second = busy_;
  facts.idle_ms_per_second = idle_;
  facts.back_pressured_ms_per_second = back_pressured_;
}

SubtaskFacts FactsOf(const SubtaskCounters& c) {
  SubtaskFacts facts;
  facts.state = c.state.load(std::memory_order_relaxed);
  facts.records_in = c.records_in.load(std::memory_order_relaxed);
  facts.records_out = c.records_out.load(std::memory_order_relaxed);
  facts.bytes_in = c.bytes_in.load(std::memory_order_relaxed);
  facts.bytes_out = c.bytes_out.load(std::memory_order_relaxed);
  facts.watermark = c.watermark.load(std::memory_order_relaxed);
  facts.state_bytes = c.state_bytes.load(std::memory_order_relaxed);
  return facts;
}

VertexSnapshot Summarise(const JobVertex& vertex, int task, std::vector<SubtaskFacts> subtasks) {
  VertexSnapshot out;
  out.uid = vertex.uid;
  out.name = vertex.name;
  out.parallelism = vertex.parallelism;
  out.task = task;
  out.watermark = INT64_MAX;
  bool all_finished = true;
  for (const SubtaskFacts& s : subtasks) {
    out.records_in += s.records_in;
    out.records_out += s.records_out;
    out.bytes_in += s.bytes_in;
    out.bytes_out += s.bytes_out;
    out.watermark = std::min(out.watermark, s.watermark);
    out.busy_ms += s.busy_ms;
    out.idle_ms += s.idle_ms;
    out.back_pressured_ms += s.back_pressured_ms;
    out.state_bytes += s.state_bytes;
    all_finished &= s.state == ExecutionState::kFinished;
    if (s.state != ExecutionState::kFinished) out.state = s.state;
  }
  if (all_finished) out.state = ExecutionState::kFinished;
  out.subtasks = std::move(subtasks);
  return out;
}

}  // namespace sluice::engine
