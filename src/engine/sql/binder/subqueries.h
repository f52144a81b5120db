// Sub-queries of expressions as joins.
#pragma once

#include <vector>

#include "base/result.h"
#include "engine/sql/binder/decorrelate.h"
#include "engine/sql/binder/expr_binder.h"

namespace sluice::engine::sql {

/// The columns of `rel` are the scope's, in place.
OuterColumns SameColumns();

/// Attaches the sub-queries that `expressions` refer to by placeholders to `rel`, as columns behind its own, and
/// replaces the placeholders.
Result<RelPtr> AttachSubqueries(RelPtr rel, const std::vector<BoundSubquery>& subqueries,
                                const std::vector<ExprPtr*>& expressions, const OuterColumns& outer);

/// `rel` where `condition` holds, with the columns of `rel`: [NOT] IN and EXISTS that stand alone between ANDs become
/// semi and anti joins.
Result<RelPtr> FilterWithSubqueries(RelPtr rel, const ExprPtr& condition, const std::vector<BoundSubquery>& subqueries,
                                    const OuterColumns& outer);

}  // namespace sluice::engine::sql
