#include "engine/sql/binder/expr_binder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "engine/functions/cast.h"
#include "engine/functions/type_rules.h"
#include "engine/sql/binder/bind_type.h"
#include "engine/sql/binder/literals.h"
#include "engine/sql/errors.h"

namespace sluice::engine::sql {

namespace {

ExprPtr Symbol(std::string text) { return Expr::Literal(Value::String(std::move(text)), DataType::Symbol()); }

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

/// x = x and its like, as Calcite simplifies them: TRUE or FALSE unless x is NULL (so NaN = NaN is TRUE there).
ExprPtr ComparedWithItself(const std::string& name, const std::vector<ExprPtr>& args) {
  if (args.size() != 2 || args[0]->kind != ExprKind::kInput || !ExprEquals(*args[0], *args[1])) return nullptr;
  const DataType boolean = DataType::Boolean();
  auto literal = [&](bool value) { return Expr::Literal(Value::Bool(value), boolean.NotNull()); };
  if (name == "IS DISTINCT FROM" || name == "IS NOT DISTINCT FROM") return literal(name == "IS NOT DISTINCT FROM");
  const bool holds = name == "=" || name == "<=" || name == ">=";
  if (!holds && name != "<>" && name != "<" && name != ">") return nullptr;
  if (!args[0]->type.nullable()) return literal(holds);
  ExprPtr is_null = Expr::Call("IS NULL", {args[0]}, boolean.NotNull());
  return Expr::Call("CASE", {is_null, Expr::Literal(Value::Null(), boolean), literal(holds)}, boolean);
}

/// Calls whose operands have no type to lend to a NULL without one, in Calcite's inference.
bool TakesNoBareNull(const std::string& name) {
  static const std::set<std::string, std::less<>> kNames = {"+",           "*",        "/",
                                                            "%",           "MOD",      "NOT",
                                                            "AND",         "OR",       "IS TRUE",
                                                            "IS NOT TRUE", "IS FALSE", "IS NOT FALSE",
                                                            "ROW",         "IF",       "TO_TIMESTAMP_LTZ",
                                                            "IS_ALPHA",    "IS_DIGIT", "IS_DECIMAL"};
  return kNames.contains(name);
}

std::string ShownCall(const std::string& name, const std::vector<ExprPtr>& args) {
  auto type = [&](size_t i) {
    const DataType& t = args[i]->type;
    return "<" + t.ToCalciteString() + ">";
  };
  const bool infix = !name.empty() && !std::isalpha(static_cast<unsigned char>(name[0])) && args.size() == 2;
  const bool keyword_infix = name == "AND" || name == "OR" || name.starts_with("IS ") || name == "LIKE" ||
                             name == "IN" || name == "OVERLAPS" || name == "SIMILAR TO";
  if ((infix || keyword_infix) && args.size() == 2) return type(0) + " " + name + " " + type(1);
  if (name == "NOT" && args.size() == 1) return "NOT " + type(0);
  if (name == "NEG" && args.size() == 1) return "-" + type(0);
  if (name.starts_with("IS ") && args.size() == 1) return type(0) + " " + name;
  std::string out = name + "(";
  for (size_t i = 0; i < args.size(); ++i) out += (i > 0 ? ", " : "") + type(i);
  return out + ")";
}

}  // namespace

std::string UpperCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string TypeFamilyName(const DataType& t) {
  switch (t.kind()) {
    case TypeKind::kNull: return "NULL";
    case TypeKind::kChar:
    case TypeKind::kVarchar: return "CHARACTER";
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: return "BINARY";
    case TypeKind::kIntervalYearMonth: return "INTERVAL_YEAR_MONTH";
    case TypeKind::kIntervalDayTime: return "INTERVAL_DAY_TIME";
    case TypeKind::kTimestamp: return "TIMESTAMP";
    case TypeKind::kTimestampLtz: return "TIMESTAMP_WITH_LOCAL_TIME_ZONE";
    case TypeKind::kTime: return "TIME";
    default: return t.is_numeric() ? "NUMERIC" : t.ToCalciteString();
  }
}

ExprPtr Placeholder(const char* kind, int64_t index, DataType type) {
  return Expr::Call(kind, {Expr::Literal(Value::Int(index), DataType::Bigint().NotNull())}, std::move(type));
}

int64_t PlaceholderIndex(const Expr& e, const char* kind) {
  return e.kind == ExprKind::kCall && e.function == kind ? e.args[0]->value.as_int() : -1;
}

bool HasPlaceholder(const Expr& e, const char* kind) {
  if (PlaceholderIndex(e, kind) >= 0) return true;
  return std::any_of(e.args.begin(), e.args.end(), [&](const ExprPtr& a) { return HasPlaceholder(*a, kind); });
}

ExprPtr Rewrite(const ExprPtr& e, const std::function<ExprPtr(const ExprPtr&)>& replace) {
  if (ExprPtr done = replace(e)) return done;
  if (e->args.empty()) return e;
  std::vector<ExprPtr> args;
  bool changed = false;
  for (const ExprPtr& a : e->args) {
    args.push_back(Rewrite(a, replace));
    changed |= args.back() != a;
  }
  return changed ? Expr::Call(e->function, std::move(args), e->type, e->position) : e;
}

namespace {

/// row['name'] and row[1]; null if it is none of them.
ExprPtr FieldByItem(const ExprPtr& row, const Expr& index, TextPosition position) {
  if (row->type.kind() != TypeKind::kRow || index.kind != ExprKind::kLiteral || index.value.is_null()) return nullptr;
  int64_t field = -1;
  if (index.type.is_character()) field = row->type.FieldIndex(index.value.as_string());
  if (index.type.is_exact_integer()) field = index.value.as_int() - 1;
  if (field < 0 || static_cast<size_t>(field) >= row->type.fields().size()) return nullptr;
  return FieldAccess(row, static_cast<size_t>(field), position);
}

/// A constant FLOAT stays the decimal number that it was written as while Flink folds casts: CAST(CAST(1.1 AS FLOAT) AS
/// DOUBLE) is 1.1. Here it goes through its text.
ExprPtr ShortestDecimal(const ExprPtr& e, const DataType& type) {
  const bool widened = type.kind() == TypeKind::kDouble || type.kind() == TypeKind::kDecimal;
  const bool constant = e->type.kind() == TypeKind::kFloat && e->kind == ExprKind::kCall && e->function == "CAST" &&
                        e->args[0]->kind == ExprKind::kLiteral;
  if (!widened || !constant) return e;
  return Expr::Call("CAST", {e}, DataType::String().WithNullable(e->type.nullable()), e->position);
}

}  // namespace

ExprPtr Coerce(const ExprPtr& e, const DataType& type) {
  const DataType target = type.WithNullable(e->type.nullable());
  if (e->type == target) return e;
  if (e->kind == ExprKind::kLiteral) {
    if (e->value.is_null()) return Expr::Literal(Value::Null(), type.Nullable());
    const bool to_text =
        e->type.kind() == TypeKind::kChar && type.kind() == TypeKind::kVarchar && type.length() >= e->type.length();
    const bool wider_int = e->type.is_exact_integer() && type.is_exact_integer() && type.kind() >= e->type.kind();
    if (to_text || wider_int) return Expr::Literal(e->value, target);
  }
  return Expr::Call("CAST", {ShortestDecimal(e, type)}, target, e->position);
}

Result<std::vector<ExprPtr>> ExprBinder::BindAll(const std::vector<ast::ExprPtr>& list) {
  std::vector<ExprPtr> out;
  for (const ast::ExprPtr& e : list) {
    SLUICE_ASSIGN_OR_RETURN(ExprPtr bound, Bind(*e));
    out.push_back(std::move(bound));
  }
  return out;
}

Result<ExprPtr> ExprBinder::BindCondition(const ast::Expr& e) {
  SLUICE_ASSIGN_OR_RETURN(ExprPtr bound, Bind(e));
  if (bound->type.kind() == TypeKind::kNull) return Expr::Literal(Value::Null(), DataType::Boolean());
  if (bound->type.kind() != TypeKind::kBoolean) return Invalid(clause + " clause must be a condition", e.position);
  return bound;
}

Result<ExprPtr> ExprBinder::Call(const std::string& name, std::vector<ExprPtr> args, TextPosition position,
                                 const std::string& shown_name) {
  const std::string& shown = shown_name.empty() ? name : shown_name;
  const ScalarFunction* f = context_.functions->FindScalar(name);
  if (f == nullptr) {
    std::string types;
    for (size_t i = 0; i < args.size(); ++i) types += (i > 0 ? ", <" : "<") + TypeFamilyName(args[i]->type) + ">";
    std::string message = fmt::format("No match found for function signature {}({})", shown, types);
    const std::string near = context_.functions->Nearest(name);
    if (!near.empty()) message += fmt::format(". Did you mean {}?", near);
    return Invalid(message, position);
  }
  const int count = static_cast<int>(args.size());
  if (count < f->min_args || (f->max_args >= 0 && count > f->max_args)) {
    const std::string expected = f->min_args == f->max_args ? std::to_string(f->min_args)
                                 : f->max_args < 0          ? fmt::format("at least {}", f->min_args)
                                                            : fmt::format("{} to {}", f->min_args, f->max_args);
    return Invalid(fmt::format("Invalid number of arguments to function '{}'. Was expecting {} arguments: {}", shown,
                               expected, ShownCall(shown, args)),
                   position);
  }
  if (TakesNoBareNull(name)) {
    for (const ExprPtr& a : args) {
      if (a->type.kind() == TypeKind::kNull) return Invalid("Illegal use of 'NULL'", position);
    }
  }
  if (ExprPtr known = ComparedWithItself(name, args)) return known;
  CallInfo info;
  info.facts = context_.facts;
  for (const ExprPtr& a : args) {
    info.args.push_back(a->type);
    info.literals.push_back(a->kind == ExprKind::kLiteral ? &a->value : nullptr);
  }
  auto resolved = f->resolve(info);
  if (!resolved.ok()) return resolved.error().At(position);
  if (!resolved->has_value()) {
    return Invalid(fmt::format("Cannot apply '{}' to arguments of type '{}'. Supported form(s): {}",
                               shown == "NEG" ? "-" : shown, ShownCall(shown, args), f->supported_forms),
                   position);
  }
  const Signature& signature = **resolved;
  DataType type = signature.result;
  if ((name == "+" || name == "-") && args.size() == 2) {
    // A time attribute moved by an interval keeps its mark in the type, as Calcite derives it.
    for (size_t i = 0; i < 2; ++i) {
      if (args[i]->type.is_rowtime() && args[1 - i]->type.is_interval() &&
          args[i]->type.SameIgnoringNullability(type)) {
        type = type.WithTimeAttribute(TimeAttribute::kRowtime);
      }
    }
  }
  for (size_t i = 0; i < args.size() && i < signature.args.size(); ++i) args[i] = Coerce(args[i], signature.args[i]);
  return Expr::Call(f->name, std::move(args), type, position);
}

Result<ExprPtr> ExprBinder::Bind(const ast::Expr& e) {
  switch (e.kind) {
    case ast::ExprKind::kName: {
      const auto& name = static_cast<const ast::NameExpr&>(e);
      if (name.star) return Invalid("'*' is not allowed here", e.position);
      if (own_names) {
        if (ExprPtr own = own_names(name)) return own;
      }
      auto found = scope_.Resolve(name.parts, e.position);
      // PI is the one function that Flink also calls without parentheses, where no column has the name.
      if (!found.ok() && name.parts.size() == 1 && UpperCase(name.parts[0].name) == "PI") {
        return Call("PI", {}, e.position);
      }
      return found;
    }
    case ast::ExprKind::kLiteral:
      return BindLiteral(static_cast<const ast::LiteralExpr&>(e), *context_.functions, *context_.facts);
    case ast::ExprKind::kUnary: return BindUnary(static_cast<const ast::UnaryExpr&>(e));
    case ast::ExprKind::kBinary: return BindBinary(static_cast<const ast::BinaryExpr&>(e));
    case ast::ExprKind::kBetween: return BindBetween(static_cast<const ast::BetweenExpr&>(e));
    case ast::ExprKind::kLike: return BindLike(static_cast<const ast::LikeExpr&>(e));
    case ast::ExprKind::kIn: return BindIn(static_cast<const ast::InExpr&>(e));
    case ast::ExprKind::kCase: return BindCase(static_cast<const ast::CaseExpr&>(e));
    case ast::ExprKind::kCast: return BindCast(static_cast<const ast::CastExpr&>(e));
    case ast::ExprKind::kCall: return BindCall(static_cast<const ast::CallExpr&>(e));
    case ast::ExprKind::kJsonCall: return BindJson(static_cast<const ast::JsonCallExpr&>(e));
    case ast::ExprKind::kCollection: return BindCollection(static_cast<const ast::CollectionExpr&>(e));
    case ast::ExprKind::kScalarSubquery: return BindScalarSubquery(static_cast<const ast::SubqueryExpr&>(e));
    case ast::ExprKind::kSymbol: return Symbol(static_cast<const ast::SymbolExpr&>(e).symbol);
    case ast::ExprKind::kItem: {
      const auto& item = static_cast<const ast::ItemExpr&>(e);
      SLUICE_ASSIGN_OR_RETURN(ExprPtr collection, Bind(*item.collection));
      SLUICE_ASSIGN_OR_RETURN(ExprPtr index, Bind(*item.index));
      if (ExprPtr field = FieldByItem(collection, *index, e.position)) return field;
      return Call("ITEM", {collection, index}, e.position);
    }
    case ast::ExprKind::kField: {
      const auto& field = static_cast<const ast::FieldExpr&>(e);
      if (field.star) return Invalid("'.*' is not allowed here", e.position);
      SLUICE_ASSIGN_OR_RETURN(ExprPtr row, Bind(*field.operand));
      const int index = row->type.kind() == TypeKind::kRow ? row->type.FieldIndex(field.field.name) : -1;
      if (index < 0) {
        return Invalid(fmt::format("Column '{}' not found in type {}", field.field.name, row->type.ToString()),
                       e.position);
      }
      return FieldAccess(row, static_cast<size_t>(index), e.position);
    }
    case ast::ExprKind::kIntervalOf: {
      const auto& interval = static_cast<const ast::IntervalOfExpr&>(e);
      SLUICE_ASSIGN_OR_RETURN(DataType type, BindIntervalType(interval.interval));
      if (interval.difference) {
        const auto& minus = static_cast<const ast::BinaryExpr&>(*interval.operand);
        SLUICE_ASSIGN_OR_RETURN(ExprPtr left, Bind(*minus.left));
        SLUICE_ASSIGN_OR_RETURN(ExprPtr right, Bind(*minus.right));
        const bool nullable = left->type.nullable() || right->type.nullable();
        SLUICE_ASSIGN_OR_RETURN(ExprPtr call, Call("MINUS_DATE", {left, right}, e.position, "-"));
        return Expr::Call(call->function, call->args, type.WithNullable(nullable), e.position);
      }
      SLUICE_ASSIGN_OR_RETURN(ExprPtr n, Bind(*interval.operand));
      ast::IntervalQualifier q = interval.interval;
      q.leading_precision = 9;
      SLUICE_ASSIGN_OR_RETURN(int64_t unit, ParseInterval("1", q, e.position));
      return Call("*", {n, Expr::Literal(Value::Int(unit), type.NotNull())}, e.position);
    }
    case ast::ExprKind::kExists: return BindExists(static_cast<const ast::SubqueryExpr&>(e));
    case ast::ExprKind::kUnique: return Invalid("No match found for function signature UNIQUE", e.position);
    case ast::ExprKind::kQuantified: return BindQuantified(static_cast<const ast::QuantifiedExpr&>(e));
    case ast::ExprKind::kDefault: return Invalid("DEFAULT is not allowed here", e.position);
    case ast::ExprKind::kParameter: return Invalid("Dynamic parameters are not supported", e.position);
    case ast::ExprKind::kNamedArgument: return NotYet("named arguments of this function", e.position);
    default: return NotYet("this expression", e.position);
  }
}

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
  auto negate = [&](Result<ExprPtr> inner) -> Result<ExprPtr> {
    if (!inner.ok()) return inner;
    return Call("NOT", {*inner}, e.position);
  };
  switch (e.op) {
    case Op::kPlus:
      if (!operand->type.is_numeric() && !operand->type.is_interval()) {
        return Invalid(fmt::format("Cannot apply '+' to arguments of type '+<{}>'. Supported form(s): "
                                   "'+<NUMERIC>'\n'+<DATETIME_INTERVAL>'",
                                   operand->type.ToCalciteString()),
                       e.position);
      }
      return operand;
    case Op::kMinus:
      if (ExprPtr literal = NegatedLiteral(*operand)) return literal;
      return Call("NEG", {operand}, e.position);
    case Op::kNot: return Call("NOT", {operand}, e.position);
    case Op::kIsNull:
    case Op::kIsUnknown: return Call("IS NULL", {operand}, e.position);
    case Op::kIsNotNull:
    case Op::kIsNotUnknown: return Call("IS NOT NULL", {operand}, e.position);
    case Op::kIsTrue: return Call("IS TRUE", {operand}, e.position);
    case Op::kIsNotTrue: return Call("IS NOT TRUE", {operand}, e.position);
    case Op::kIsFalse: return Call("IS FALSE", {operand}, e.position);
    case Op::kIsNotFalse: return Call("IS NOT FALSE", {operand}, e.position);
    case Op::kIsJsonValue: return Call("IS JSON VALUE", {operand}, e.position);
    case Op::kIsNotJsonValue: return negate(Call("IS JSON VALUE", {operand}, e.position));
    case Op::kIsJsonObject: return Call("IS JSON OBJECT", {operand}, e.position);
    case Op::kIsNotJsonObject: return negate(Call("IS JSON OBJECT", {operand}, e.position));
    case Op::kIsJsonArray: return Call("IS JSON ARRAY", {operand}, e.position);
    case Op::kIsNotJsonArray: return negate(Call("IS JSON ARRAY", {operand}, e.position));
    case Op::kIsJsonScalar: return Call("IS JSON SCALAR", {operand}, e.position);
    case Op::kIsNotJsonScalar: return negate(Call("IS JSON SCALAR", {operand}, e.position));
    default: return NotYet("this operator", e.op_position);
  }
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

Result<ExprPtr> ExprBinder::BindCase(const ast::CaseExpr& e) {
  std::vector<ExprPtr> args;
  ExprPtr operand;
  if (e.operand) {
    SLUICE_ASSIGN_OR_RETURN(operand, Bind(*e.operand));
  }
  for (const auto& when : e.whens) {
    ExprPtr condition;
    for (const ast::ExprPtr& c : when.conditions) {
      SLUICE_ASSIGN_OR_RETURN(ExprPtr bound, Bind(*c));
      if (operand) {
        SLUICE_ASSIGN_OR_RETURN(bound, Call("=", {operand, bound}, c->position));
      }
      if (condition) {
        SLUICE_ASSIGN_OR_RETURN(bound, Call("OR", {condition, bound}, c->position));
      }
      condition = std::move(bound);
    }
    args.push_back(std::move(condition));
    SLUICE_ASSIGN_OR_RETURN(ExprPtr result, Bind(*when.result));
    args.push_back(std::move(result));
  }
  if (e.otherwise) {
    SLUICE_ASSIGN_OR_RETURN(ExprPtr otherwise, Bind(*e.otherwise));
    args.push_back(std::move(otherwise));
  } else {
    args.push_back(Expr::Literal(Value::Null(), DataType::Null()));
  }
  return Call("CASE", std::move(args), e.position);
}

Result<ExprPtr> ExprBinder::BindCast(const ast::CastExpr& e) {
  SLUICE_ASSIGN_OR_RETURN(ExprPtr operand, Bind(*e.operand));
  SLUICE_ASSIGN_OR_RETURN(DataType type, BindType(*e.type));
  if (operand->kind == ExprKind::kLiteral && operand->value.is_null()) {
    return Expr::Literal(Value::Null(), type.Nullable());
  }
  std::string reason;
  if (!CastAllowed(operand->type, type, context_.facts->legacy_cast, &reason)) {
    if (reason.empty() && operand->type.is_character() && type.is_interval()) {
      reason = fmt::format("Unsupported cast from '{}' to '{}'.", operand->type.ToString(), type.ToString());
    } else if (reason.empty()) {
      reason = fmt::format("Cast function cannot convert value of type {} to type {}", operand->type.ToCalciteString(),
                           type.ToCalciteString());
    }
    return Invalid(reason, e.position);
  }
  if (e.try_cast) return Expr::Call("TRY_CAST", {operand}, type.Nullable(), e.position);
  const DataType target = type.WithNullable(operand->type.nullable());
  if (operand->type == target && operand->type.time_attribute() == TimeAttribute::kNone) return operand;
  bool nullable = operand->type.nullable();
  if (context_.facts->legacy_cast && operand->type.is_character() && !type.is_character() &&
      operand->kind != ExprKind::kLiteral) {
    nullable = true;  // a failing cast answers NULL
  }
  return Expr::Call("CAST", {ShortestDecimal(operand, type)}, type.WithNullable(nullable), e.position);
}

Result<ExprPtr> ExprBinder::BindCollection(const ast::CollectionExpr& e) {
  if (e.query) return NotYet("collections of a query", e.position);
  SLUICE_ASSIGN_OR_RETURN(auto elements, BindAll(e.elements));
  switch (e.collection) {
    case ast::CollectionKind::kArray: return Call("ARRAY", std::move(elements), e.position);
    case ast::CollectionKind::kMap: return Call("MAP", std::move(elements), e.position);
    case ast::CollectionKind::kRow: return Call("ROW", std::move(elements), e.position);
    case ast::CollectionKind::kMultiset: return NotYet("MULTISET[..]", e.position);
  }
  return NotYet("this collection", e.position);
}

namespace {

const char* BehaviorName(ast::JsonBehavior b, const char* fallback) {
  switch (b) {
    case ast::JsonBehavior::kNone: return fallback;
    case ast::JsonBehavior::kError: return "ERROR";
    case ast::JsonBehavior::kNull: return "NULL";
    case ast::JsonBehavior::kDefault: return "DEFAULT";
    case ast::JsonBehavior::kTrue: return "TRUE";
    case ast::JsonBehavior::kFalse: return "FALSE";
    case ast::JsonBehavior::kUnknown: return "UNKNOWN";
    case ast::JsonBehavior::kEmptyArray: return "EMPTY ARRAY";
    case ast::JsonBehavior::kEmptyObject: return "EMPTY OBJECT";
  }
  return fallback;
}

const char* WrapperName(ast::JsonWrapper w) {
  return w == ast::JsonWrapper::kConditional     ? "CONDITIONAL"
         : w == ast::JsonWrapper::kUnconditional ? "UNCONDITIONAL"
                                                 : "WITHOUT";
}

}  // namespace

/// A JSON_OBJECT or JSON_ARRAY inside of another nests; without "JSON" it would become a string.
Result<std::vector<ExprPtr>> ExprBinder::BindJsonArguments(const ast::JsonCallExpr& e) {
  const bool constructor = e.function == ast::JsonFunction::kObject || e.function == ast::JsonFunction::kArray;
  const bool aggregate = e.function == ast::JsonFunction::kObjectAgg || e.function == ast::JsonFunction::kArrayAgg;
  if (!constructor && !aggregate) return BindAll(e.arguments);
  std::vector<ExprPtr> args;
  for (const ast::ExprPtr& argument : e.arguments) {
    json_allowed_ = constructor && argument->kind == ast::ExprKind::kCall;
    auto bound = Bind(*argument);
    json_allowed_ = false;
    if (!bound.ok()) return bound.error();
    if ((*bound)->type.kind() == TypeKind::kNull) {
      return Invalid("Type is not supported: ANY (a NULL without a type; cast it)", argument->position);
    }
    const bool nested = (*bound)->kind == ExprKind::kCall && argument->kind == ast::ExprKind::kJsonCall &&
                        ((*bound)->function == "JSON_OBJECT" || (*bound)->function == "JSON_ARRAY");
    if (nested) bound = Call("JSON", {*bound}, argument->position);
    if (!bound.ok()) return bound.error();
    args.push_back(std::move(*bound));
  }
  return args;
}

Result<ExprPtr> ExprBinder::BindJson(const ast::JsonCallExpr& e) {
  SLUICE_ASSIGN_OR_RETURN(auto args, BindJsonArguments(e));
  auto default_of = [&](const ast::ExprPtr& d) -> Result<ExprPtr> {
    if (!d) return Expr::Literal(Value::Null(), DataType::Null());
    return Bind(*d);
  };
  std::optional<DataType> returning;
  if (e.returning) {
    SLUICE_ASSIGN_OR_RETURN(returning, BindType(*e.returning));
  }
  std::string name;
  switch (e.function) {
    case ast::JsonFunction::kExists:
      name = "JSON_EXISTS";
      args.push_back(Symbol(BehaviorName(e.on_error, "FALSE")));
      break;
    case ast::JsonFunction::kValue: {
      name = "JSON_VALUE";
      SLUICE_ASSIGN_OR_RETURN(ExprPtr on_empty, default_of(e.on_empty_default));
      SLUICE_ASSIGN_OR_RETURN(ExprPtr on_error, default_of(e.on_error_default));
      if (returning) {
        if (!on_empty->value.is_null()) on_empty = Coerce(on_empty, *returning);
        if (!on_error->value.is_null()) on_error = Coerce(on_error, *returning);
      }
      args.push_back(Symbol(BehaviorName(e.on_empty, "NULL")));
      args.push_back(on_empty);
      args.push_back(Symbol(BehaviorName(e.on_error, "NULL")));
      args.push_back(on_error);
      break;
    }
    case ast::JsonFunction::kQuery:
      name = "JSON_QUERY";
      args.push_back(Symbol(WrapperName(e.wrapper)));
      args.push_back(Symbol(BehaviorName(e.on_empty, "NULL")));
      args.push_back(Symbol(BehaviorName(e.on_error, "NULL")));
      break;
    case ast::JsonFunction::kObject:
      name = "JSON_OBJECT";
      args.insert(args.begin(), Symbol(e.nulls == ast::JsonNulls::kAbsentOnNull ? "ABSENT" : "NULL"));
      break;
    case ast::JsonFunction::kArray:
      name = "JSON_ARRAY";
      args.insert(args.begin(), Symbol(e.nulls == ast::JsonNulls::kNullOnNull ? "NULL" : "ABSENT"));
      break;
    case ast::JsonFunction::kObjectAgg:
    case ast::JsonFunction::kArrayAgg: {
      const bool object = e.function == ast::JsonFunction::kObjectAgg;
      const bool absent = object ? e.nulls == ast::JsonNulls::kAbsentOnNull : e.nulls != ast::JsonNulls::kNullOnNull;
      BoundAggregate call;
      call.function =
          std::string(object ? "JSON_OBJECTAGG" : "JSON_ARRAYAGG") + (absent ? "_ABSENT_ON_NULL" : "_NULL_ON_NULL");
      call.args = std::move(args);
      if (aggregates == nullptr || e.over) return NotYet(call.function + " here", e.position);
      if (e.filter) {
        SLUICE_ASSIGN_OR_RETURN(call.filter, BindCondition(*e.filter));
      }
      call.literals.resize(call.args.size());
      return AddAggregate(std::move(call), DataType::Varchar(2000).NotNull());
    }
  }
  SLUICE_ASSIGN_OR_RETURN(ExprPtr call, Call(name, std::move(args), e.position));
  if (!returning) return call;
  return Expr::Call(call->function, call->args, returning->WithNullable(call->type.nullable()), e.position);
}

}  // namespace sluice::engine::sql
