#include "engine/sql/statements/ast_children.h"

namespace sluice::engine::sql {

namespace {

using namespace ast;

using OnExpr = std::function<void(Expr&)>;
using OnQuery = std::function<void(Query&)>;

void Each(const std::vector<ExprPtr>& list, const OnExpr& on_expr) {
  for (const ExprPtr& e : list) on_expr(*e);
}

void One(const ExprPtr& e, const OnExpr& on_expr) {
  if (e != nullptr) on_expr(*e);
}

void Ordered(const std::vector<OrderItem>& items, const OnExpr& on_expr) {
  for (const OrderItem& item : items) on_expr(*item.expr);
}

void Window(const WindowSpec* window, const OnExpr& on_expr) {
  if (window == nullptr) return;
  Each(window->partition_by, on_expr);
  Ordered(window->order_by, on_expr);
  One(window->start.offset, on_expr);
  if (window->end) One(window->end->offset, on_expr);
}

void Call(const CallExpr& call, const OnExpr& on_expr) {
  Each(call.arguments, on_expr);
  Ordered(call.order_by, on_expr);
  Ordered(call.within_group, on_expr);
  One(call.filter, on_expr);
  Window(call.over.get(), on_expr);
}

void Json(const JsonCallExpr& call, const OnExpr& on_expr) {
  Each(call.arguments, on_expr);
  One(call.on_empty_default, on_expr);
  One(call.on_error_default, on_expr);
  Ordered(call.order_by, on_expr);
  Ordered(call.within_group, on_expr);
  One(call.filter, on_expr);
  Window(call.over.get(), on_expr);
}

void Case(const CaseExpr& e, const OnExpr& on_expr) {
  One(e.operand, on_expr);
  for (const CaseExpr::When& when : e.whens) {
    Each(when.conditions, on_expr);
    on_expr(*when.result);
  }
  One(e.otherwise, on_expr);
}

template <typename T>
T& As(Expr& e) {
  return static_cast<T&>(e);
}

}  // namespace

void ForEachChild(Expr& e, const OnExpr& on_expr, const OnQuery& on_query) {
  auto query = [&](const QueryPtr& q) {
    if (q != nullptr) on_query(*q);
  };
  switch (e.kind) {
    case ExprKind::kIntervalOf: return on_expr(*As<IntervalOfExpr>(e).operand);
    case ExprKind::kUnary: return on_expr(*As<UnaryExpr>(e).operand);
    case ExprKind::kBinary: on_expr(*As<BinaryExpr>(e).left); return on_expr(*As<BinaryExpr>(e).right);
    case ExprKind::kBetween:
      on_expr(*As<BetweenExpr>(e).operand);
      on_expr(*As<BetweenExpr>(e).low);
      return on_expr(*As<BetweenExpr>(e).high);
    case ExprKind::kLike:
      on_expr(*As<LikeExpr>(e).operand);
      on_expr(*As<LikeExpr>(e).pattern);
      return One(As<LikeExpr>(e).escape, on_expr);
    case ExprKind::kIn:
      on_expr(*As<InExpr>(e).operand);
      Each(As<InExpr>(e).list, on_expr);
      return query(As<InExpr>(e).query);
    case ExprKind::kQuantified:
      on_expr(*As<QuantifiedExpr>(e).operand);
      Each(As<QuantifiedExpr>(e).list, on_expr);
      return query(As<QuantifiedExpr>(e).query);
    case ExprKind::kExists:
    case ExprKind::kUnique:
    case ExprKind::kScalarSubquery: return query(As<SubqueryExpr>(e).query);
    case ExprKind::kCase: return Case(As<CaseExpr>(e), on_expr);
    case ExprKind::kCast: return on_expr(*As<CastExpr>(e).operand);
    case ExprKind::kCall: return Call(As<CallExpr>(e), on_expr);
    case ExprKind::kJsonCall: return Json(As<JsonCallExpr>(e), on_expr);
    case ExprKind::kCollection:
      Each(As<CollectionExpr>(e).elements, on_expr);
      return query(As<CollectionExpr>(e).query);
    case ExprKind::kItem: on_expr(*As<ItemExpr>(e).collection); return on_expr(*As<ItemExpr>(e).index);
    case ExprKind::kField: return on_expr(*As<FieldExpr>(e).operand);
    case ExprKind::kNamedArgument: return on_expr(*As<NamedArgumentExpr>(e).value);
    case ExprKind::kName:
    case ExprKind::kLiteral:
    case ExprKind::kParameter:
    case ExprKind::kDefault:
    case ExprKind::kSymbol:
    case ExprKind::kDescriptor:
    case ExprKind::kTableArgument:
    case ExprKind::kModelArgument: return;
  }
}

}  // namespace sluice::engine::sql
