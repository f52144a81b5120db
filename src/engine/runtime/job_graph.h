// What the runtime runs: vertices that make their sources, operators and sinks, and edges that say how rows reach them.
// Built by engine/job from a PhysicalPlan; the runtime sees no SQL.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/plan/physical_plan.h"
#include "engine/runtime/interfaces.h"

namespace sluice::engine {

/// Exactly one of the makers is set; it is called once a subtask, on the thread that creates the job.
struct JobVertex {
  std::string uid;
  std::string name;
  int parallelism = 1;
  std::function<Result<std::unique_ptr<Source>>()> make_source;
  std::function<Result<std::unique_ptr<Operator>>()> make_operator;
  std::function<Result<std::unique_ptr<Sink>>()> make_sink;
  /// False: it must have the parallelism that it has (rows must come together in one place).
  bool rescalable = true;
};

struct JobEdge {
  int from = 0;
  int to = 0;
  int input = 0;  // which input of `to`
  Distribution distribution = Distribution::kForward;
  std::vector<int> hash_keys;
  /// Columns of what travels: rows under way are saved (unaligned checkpoints) and restored by them.
  std::vector<DataType> types;
};

struct JobGraph {
  std::string name;
  bool batch = false;
  int max_parallelism = 128;
  size_t batch_rows = 1024;
  std::vector<JobVertex> vertices;  // producers before consumers
  std::vector<JobEdge> edges;
};

/// Vertices that run together in one task, by direct calls. If no vertex is parallel: every connected part of the graph
/// is one task, without any queue. Else forward edges into vertices of one input are chained, as Flink does.
/// Answers the task number of every vertex; numbers are dense and ascend with the first vertex of each.
std::vector<int> ChainVertices(const JobGraph& graph);

}  // namespace sluice::engine
