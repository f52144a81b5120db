// How Flink prints the names of functions in computed columns, watermarks and views.
#include <algorithm>
#include <set>

#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/statements/ast_children.h"
#include "engine/sql/statements/show.h"

namespace sluice::engine::sql {

void NormalizeFunctionName(ast::CallExpr& call) {
  if (call.name.parts.size() != 1) return;
  // The core module lists functions without an operator under upper-case names; these few have one all the same.
  static const std::set<std::string> kOperators = {"ASSIGNMENT", "COALESCE",   "DEFAULT",
                                                   "LIKE",       "TRANSLATE3", "TRY_CAST"};
  const std::string upper = UpperCase(call.name.parts[0].name);
  const auto& names = CoreFunctionNames();
  call.name.parts[0].quoted = !kOperators.contains(upper) && std::binary_search(names.begin(), names.end(), upper);
}

void NormalizeFunctionNames(ast::Expr& e) {
  if (e.kind == ast::ExprKind::kCall) NormalizeFunctionName(static_cast<ast::CallExpr&>(e));
  ForEachChild(
      e, [](ast::Expr& child) { NormalizeFunctionNames(child); }, [](ast::Query&) {});
}

}  // namespace sluice::engine::sql
