// TUMBLE, HOP, CUMULATE and SESSION: as table functions and as the older group windows.
#pragma once

#include "engine/sql/binder/expr_binder.h"

namespace sluice::engine::sql {

/// GROUP BY TUMBLE(ts, INTERVAL …): sizes only; the caller sets the time column.
Result<WindowSpec> BindGroupWindowSpec(const std::string& name, const ast::CallExpr& call, const ExprPtr& time,
                                       ExprBinder& binder, const BindContext& context);

/// TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL …[, offset])) over the bound `input`; `arguments` are those after the
/// table, in positional order (a missing optional one is null).
Result<RelPtr> BindWindowTableFunction(const std::string& name, RelPtr input,
                                       const std::vector<const ast::Expr*>& arguments,
                                       const std::vector<std::string>& partition_by, ExprBinder& binder,
                                       const BindContext& context, TextPosition position);

}  // namespace sluice::engine::sql
