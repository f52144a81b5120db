// The expressions of MATCH_RECOGNIZE over the rows of a match.
#pragma once

#include <memory>
#include <vector>

#include "engine/functions/program.h"
#include "engine/operators/aggregate_set.h"
#include "engine/operators/match_nfa.h"
#include "engine/operators/operator_parts.h"
#include "engine/plan/physical_plan.h"

namespace sluice::engine {

class MatchValues {
 public:
  /// Gives a row of the match as a batch of one row.
  using RowOf = std::function<const Batch&(uint64_t row)>;

  static Result<std::unique_ptr<MatchValues>> Make(const MatchExpr& expr, const OperatorPlan& plan);

  /// The expression's value as a column of one row. Not for a missing expression.
  Result<ColumnPtr> Evaluate(const MatchedRows& rows, const RowOf& row_of);

 private:
  struct Ref {
    MatchRef plan;
    std::unique_ptr<Program> values;  // the value, or the aggregate's arguments
    std::unique_ptr<AggregateSet> call;
  };

  Result<ColumnPtr> ValueOf(Ref& ref, const MatchedRows& rows, const RowOf& row_of);
  Result<ColumnPtr> AggregateOf(Ref& ref, const std::vector<uint64_t>& rows, const RowOf& row_of);

  Schema input_;
  std::vector<Ref> refs_;
  std::unique_ptr<Program> expr_;
};

}  // namespace sluice::engine
