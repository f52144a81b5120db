// The expressions that a relation holds, for rules that look through a whole tree.
#pragma once

#include <functional>

#include "engine/sql/logical/rel.h"

namespace sluice::engine::sql {

/// Calls `visit` for every expression of the node itself.
void VisitExpressions(const Rel& rel, const std::function<void(const ExprPtr&)>& visit);

/// The tree with every expression replaced by `map` of it; nodes that do not change are shared.
RelPtr MapExpressions(const RelPtr& rel, const std::function<ExprPtr(const ExprPtr&)>& map);

}  // namespace sluice::engine::sql
