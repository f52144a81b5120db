// What REST answers say of a task (a chain of operators), from the figures of its operators. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/job/server/engine_control.h"

namespace sluice::engine::server {

inline constexpr std::string_view kTaskManagerId = "sluice-engine";
inline constexpr std::string_view kEndpoint = "localhost:0";

/// A task's figures as seen from outside of the chain: what it reads from outside, or from its source; what it writes
/// outside, or into its sink. (Flink counts neither for a job in one chain and shows zeros.)
SubtaskFacts FiguresOf(const JobFacts& job, const TaskFacts& task);
/// Of one subtask; what is not known of subtasks one by one is that of the task.
SubtaskFacts FiguresOf(const JobFacts& job, const TaskFacts& task, int subtask);

/// From the start to the end, or to now.
int64_t DurationOf(const JobFacts& job, int64_t now_ms);
/// "Source: orders[1] -> Calc[2] (1/2)".
std::string SubtaskName(const TaskFacts& task, int subtask);

}  // namespace sluice::engine::server
