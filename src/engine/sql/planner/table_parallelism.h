// What 'scan.parallelism' and 'sink.parallelism' of a table make of a plan (Flink's CommonExecTableSourceScan and
// CommonExecSink): such a source or sink has a parallelism of its own, what stands beside it has the job's.
#pragma once

#include <string_view>

#include "base/result.h"
#include "engine/plan/physical_plan.h"

namespace sluice::engine::sql {

/// The table's option 'scan.parallelism' or 'sink.parallelism'; 0: it has none. kOption if it is no positive number.
Result<int> TableParallelism(const TableDescription& table, std::string_view option);

/// After the plan is built: rows of sources with a parallelism of their own are spread over the job's subtasks, by an
/// upsert key if they are changes. Watermarks, which are made by split, stay with their source.
void SpreadSources(PhysicalPlan& plan);

/// How the rows of `input` reach a sink with this parallelism, and what of the sink stands before it. Fails if changes
/// would have to be spread without a primary key.
Result<PlanEdge> EdgeToSink(const PhysicalPlan& plan, int input, const SinkNode& sink, int parallelism);

}  // namespace sluice::engine::sql
