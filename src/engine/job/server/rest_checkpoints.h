// The JSON of Flink's answers about checkpoints. Pure.
#pragma once

#include <string>

#include "engine/job/server/engine_control.h"

namespace sluice::engine::server {

/// /jobs/:id/checkpoints
std::string CheckpointsJson(const JobFacts& job);
/// /jobs/:id/checkpoints/config
std::string CheckpointConfigJson(const JobFacts& job);
/// /jobs/:id/checkpoints/details/:cid
std::string CheckpointJson(const JobFacts& job, const CheckpointFacts& checkpoint);
/// /jobs/:id/checkpoints/details/:cid/subtasks/:vid
std::string CheckpointSubtasksJson(const JobFacts& job, const CheckpointFacts& checkpoint, const TaskFacts& task);

}  // namespace sluice::engine::server
