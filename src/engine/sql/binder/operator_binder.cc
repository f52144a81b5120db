// Operators: unary, binary, BETWEEN, LIKE, IN.
#include <fmt/format.h>

#include <algorithm>

#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/errors.h"

namespace sluice::engine::sql {

namespace {

const char* BinaryName(ast::BinaryOp op) {
  switch (op) {
    case ast::BinaryOp::kOr: return "OR";
    case ast::BinaryOp::kAnd: return "AND";
    case ast::BinaryOp::kEqual: return "=";
    case ast::BinaryOp::kNotEqual: return "<>";
    case ast::BinaryOp::kLess: return "<";
    case ast::BinaryOp::kLessOrEqual: return "<=";
    case ast::BinaryOp::kGreater: return ">";
    case ast::BinaryOp::kGreaterOrEqual: return ">=";
    case ast::BinaryOp::kIsDistinctFrom: return "IS DISTINCT FROM";
    case ast::BinaryOp::kIsNotDistinctFrom: return "IS NOT DISTINCT FROM";
    case ast::BinaryOp::kAdd: return "+";
    case ast::BinaryOp::kSubtract: return "-";
    case ast::BinaryOp::kMultiply: return "*";
    case ast::BinaryOp::kDivide: return "/";
    case ast::BinaryOp::kModulo: return "%";
    case ast::BinaryOp::kConcat: return "||";
    case ast::BinaryOp::kOverlaps: return "OVERLAPS";
    default: return nullptr;
  }
}

/// The function that a unary operator calls, and whether its answer is negated. Null: it calls none.
struct UnaryFunction {
  const char* name = nullptr;
  bool negated = false;
};

UnaryFunction FunctionOf(ast::UnaryOp op) {
  using Op = ast::UnaryOp;
  switch (op) {
    case Op::kNot: return {"NOT"};
    case Op::kIsNull:
    case Op::kIsUnknown: return {"IS NULL"};
    case Op::kIsNotNull:
    case Op::kIsNotUnknown: return {"IS NOT NULL"};
    case Op::kIsTrue: return {"IS TRUE"};
    case Op::kIsNotTrue: return {"IS NOT TRUE"};
    case Op::kIsFalse: return {"IS FALSE"};
    case Op::kIsNotFalse: return {"IS NOT FALSE"};
    case Op::kIsJsonValue: return {"IS JSON VALUE"};
    case Op::kIsNotJsonValue: return {"IS JSON VALUE", true};
    case Op::kIsJsonObject: return {"IS JSON OBJECT"};
    case Op::kIsNotJsonObject: return {"IS JSON OBJECT", true};
    case Op::kIsJsonArray: return {"IS JSON ARRAY"};
    case Op::kIsNotJsonArray: return {"IS JSON ARRAY", true};
    case Op::kIsJsonScalar: return {"IS JSON SCALAR"};
    case Op::kIsNotJsonScalar: return {"IS JSON SCALAR", true};
    default: return {};
  }
}

/// A literal negated in place, so that -1 stays a literal; null if it is not a number.
ExprPtr NegatedLiteral(const Expr& e) {
  if (e.kind != ExprKind::kLiteral || e.value.is_null()) return nullptr;
  if (e.type.is_exact_integer()) {
    const int64_t value = -e.value.as_int();
    const bool fits = value >= INT32_MIN && value <= INT32_MAX;
    return Expr::Literal(Value::Int(value), (fits ? DataType::Integer() : DataType::Bigint()).NotNull());
  }
  if (e.type.kind() == TypeKind::kDecimal) return Expr::Literal(Value::Decimal(-e.value.as_decimal()), e.type);
  if (e.type.is_approximate()) return Expr::Literal(Value::Double(0 - e.value.as_double()), e.type);
  if (e.type.is_interval()) return Expr::Literal(Value::Int(-e.value.as_int()), e.type);
  return nullptr;
}

}  // namespace

Result<ExprPtr> ExprBinder::BindUnary(const ast::UnaryExpr& e) {
  using Op = ast::UnaryOp;
  // The one number that is in range only with its sign.
  if (e.op == Op::kMinus && e.operand->kind == ast::ExprKind::kLiteral &&
      static_cast<const ast::LiteralExpr&>(*e.operand).literal == ast::LiteralKind::kInteger &&
      static_cast<const ast::LiteralExpr&>(*e.operand).text == "9223372036854775808") {
    return Expr::Literal(Value::Int(INT64_MIN), DataType::Bigint().NotNull());
  }
  auto bound = Bind(*e.operand);
  if (!bound.ok() && e.op == Op::kMinus && e.operand->kind == ast::ExprKind::kLiteral &&
      bound.error().message().ends_with("out of range")) {
    return Invalid(
        fmt::format("Numeric literal '-{}' out of range", static_cast<const ast::LiteralExpr&>(*e.operand).text),
        e.position);
  }
  if (!bound.ok()) return bound.error();
  ExprPtr operand = *std::move(bound);
  if (e.op == Op::kMinus) {
    if (ExprPtr literal = NegatedLiteral(*operand)) return literal;
    return Call("NEG", {operand}, e.position);
  }
  if (e.op == Op::kPlus) {
    if (operand->type.is_numeric() || operand->type.is_interval()) return operand;
    return Invalid(fmt::format("Cannot apply '+' to arguments of type '+<{}>'. Supported form(s): "
                               "'+<NUMERIC>'\n'+<DATETIME_INTERVAL>'",
                               operand->type.ToCalciteString()),
                   e.position);
  }
  const UnaryFunction function = FunctionOf(e.op);
  if (function.name == nullptr) return NotYet("this operator", e.op_position);
  const bool unknown = e.op == Op::kIsUnknown || e.op == Op::kIsNotUnknown;
  if (unknown && operand->type.kind() != TypeKind::kBoolean && operand->type.kind() != TypeKind::kNull) {
    const char* name = e.op == Op::kIsUnknown ? "IS UNKNOWN" : "IS NOT UNKNOWN";
    return Invalid(
        fmt::format("Cannot apply '{0}' to arguments of type '<{1}> {0}'. Supported form(s): '<BOOLEAN> {0}'", name,
                    operand->type.ToCalciteString()),
        e.position);
  }
  SLUICE_ASSIGN_OR_RETURN(ExprPtr call, Call(function.name, {operand}, e.position));
  if (function.negated) return Call("NOT", {call}, e.position);
  return call;
}

Result<ExprPtr> ExprBinder::BindBinary(const ast::BinaryExpr& e) {
  const char* name = BinaryName(e.op);
  if (name == nullptr) return NotYet("this operator", e.op_position);
  if (e.op == ast::BinaryOp::kOverlaps) {
    std::vector<ExprPtr> args;
    for (const ast::ExprPtr* side : {&e.left, &e.right}) {
      if ((*side)->kind != ast::ExprKind::kCollection)
        return Invalid("OVERLAPS needs two pairs: (a, b) OVERLAPS (c, d)", e.position);
      SLUICE_ASSIGN_OR_RETURN(auto pair, BindAll(static_cast<const ast::CollectionExpr&>(**side).elements));
      args.insert(args.end(), pair.begin(), pair.end());
    }
    return Call("OVERLAPS", std::move(args), e.position);
  }
  auto left = Bind(*e.left);
  // Flink finds names and types wrong everywhere before it says that two types have no implicit conversion.
  const bool late = !left.ok() && left.error().message().starts_with("implicit type conversion");
  if (!left.ok() && !late) return left;
  SLUICE_ASSIGN_OR_RETURN(ExprPtr right, Bind(*e.right));
  if (late) return left;
  if (e.op == ast::BinaryOp::kEqual && IsRowConstructor(**left) && IsRowConstructor(*right)) {
    return RowsEqual(**left, *right, e.position);
  }
  return Call(name, {*left, right}, e.position);
}

bool ExprBinder::IsRowConstructor(const Expr& e) { return e.kind == ExprKind::kCall && e.function == "ROW"; }

/// ROW(a, b) = ROW(c, d) is a = c AND b = d, with its unknown; other rows are compared as values.
Result<ExprPtr> ExprBinder::RowsEqual(const Expr& left, const Expr& right, TextPosition position) {
  if (left.args.size() != right.args.size()) {
    return Invalid("Unequal number of entries in ROW expressions", position);
  }
  ExprPtr all;
  for (size_t i = 0; i < left.args.size(); ++i) {
    SLUICE_ASSIGN_OR_RETURN(ExprPtr equal, Call("=", {left.args[i], right.args[i]}, position));
    if (all == nullptr) {
      all = std::move(equal);
    } else {
      SLUICE_ASSIGN_OR_RETURN(all, Call("AND", {all, equal}, position));
    }
  }
  return all;
}

Result<ExprPtr> ExprBinder::BindBetween(const ast::BetweenExpr& e) {
  SLUICE_ASSIGN_OR_RETURN(ExprPtr x, Bind(*e.operand));
  SLUICE_ASSIGN_OR_RETURN(ExprPtr low, Bind(*e.low));
  SLUICE_ASSIGN_OR_RETURN(ExprPtr high, Bind(*e.high));
  // Unlike < alone, BETWEEN compares moments if one of the three is a moment.
  const auto is_moment = [](const ExprPtr& p) { return p->type.kind() == TypeKind::kTimestampLtz; };
  if (is_moment(x) || is_moment(low) || is_moment(high)) {
    for (ExprPtr* p : {&x, &low, &high}) {
      const DataType& t = (*p)->type;
      if (t.kind() != TypeKind::kTimestamp) continue;
      *p = Coerce(*p, DataType::TimestampLtz(t.precision()).WithNullable(t.nullable()));
    }
  }
  auto within = [&](const ExprPtr& a, const ExprPtr& b) -> Result<ExprPtr> {
    SLUICE_ASSIGN_OR_RETURN(ExprPtr ge, Call(">=", {x, a}, e.position));
    SLUICE_ASSIGN_OR_RETURN(ExprPtr le, Call("<=", {x, b}, e.position));
    return Call("AND", {ge, le}, e.position);
  };
  auto bound = within(low, high);
  if (!bound.ok()) {
    if (bound.error().code() != ErrorCode::kValidation) return bound;
    const std::string op =
        std::string(e.negated ? "NOT " : "") + "BETWEEN " + (e.symmetric ? "SYMMETRIC" : "ASYMMETRIC");
    return Invalid(
        fmt::format("Cannot apply '{}' to arguments of type '<{}> {} <{}> AND <{}>'. Supported form(s): "
                    "'<COMPARABLE_TYPE> {} <COMPARABLE_TYPE> AND <COMPARABLE_TYPE>'",
                    op, x->type.ToCalciteString(), op, low->type.ToCalciteString(), high->type.ToCalciteString(), op),
        e.position);
  }
  ExprPtr result = *bound;
  if (e.symmetric) {
    SLUICE_ASSIGN_OR_RETURN(ExprPtr other, within(high, low));
    SLUICE_ASSIGN_OR_RETURN(result, Call("OR", {result, other}, e.position));
  }
  if (e.negated) return Call("NOT", {result}, e.position);
  return result;
}

Result<ExprPtr> ExprBinder::BindLike(const ast::LikeExpr& e) {
  std::vector<ExprPtr> args;
  for (const ast::ExprPtr* part : {&e.operand, &e.pattern, &e.escape}) {
    if (*part == nullptr) continue;
    SLUICE_ASSIGN_OR_RETURN(ExprPtr arg, Bind(**part));
    args.push_back(std::move(arg));
  }
  for (const ExprPtr& a : args) {
    if (a->type.kind() == TypeKind::kNull) {
      return Invalid(fmt::format("Cannot apply 'LIKE' to arguments of type '{}'. Supported form(s): 'LIKE(<STRING>, "
                                 "<STRING>, <STRING>)': cast the NULL",
                                 ShownCall("LIKE", args)),
                     e.position);
    }
  }
  const char* name = e.like == ast::LikeKind::kLike        ? "LIKE"
                     : e.like == ast::LikeKind::kSimilarTo ? "SIMILAR TO"
                     : e.like == ast::LikeKind::kILike     ? "ILIKE"
                                                           : "RLIKE";
  SLUICE_ASSIGN_OR_RETURN(ExprPtr like, Call(name, std::move(args), e.position));
  if (e.negated) return Call("NOT", {like}, e.position);
  return like;
}

Result<ExprPtr> ExprBinder::BindIn(const ast::InExpr& e) {
  if (e.query) return BindInQuery(*e.operand, *e.query, e.negated, e.position);
  SLUICE_ASSIGN_OR_RETURN(ExprPtr x, Bind(*e.operand));
  std::vector<ExprPtr> args = {x};
  for (const ast::ExprPtr& item : e.list) {
    SLUICE_ASSIGN_OR_RETURN(ExprPtr bound, Bind(*item));
    // Flink searches a list of literals in the type of an integer operand: 2.5 finds 2.
    const bool narrowed =
        x->type.is_exact_integer() && bound->kind == ExprKind::kLiteral && bound->type.kind() == TypeKind::kDecimal;
    args.push_back(narrowed ? Coerce(bound, x->type) : std::move(bound));
  }
  ExprPtr in;
  if (std::all_of(args.begin(), args.end(), [](const ExprPtr& a) { return IsRowConstructor(*a); })) {
    for (size_t i = 1; i < args.size(); ++i) {
      SLUICE_ASSIGN_OR_RETURN(ExprPtr equal, RowsEqual(*x, *args[i], e.position));
      if (in != nullptr) {
        SLUICE_ASSIGN_OR_RETURN(equal, Call("OR", {in, equal}, e.position));
      }
      in = std::move(equal);
    }
  } else {
    SLUICE_ASSIGN_OR_RETURN(in, Call("IN", std::move(args), e.position));
  }
  if (e.negated) return Call("NOT", {in}, e.position);
  return in;
}

}  // namespace sluice::engine::sql
