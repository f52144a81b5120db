// Takes references to the enclosing query out of a sub-query, so that it can be joined.
//
// Two ways. Where the references stand in conditions that can be pulled to the top (filters, below projections and
// aggregates), the sub-query is computed once and its conditions become those of the join. Else the sub-query is
// computed for every distinct combination of the outer columns it names (the domain), as Calcite's value generator.
#pragma once

#include <functional>
#include <vector>

#include "base/result.h"
#include "engine/sql/logical/rel.h"

namespace sluice::engine::sql {

/// How a column of the enclosing scope stands in the relation that the sub-query is joined to. The identity unless that
/// relation is an aggregate of the scope's.
using OuterColumns = std::function<Result<ExprPtr>(const ExprPtr& scope_column)>;

struct Decorrelated {
  RelPtr rel;        // the sub-query's columns, then columns that the conditions need
  size_t width = 0;  // how many are the sub-query's own
  /// `column = outer`: the outer side is an expression over the relation to join (and further scopes).
  struct Key {
    int column = 0;
    ExprPtr outer;
    bool nulls_match = false;  // IS NOT DISTINCT FROM
  };
  std::vector<Key> keys;
  /// Other conditions: over `rel` (small indices) and the relation to join (kOuterBase and up).
  std::vector<ExprPtr> conditions;
  /// A global aggregate became a grouped one: where nothing matches, its one row is missing. Then the values that row
  /// would have, one a column.
  std::vector<ExprPtr> empty_group;
};

/// References to the scope that encloses the sub-query, or to scopes further out.
bool IsCorrelated(const Rel& rel);

/// What the caller can join with.
enum class JoinNeeds : uint8_t {
  kAnyCondition,  // semi, anti and lateral joins: a row may match several
  kKeysOnly,      // one match at most for a row: equalities, by which the sub-query is grouped or distinct
  kEmptyGroups,   // as kAnyCondition, and a global aggregate must have its row even where nothing matches
};

/// `left` is the relation to join: the domain is taken from it. kNotSupported when a reference stands where it cannot
/// be pulled out.
Result<Decorrelated> Decorrelate(const RelPtr& rel, const RelPtr& left, const OuterColumns& outer, JoinNeeds needs);

/// The condition of the join: over the columns of the left relation, then those of `d.rel`.
ExprPtr JoinConditionOf(const Decorrelated& d, size_t left_width);

}  // namespace sluice::engine::sql
