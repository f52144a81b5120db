// Sub-queries in a join's ON clause.
#pragma once

#include <vector>

#include "base/result.h"
#include "engine/sql/binder/expr_binder.h"

namespace sluice::engine::sql {

/// The sides of a join whose condition has sub-queries, and what became of both.
struct JoinSides {
  RelPtr left, right;
  size_t left_width = 0;  // the columns of `left` that the condition counts with; behind them come attached ones
};

/// Puts sub-queries that look at one side only (or at none: then at the right one) behind that side's columns, and
/// makes `on` refer to them: its left columns, then those of `sides.right` behind all of `sides.left`. kNotSupported
/// for sub-queries that look at both sides.
Status AttachToSides(JoinSides& sides, const std::vector<BoundSubquery>& subqueries, ExprPtr& on,
                     TextPosition position);

/// True if some sub-query needs columns of the join: IN, SOME and correlated ones.
bool NeedsColumns(const std::vector<BoundSubquery>& subqueries);

}  // namespace sluice::engine::sql
