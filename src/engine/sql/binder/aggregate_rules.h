// What Flink refuses of an aggregate or window call beyond its signature.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/plan/physical_plan.h"
#include "engine/sql/binder/expr_binder.h"

namespace sluice::engine::sql {

/// The call's clauses and the kinds of its arguments. `args`: bound, without casts.
Status CheckAggregateCall(const std::string& function, const ast::CallExpr& e, const std::vector<ExprPtr>& args);

/// The default and the offset of LAG and LEAD.
Status CheckShiftArguments(const std::string& function, const std::vector<ExprPtr>& args, bool batch,
                           TextPosition position);

/// LAG or LEAD with a default that is not NULL: Flink takes the result for never NULL, and shows a NULL that is there
/// as what its generated code has in a variable without a value.
ExprPtr ShiftedValueWithoutNull(const ExprPtr& value);

/// The frame of OVER as written. `ranking`: the function is RANK or its like, which has none.
Status CheckFrame(const ast::WindowSpec& spec, bool ranking);

/// A type as messages about arguments show it: TIMESTAMP(3) *ROWTIME*.
std::string ArgumentTypeText(const DataType& type);

}  // namespace sluice::engine::sql
