// Names and figures of a running job as Flink's REST API speaks of them.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::engine {

/// org.apache.flink.api.common.JobStatus. A Job (one attempt) is never in the last two.
enum class JobStatus : uint8_t {
  kCreated,
  kRunning,
  kFailing,
  kFailed,
  kCancelling,
  kCanceled,
  kFinished,
  kRestarting,
  kInitializing,
};
inline constexpr std::size_t kJobStatusCount = 9;
std::string_view JobStatusName(JobStatus status);
inline bool IsTerminal(JobStatus s) {
  return s == JobStatus::kFailed || s == JobStatus::kCanceled || s == JobStatus::kFinished;
}

/// org.apache.flink.runtime.execution.ExecutionState.
enum class ExecutionState : uint8_t { kCreated, kInitializing, kRunning, kFinished, kCanceling, kCanceled, kFailed };
std::string_view ExecutionStateName(ExecutionState state);

/// Written by the subtask's thread, read by any.
struct SubtaskCounters {
  std::atomic<ExecutionState> state{ExecutionState::kCreated};
  std::atomic<int64_t> records_in{0}, records_out{0};
  std::atomic<int64_t> bytes_in{0}, bytes_out{0};  // over exchanges only; connectors count their own
  std::atomic<int64_t> watermark{INT64_MIN};       // input watermark
  std::atomic<int64_t> state_bytes{0};             // keyed state in memory, as of some second ago
};

/// Of a task (a chain of vertices in one subtask).
struct TaskCounters {
  std::atomic<int64_t> busy_ns{0}, idle_ns{0}, back_pressured_ns{0};
  /// Up to when those are counted; what follows is idle or back-pressured time as long as the task does not run.
  std::atomic<int64_t> mark_ns{0};
  std::atomic<bool> blocked{false};
};

/// What a subtask did, in sum and lately.
struct SubtaskFacts {
  ExecutionState state = ExecutionState::kCreated;
  int64_t records_in = 0, records_out = 0, bytes_in = 0, bytes_out = 0;
  int64_t watermark = INT64_MIN;
  int64_t state_bytes = 0;
  // Of the task that it runs in.
  int64_t busy_ms = 0, idle_ms = 0, back_pressured_ms = 0;
  int busy_ms_per_second = 0, idle_ms_per_second = 0, back_pressured_ms_per_second = 0;
};

struct VertexSnapshot {
  std::string uid;
  std::string name;
  int parallelism = 1;
  int task = 0;  // vertices with the same number are chained
  ExecutionState state = ExecutionState::kCreated;
  int64_t records_in = 0, records_out = 0, bytes_in = 0, bytes_out = 0;
  int64_t watermark = INT64_MIN;                            // smallest of its subtasks
  int64_t busy_ms = 0, idle_ms = 0, back_pressured_ms = 0;  // of the task that it runs in, summed over subtasks
  int64_t state_bytes = 0;
  std::vector<SubtaskFacts> subtasks;
};

struct JobSnapshot {
  JobStatus status = JobStatus::kCreated;
  int64_t start_ms = 0, end_ms = -1;
  int attempt = 0;
  std::vector<VertexSnapshot> vertices;
  std::string failure;  // root error's text; empty if none
  int64_t failure_ms = 0;
};

}  // namespace sluice::engine
