#include "engine/job/server/rest_figures.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::engine::server {
namespace {

/// `figures(v)` are those of operator v.
template <typename FiguresOfVertex>
SubtaskFacts OfChain(const JobFacts& job, const TaskFacts& task, const FiguresOfVertex& figures) {
  SubtaskFacts f;
  if (task.operators.empty()) return f;
  auto at = [&](int index) -> SubtaskFacts { return figures(job.snapshot.vertices[static_cast<size_t>(index)]); };
  const SubtaskFacts last = at(task.operators.back());
  f = at(task.operators.front());
  f.bytes_in = f.bytes_out = f.state_bytes = 0;
  for (int index : task.operators) {
    const SubtaskFacts v = at(index);
    // One source may be at its end while another in the same chain goes on: the task goes on.
    const bool goes_on = f.state == ExecutionState::kFinished && v.state != ExecutionState::kFinished;
    if (f.state != ExecutionState::kFailed && (goes_on || v.state == ExecutionState::kFailed)) f.state = v.state;
    f.bytes_in += v.bytes_in;
    f.bytes_out += v.bytes_out;
    f.state_bytes += v.state_bytes;
  }
  f.records_in = 0;
  for (int index : task.heads.empty() ? std::vector<int>{task.operators.front()} : task.heads) {
    const SubtaskFacts head = at(index);
    f.records_in += head.records_in > 0 ? head.records_in : head.records_out;
  }
  f.records_out = last.records_out > 0 ? last.records_out : last.records_in;
  f.watermark = last.watermark;
  return f;
}

SubtaskFacts OfVertex(const VertexSnapshot& v) {
  SubtaskFacts f;
  f.state = v.state;
  f.records_in = v.records_in;
  f.records_out = v.records_out;
  f.bytes_in = v.bytes_in;
  f.bytes_out = v.bytes_out;
  f.watermark = v.watermark;
  f.state_bytes = v.state_bytes;
  f.busy_ms = v.busy_ms;
  f.idle_ms = v.idle_ms;
  f.back_pressured_ms = v.back_pressured_ms;
  for (const SubtaskFacts& s : v.subtasks) {
    f.busy_ms_per_second = std::max(f.busy_ms_per_second, s.busy_ms_per_second);
    f.idle_ms_per_second = std::max(f.idle_ms_per_second, s.idle_ms_per_second);
    f.back_pressured_ms_per_second = std::max(f.back_pressured_ms_per_second, s.back_pressured_ms_per_second);
  }
  return f;
}

}  // namespace

SubtaskFacts FiguresOf(const JobFacts& job, const TaskFacts& task) { return OfChain(job, task, OfVertex); }

SubtaskFacts FiguresOf(const JobFacts& job, const TaskFacts& task, int subtask) {
  return OfChain(job, task, [&](const VertexSnapshot& v) {
    const auto index = static_cast<size_t>(subtask);
    return index < v.subtasks.size() ? v.subtasks[index] : OfVertex(v);
  });
}

int64_t DurationOf(const JobFacts& job, int64_t now_ms) {
  if (job.snapshot.start_ms == 0) return 0;
  return (job.snapshot.end_ms >= 0 ? job.snapshot.end_ms : now_ms) - job.snapshot.start_ms;
}

std::string SubtaskName(const TaskFacts& task, int subtask) {
  return fmt::format("{} ({}/{})", task.name, subtask + 1, task.parallelism);
}

}  // namespace sluice::engine::server
