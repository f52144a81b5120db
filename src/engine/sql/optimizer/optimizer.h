// Rule-based rewriting of the logical plan. Every rule keeps the rows and their order per key; what a rule may not do
// because of watermarks or changelogs is said at the rule.
#pragma once

#include "engine/functions/function.h"
#include "engine/sql/logical/rel.h"

namespace sluice::engine::sql {

/// Runs all rules to their end. Columns of the result are those of `rel`, in order and with their names.
RelPtr Optimize(RelPtr rel, const FunctionRegistry& functions);

// The rules' groups, for tests.

/// Merges neighbouring projections and filters; moves filters through projections, unions and joins towards the source,
/// but never below a watermark assigner (dropped rows still move event time) nor below an aggregate.
RelPtr PushFilters(RelPtr rel, const FunctionRegistry& functions);

/// Removes columns and nested fields that no one reads, down to the scans.
RelPtr PruneColumns(RelPtr rel);

/// Turns conditions on partition columns right above a scan into ScanRel::partition_filter.
RelPtr PrunePartitions(RelPtr rel, const FunctionRegistry& functions);

/// Makes variances and deviations of the aggregates and the projection that Flink makes them of, and the row that a
/// global aggregate of nothing has.
RelPtr ReduceAggregates(const RelPtr& rel, const FunctionRegistry& functions);

/// The kind of `join` once rows that fail `filter` above it are gone: NULLs that a side was padded with may all fail.
JoinKind WithoutPadding(const JoinRel& join, const ExprPtr& filter);

/// True if every call in `e` gives the same answer each time.
bool IsDeterministic(const Expr& e, const FunctionRegistry& functions);

/// A copy of `rel` with other inputs (same schemas).
RelPtr WithInputs(const Rel& rel, std::vector<RelPtr> inputs);

}  // namespace sluice::engine::sql
