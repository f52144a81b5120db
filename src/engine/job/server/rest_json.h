// The JSON of Flink 2.3's REST answers, from our facts. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/job/server/engine_control.h"

namespace sluice::engine::server {

/// The version of Flink whose API is spoken.
inline constexpr std::string_view kFlinkVersion = "2.3.0";

std::string OverviewJson(const std::vector<JobFacts>& jobs, int slots);
std::string ConfigJson();
std::string JobIdsJson(const std::vector<JobFacts>& jobs);
std::string JobsOverviewJson(const std::vector<JobFacts>& jobs, int64_t now_ms);
std::string JobJson(const JobFacts& job, int64_t now_ms);
std::string JobStatusJson(const JobFacts& job);
std::string PlanJson(const JobFacts& job);
std::string JobConfigJson(const JobFacts& job);
std::string VertexJson(const JobFacts& job, const TaskFacts& task, int64_t now_ms);
std::string SubtaskJson(const JobFacts& job, const TaskFacts& task, int subtask, int64_t now_ms);
/// …/subtasktimes
std::string SubtaskTimesJson(const JobFacts& job, const TaskFacts& task, int64_t now_ms);
std::string VertexAccumulatorsJson(const TaskFacts& task);
/// …/taskmanagers and …/subtasks/accumulators
std::string VertexTaskManagersJson(const JobFacts& job, const TaskFacts& task, int64_t now_ms);
std::string SubtaskAccumulatorsJson(const TaskFacts& task);
std::string KeyValuesJson(const std::map<std::string, std::string>& values);
std::string TaskManagersJson(const std::vector<JobFacts>& jobs, int slots, int64_t now_ms);
std::string PackagesJson(const std::vector<PackageFacts>& packages, std::string_view address);
std::string ErrorsJson(const std::vector<std::string>& errors);

}  // namespace sluice::engine::server
