#include "engine/sql/binder/join_subqueries.h"

#include <algorithm>

#include "engine/sql/binder/rel_expressions.h"
#include "engine/sql/binder/subqueries.h"
#include "engine/sql/errors.h"

namespace sluice::engine::sql {
namespace {

/// What a sub-query reads of the join's columns.
struct Reach {
  bool left = false, right = false;

  void Add(int column, size_t left_width) { (column < static_cast<int>(left_width) ? left : right) = true; }
};

/// References to the scope of the join, from `depth` queries below it.
void AddOuter(const Rel& rel, size_t left_width, Reach& reach) {
  VisitExpressions(rel, [&](const ExprPtr& e) {
    Rewrite(e, [&](const ExprPtr& x) -> ExprPtr {
      const bool outer = x->kind == ExprKind::kInput && x->input / kOuterBase == 1;
      if (outer) reach.Add(x->input - kOuterBase, left_width);
      return nullptr;
    });
  });
  for (const RelPtr& in : rel.inputs) AddOuter(*in, left_width, reach);
}

Reach ReachOf(const BoundSubquery& s, const Expr& on, int64_t index, size_t left_width) {
  Reach reach;
  AddOuter(*s.rel, left_width, reach);
  Rewrite(std::make_shared<Expr>(on), [&](const ExprPtr& x) -> ExprPtr {
    if (PlaceholderIndex(*x, kSubqueryPlaceholder) != index) return nullptr;
    for (const ExprPtr& a : x->args) {
      for (const int column : ExprInputs(*a)) {
        if (column < kOuterBase) reach.Add(column, left_width);
      }
    }
    return nullptr;
  });
  return reach;
}

constexpr int kAside = 1 << 19;  // below kOuterBase: columns of the other side while one has sub-queries attached

/// `on` with the columns of both sides moved: left ones by `left`, right ones by `right`.
ExprPtr Moved(const ExprPtr& on, size_t left_width, int left, int right) {
  return Rewrite(on, [&](const ExprPtr& e) -> ExprPtr {
    if (e->kind != ExprKind::kInput || e->input >= kOuterBase) return nullptr;
    const int by = e->input < static_cast<int>(left_width) ? left : right;
    return Expr::Input(e->input + by, e->type);
  });
}

}  // namespace

bool NeedsColumns(const std::vector<BoundSubquery>& subqueries) {
  return std::any_of(subqueries.begin(), subqueries.end(), [](const BoundSubquery& s) {
    return s.kind == SubqueryKind::kIn || s.kind == SubqueryKind::kSome || IsCorrelated(*s.rel);
  });
}

Status AttachToSides(JoinSides& sides, const std::vector<BoundSubquery>& subqueries, ExprPtr& on,
                     TextPosition position) {
  Reach all;
  for (size_t i = 0; i < subqueries.size(); ++i) {
    const Reach one = ReachOf(subqueries[i], *on, static_cast<int64_t>(i), sides.left_width);
    all.left |= one.left;
    all.right |= one.right;
  }
  if (all.left && all.right)
    return NotYet("sub-queries of an outer join's ON clause that look at both sides", position);
  const auto width = static_cast<int>(sides.left_width);
  if (all.left) {
    on = Moved(on, sides.left_width, 0, kAside);
    SLUICE_ASSIGN_OR_RETURN(sides.left, AttachSubqueries(sides.left, subqueries, {&on}, SameColumns()));
    const auto added = static_cast<int>(sides.left->schema.size()) - width;
    on = Rewrite(on, [&](const ExprPtr& e) -> ExprPtr {
      if (e->kind != ExprKind::kInput || e->input < kAside || e->input >= kOuterBase) return nullptr;
      return Expr::Input(e->input - kAside + added, e->type);
    });
    return {};
  }
  // While they are attached, the condition is over the right side alone: its columns, then the left ones.
  on = Moved(on, sides.left_width, kAside, -width);
  const OuterColumns outer = [width](const ExprPtr& column) -> Result<ExprPtr> {
    return Expr::Input(column->input - width, column->type);
  };
  SLUICE_ASSIGN_OR_RETURN(sides.right, AttachSubqueries(sides.right, subqueries, {&on}, outer));
  on = Rewrite(on, [&](const ExprPtr& e) -> ExprPtr {
    if (e->kind != ExprKind::kInput || e->input >= kOuterBase) return nullptr;
    return Expr::Input(e->input >= kAside ? e->input - kAside : e->input + width, e->type);
  });
  return {};
}

}  // namespace sluice::engine::sql
