// Expressions as EXPLAIN prints them.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/expr.h"

namespace sluice::engine::sql {

enum class ExplainStyle : uint8_t {
  kLogical,    // AND(>($2, 10), =($1, _UTF-16LE'a')): Calcite's digest, columns by number
  kPhysical,   // the same with the columns' names
  kExecution,  // ((v > 10) AND (name = 'a'))
};

/// `names`: of the input's columns; not looked at by kLogical.
std::string ExplainExpr(const Expr& e, const std::vector<std::string>& names, ExplainStyle style);

/// Conjuncts as a scan that took them shows them: pairs of two, "and(and(=(a, 1), >(b, 2)), IS NULL(c))".
std::string ExplainPushedFilter(const std::vector<ExprPtr>& filters, const std::vector<std::string>& names);

/// A type as Calcite prints it, with the character set that Flink's plans show outside of the execution plan.
std::string ExplainType(const DataType& type, ExplainStyle style);

/// "a, b, c"
std::string JoinNames(const std::vector<std::string>& names);

}  // namespace sluice::engine::sql
