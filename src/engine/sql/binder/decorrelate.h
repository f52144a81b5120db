// Takes references to the enclosing query out of a sub-query, so that it can be joined.
#pragma once

#include <vector>

#include "base/result.h"
#include "engine/sql/logical/rel.h"

namespace sluice::engine::sql {

struct Decorrelated {
  RelPtr rel;        // the sub-query's columns, then columns that the conditions need
  size_t width = 0;  // how many are the sub-query's own
  /// A global aggregate became a grouped one: where nothing matches, its one row (COUNT 0, NULLs) is missing.
  bool lost_empty_group = false;
  std::vector<ExprPtr> conditions;  // over `rel` (small indices) and the outer scope (kOuterBase and up)
};

bool IsCorrelated(const Rel& rel);

/// kNotSupported when a reference stands where it cannot be pulled out.
Result<Decorrelated> Decorrelate(const RelPtr& rel);

/// The condition of a join of outer (left, `left_width` columns) with a decorrelated sub-query (right).
ExprPtr JoinCondition(const ExprPtr& condition, size_t left_width);

}  // namespace sluice::engine::sql
