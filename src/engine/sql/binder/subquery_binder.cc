// Sub-queries inside expressions: bound as placeholders that subqueries.cc turns into joins.
#include <fmt/format.h>

#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/errors.h"

namespace sluice::engine::sql {

namespace {

const char* Mirrored(ast::BinaryOp op, bool negate) {
  using Op = ast::BinaryOp;
  switch (op) {
    case Op::kLess: return negate ? ">=" : "<";
    case Op::kLessOrEqual: return negate ? ">" : "<=";
    case Op::kGreater: return negate ? "<=" : ">";
    case Op::kGreaterOrEqual: return negate ? "<" : ">=";
    default: return nullptr;
  }
}

}  // namespace

Status ExprBinder::RequireSubqueries(TextPosition position) const {
  if (bind_query && subqueries != nullptr) return {};
  return NotYet("a sub-query in the " + clause + " clause", position);
}

ExprPtr ExprBinder::AddSubquery(BoundSubquery subquery, std::vector<ExprPtr> comparisons) {
  const DataType type = subquery.type;
  subqueries->push_back(std::move(subquery));
  const auto index = static_cast<int64_t>(subqueries->size() - 1);
  comparisons.insert(comparisons.begin(), Expr::Literal(Value::Int(index), DataType::Bigint().NotNull()));
  return Expr::Call(kSubqueryPlaceholder, std::move(comparisons), type);
}

Result<ExprPtr> ExprBinder::BindScalarSubquery(const ast::SubqueryExpr& e) {
  SLUICE_RETURN_IF_ERROR(RequireSubqueries(e.position));
  SLUICE_ASSIGN_OR_RETURN(RelPtr rel, bind_query(*e.query, &scope_));
  if (rel->schema.size() != 1) {
    std::string types;
    for (const RowField& f : rel->schema)
      types += (types.empty() ? "" : ", ") + f.type.ToCalciteString() + " " + f.name;
    return Invalid(fmt::format("Cannot apply '$SCALAR_QUERY' to arguments of type '$SCALAR_QUERY(<RECORDTYPE({})>)'. "
                               "Supported form(s): '$SCALAR_QUERY(<RECORDTYPE(SINGLE FIELD)>)'",
                               UpperCase(types)),
                   e.position);
  }
  const DataType type = rel->schema[0].type.Nullable().WithTimeAttribute(TimeAttribute::kNone);
  return AddSubquery({SubqueryKind::kScalar, rel, type, false, e.position}, {});
}

Result<ExprPtr> ExprBinder::BindExists(const ast::SubqueryExpr& e) {
  SLUICE_RETURN_IF_ERROR(RequireSubqueries(e.position));
  SLUICE_ASSIGN_OR_RETURN(RelPtr rel, bind_query(*e.query, &scope_));
  return AddSubquery({SubqueryKind::kExists, rel, DataType::Boolean().NotNull(), false, e.position}, {});
}

Result<std::vector<ExprPtr>> ExprBinder::CompareWithQuery(const ast::Expr& operand, const Schema& columns,
                                                          TextPosition position) {
  std::vector<ExprPtr> values;
  if (operand.kind == ast::ExprKind::kCollection &&
      static_cast<const ast::CollectionExpr&>(operand).collection == ast::CollectionKind::kRow) {
    SLUICE_ASSIGN_OR_RETURN(values, BindAll(static_cast<const ast::CollectionExpr&>(operand).elements));
  } else {
    SLUICE_ASSIGN_OR_RETURN(ExprPtr value, Bind(operand));
    values.push_back(std::move(value));
  }
  const Error incompatible = Invalid("Values passed to IN operator must have compatible types", position);
  if (values.size() == 1 && values[0]->type.kind() == TypeKind::kRow) return incompatible;
  if (values.size() != columns.size()) return incompatible;
  std::vector<ExprPtr> out;
  for (size_t i = 0; i < values.size(); ++i) {
    const DataType type = columns[i].type.WithTimeAttribute(TimeAttribute::kNone);
    const DataType& left = values[i]->type;
    if (left.is_character() != type.is_character() && (left.is_numeric() || type.is_numeric())) {
      return Invalid(fmt::format("implicit type conversion between {} and {} is not supported on join's condition now",
                                 left.ToCalciteString(), type.ToCalciteString()),
                     position);
    }
    auto equal = Call("=", {values[i], Expr::Input(kSubqueryColumns + static_cast<int>(i), type)}, position);
    if (!equal.ok()) return incompatible;
    out.push_back(std::move(*equal));
  }
  return out;
}

Result<ExprPtr> ExprBinder::BindInQuery(const ast::Expr& operand, const ast::Query& query, bool negated,
                                        TextPosition position) {
  SLUICE_RETURN_IF_ERROR(RequireSubqueries(position));
  SLUICE_ASSIGN_OR_RETURN(RelPtr rel, bind_query(query, &scope_));
  SLUICE_ASSIGN_OR_RETURN(std::vector<ExprPtr> comparisons, CompareWithQuery(operand, rel->schema, position));
  bool nullable = false;
  for (const ExprPtr& c : comparisons) nullable |= c->type.nullable();
  const DataType type = DataType::Boolean().WithNullable(nullable);
  ExprPtr in = AddSubquery({SubqueryKind::kIn, rel, type, false, position}, std::move(comparisons));
  if (!negated) return in;
  return Call("NOT", {in}, position);
}

Result<ExprPtr> ExprBinder::BindQuantified(const ast::QuantifiedExpr& e) {
  if (!e.query) return NotYet("a comparison with ANY or ALL of a list", e.position);
  const bool all = e.quantifier == ast::Quantifier::kAll;
  if (e.op == ast::BinaryOp::kEqual && !all) return BindInQuery(*e.operand, *e.query, false, e.position);
  if (e.op == ast::BinaryOp::kNotEqual && all) return BindInQuery(*e.operand, *e.query, true, e.position);
  // x > ALL (q) is NOT x <= SOME (q).
  const char* name = Mirrored(e.op, all);
  if (name == nullptr) return NotYet("= ALL and <> SOME of a query", e.position);
  SLUICE_RETURN_IF_ERROR(RequireSubqueries(e.position));
  SLUICE_ASSIGN_OR_RETURN(RelPtr rel, bind_query(*e.query, &scope_));
  if (rel->schema.size() != 1) return Invalid("Values passed to SOME operator must have compatible types", e.position);
  SLUICE_ASSIGN_OR_RETURN(ExprPtr value, Bind(*e.operand));
  const DataType type = rel->schema[0].type.WithTimeAttribute(TimeAttribute::kNone).Nullable();
  SLUICE_ASSIGN_OR_RETURN(ExprPtr compare, Call(name, {value, Expr::Input(kSubqueryColumns, type)}, e.position));
  BoundSubquery subquery{SubqueryKind::kSome, rel, DataType::Boolean(), name[0] == '>', e.position};
  ExprPtr some = AddSubquery(std::move(subquery), {std::move(compare)});
  if (!all) return some;
  return Call("NOT", {some}, e.position);
}

}  // namespace sluice::engine::sql
