// From the plan (data) to what the runtime runs: every node becomes a vertex with a maker of its source, operator or
// sink, every edge says how rows travel.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>

#include "base/result.h"
#include "engine/columnar/batch.h"
#include "engine/job/builtins.h"
#include "engine/plan/physical_plan.h"
#include "engine/runtime/job_graph.h"

namespace sluice::engine {

/// Gets the batches of a query's result, in order, on a worker thread. It may block to slow the query down; an Error
/// ends the job.
using ResultConsumer = std::function<Status(Batch batch)>;

/// All pointers outlive the job.
struct JobBuildEnvironment {
  const Builtins* builtins = nullptr;
  Clock* clock = nullptr;
  std::ostream* out = nullptr;  // of the print connector
  std::ostream* err = nullptr;
  std::function<uint64_t()> random;
  int default_parallelism = 1;
  size_t batch_rows = 1024;
};

/// `consumer` is called for plans with a CollectNode. The graph's makers keep the plan alive. Refuses ("not supported
/// yet: …") connectors without the needed direction; what operators refuse comes when the job is created.
Result<JobGraph> BuildJobGraph(std::shared_ptr<const PhysicalPlan> plan, const JobBuildEnvironment& environment,
                               ResultConsumer consumer);

}  // namespace sluice::engine
