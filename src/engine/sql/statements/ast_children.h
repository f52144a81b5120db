// One way through the children of a syntax tree's expression, for rewrites before it becomes text.
#pragma once

#include <functional>

#include "engine/sql/parser/ast.h"

namespace sluice::engine::sql {

/// Calls `on_expr` for each direct child expression of `e` and `on_query` for each query in it (tables as arguments of
/// functions not). Neither pointer is ever null.
void ForEachChild(ast::Expr& e, const std::function<void(ast::Expr&)>& on_expr,
                  const std::function<void(ast::Query&)>& on_query);

/// Function names of the whole expression, without the queries in it, as Flink prints them: those without an operator
/// of their own in back-quotes and as written, all others bare and in upper case.
void NormalizeFunctionNames(ast::Expr& e);
/// The same for one call.
void NormalizeFunctionName(ast::CallExpr& call);

}  // namespace sluice::engine::sql
