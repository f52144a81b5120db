// Expressions compiled once into a flat program over registers, run a batch at a time.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "engine/columnar/batch.h"
#include "engine/functions/function.h"
#include "engine/plan/expr.h"

namespace sluice::engine {

/// Several expressions over one input schema. Common sub-expressions are computed once, constants are folded at
/// compile time (a constant that fails, like 1/0, fails when a row first needs it, as in Flink). AND, OR, CASE, IF and
/// COALESCE evaluate their later arguments only for the rows that need them. One instance is used by one thread.
class Program {
 public:
  static Result<std::unique_ptr<Program>> Compile(const std::vector<ExprPtr>& expressions, const Schema& input,
                                                  const FunctionRegistry& functions, const SessionFacts& facts);
  ~Program();

  /// Evaluates all expressions at the batch's selected rows. Result columns have the batch's length; positions that
  /// are not selected are unspecified. An input reference answers the input column itself. On a row's error: the Error.
  Result<std::vector<ColumnPtr>> Run(const Batch& batch);

  /// Evaluates expression `which` (BOOLEAN) and keeps only rows where it is TRUE: narrows batch.selection in place.
  Status Filter(Batch& batch, size_t which = 0);

 private:
  struct Impl;
  explicit Program(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Evaluates an expression without inputs (option values, partition values, VALUES rows).
Result<Value> EvaluateConstant(const ExprPtr& e, const FunctionRegistry& functions, const SessionFacts& facts);

}  // namespace sluice::engine
