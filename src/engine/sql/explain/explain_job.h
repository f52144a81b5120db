// The job as EXPLAIN JSON_EXECUTION_PLAN prints it, in the shape of Flink's StreamGraph JSON: the execution plan's
// nodes without exchanges and unions, which show as how a node's input reaches it.
#pragma once

#include <string>
#include <vector>

#include "engine/sql/explain/explain_rel.h"

namespace sluice::engine::sql {

/// `trees`: the execution plan, one tree a sink. Nodes are numbered from 1; Flink counts on within a session.
/// `parallelism`: of nodes that are neither behind a single exchange nor a list of values.
std::string ExplainJob(const std::vector<ExplainTree>& trees, int parallelism);

}  // namespace sluice::engine::sql
