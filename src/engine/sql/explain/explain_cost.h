// The rows and costs that EXPLAIN ESTIMATED_COST shows: Flink's defaults for tables that nothing is known of (1E8 rows,
// fixed selectivities). Nodes whose rule is not known here show none, nor do those above them.
#pragma once

#include <vector>

#include "engine/plan/expr.h"
#include "engine/sql/explain/explain_rel.h"

namespace sluice::engine::sql {

/// The part of the rows for which two values are equal.
inline constexpr double kEqualsSelectivity = 0.15;

/// Average bytes of a row.
double RowWidth(const Schema& schema);
/// The part of the rows that a condition keeps.
double Selectivity(const Expr& condition);
/// How many of a Calc's columns are computed: not just read, constant or cast.
int Computations(const std::vector<ExprPtr>& projections);

/// Writes ": rowcount = 1.0E8, cumulative cost = {…}" behind every line.
void AddCosts(std::vector<ExplainTree>& trees);

}  // namespace sluice::engine::sql
