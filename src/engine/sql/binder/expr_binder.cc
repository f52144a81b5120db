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

}  // namespace

ExprPtr SymbolLiteral(std::string text) { return Expr::Literal(Value::String(std::move(text)), DataType::Symbol()); }

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

/// Why Flink takes no (a - b) <interval> of these types; empty if it does.
std::string RefusedDifference(const DataType& a, const DataType& b, const DataType& interval) {
  if (!a.is_datetime() || !b.is_datetime()) {
    return fmt::format(
        "Cannot apply '-' to arguments of type '-(<{}>, <{}>, <{}>)'. Supported form(s): '-(<DATETIME>, <DATETIME>, "
        "<DATETIME_INTERVAL>)'",
        a.ToCalciteString(), b.ToCalciteString(), interval.ToCalciteString());
  }
  if (a.kind() == b.kind()) return "";
  return a.is_timestamp() && b.is_timestamp() ? "TIMESTAMP_LTZ only supports diff between the same type."
                                              : "Parameters must be of the same type";
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

namespace {

Error UnknownFunction(const std::string& name, const std::vector<ExprPtr>& args, const std::string& near,
                      TextPosition position) {
  std::string types;
  for (size_t i = 0; i < args.size(); ++i) types += (i > 0 ? ", <" : "<") + TypeFamilyName(args[i]->type) + ">";
  std::string message = fmt::format("No match found for function signature {}({})", name, types);
  if (!near.empty()) message += fmt::format(". Did you mean {}?", near);
  return Invalid(std::move(message), position);
}

Status CheckArgumentCount(const ScalarFunction& f, const std::string& name, const std::vector<ExprPtr>& args,
                          TextPosition position) {
  const int count = static_cast<int>(args.size());
  if (count >= f.min_args && (f.max_args < 0 || count <= f.max_args)) return {};
  const std::string expected = f.min_args == f.max_args ? std::to_string(f.min_args)
                               : f.max_args < 0         ? fmt::format("at least {}", f.min_args)
                                                        : fmt::format("{} to {}", f.min_args, f.max_args);
  return Invalid(fmt::format("Invalid number of arguments to function '{}'. Was expecting {} arguments: {}", name,
                             expected, ShownCall(name, args)),
                 position);
}

/// A time attribute moved by an interval keeps its mark in the type, as Calcite derives it.
bool KeepsTimeAttribute(const std::string& function, const std::vector<ExprPtr>& args, const DataType& result) {
  if ((function != "+" && function != "-") || args.size() != 2) return false;
  auto moved = [&](const DataType& time, const DataType& by) {
    return time.is_rowtime() && by.is_interval() && time.SameIgnoringNullability(result);
  };
  return moved(args[0]->type, args[1]->type) || moved(args[1]->type, args[0]->type);
}

}  // namespace

Result<ExprPtr> ExprBinder::Call(const std::string& name, std::vector<ExprPtr> args, TextPosition position,
                                 const std::string& shown_name) {
  const std::string& shown = shown_name.empty() ? name : shown_name;
  const ScalarFunction* f = context_.functions->FindScalar(name);
  if (f == nullptr) return UnknownFunction(shown, args, context_.functions->Nearest(name), position);
  SLUICE_RETURN_IF_ERROR(CheckArgumentCount(*f, shown, args, position));
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
  const DataType type = KeepsTimeAttribute(name, args, signature.result)
                            ? signature.result.WithTimeAttribute(TimeAttribute::kRowtime)
                            : signature.result;
  const bool equality = name == "=" || name == "<>" || name == "IS DISTINCT FROM" || name == "IS NOT DISTINCT FROM";
  for (size_t i = 0; i < args.size() && i < signature.args.size(); ++i) {
    // Text that is no time equals no time; in other comparisons it fails, and so does a literal.
    const bool lenient = equality && args[i]->type.is_character() && signature.args[i].is_datetime() &&
                         args[i]->kind != ExprKind::kLiteral;
    args[i] = lenient ? Expr::Call("TRY_CAST", {args[i]}, signature.args[i].Nullable(), position)
                      : Coerce(args[i], signature.args[i]);
  }
  return Expr::Call(f->name, std::move(args), type, position);
}

Result<ExprPtr> ExprBinder::Bind(const ast::Expr& e) {
  switch (e.kind) {
    case ast::ExprKind::kName: return BindName(static_cast<const ast::NameExpr&>(e));
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
    case ast::ExprKind::kSymbol: return SymbolLiteral(static_cast<const ast::SymbolExpr&>(e).symbol);
    case ast::ExprKind::kItem: return BindItem(static_cast<const ast::ItemExpr&>(e));
    case ast::ExprKind::kField: return BindField(static_cast<const ast::FieldExpr&>(e));
    case ast::ExprKind::kIntervalOf: return BindIntervalOf(static_cast<const ast::IntervalOfExpr&>(e));
    case ast::ExprKind::kExists: return BindExists(static_cast<const ast::SubqueryExpr&>(e));
    case ast::ExprKind::kUnique: return Invalid("No match found for function signature UNIQUE", e.position);
    case ast::ExprKind::kQuantified: return BindQuantified(static_cast<const ast::QuantifiedExpr&>(e));
    case ast::ExprKind::kDefault: return Invalid("DEFAULT is not allowed here", e.position);
    case ast::ExprKind::kParameter: return Invalid("Dynamic parameters are not supported", e.position);
    case ast::ExprKind::kNamedArgument: return NotYet("named arguments of this function", e.position);
    default: return NotYet("this expression", e.position);
  }
}

Result<ExprPtr> ExprBinder::BindName(const ast::NameExpr& e) {
  if (e.star) return Invalid("'*' is not allowed here", e.position);
  if (own_names) {
    if (ExprPtr own = own_names(e)) return own;
  }
  auto found = scope_.Resolve(e.parts, e.position);
  // PI is the one function that Flink also calls without parentheses, where no column has the name.
  if (!found.ok() && e.parts.size() == 1 && UpperCase(e.parts[0].name) == "PI") return Call("PI", {}, e.position);
  return found;
}

Result<ExprPtr> ExprBinder::BindItem(const ast::ItemExpr& e) {
  SLUICE_ASSIGN_OR_RETURN(ExprPtr collection, Bind(*e.collection));
  SLUICE_ASSIGN_OR_RETURN(ExprPtr index, Bind(*e.index));
  if (ExprPtr field = FieldByItem(collection, *index, e.position)) return field;
  if (collection->type.kind() == TypeKind::kMap && index->type.kind() == TypeKind::kNull) {
    return Invalid("Illegal use of 'NULL'", e.position);
  }
  return Call("ITEM", {collection, index}, e.position);
}

Result<ExprPtr> ExprBinder::BindField(const ast::FieldExpr& e) {
  if (e.star) return Invalid("'.*' is not allowed here", e.position);
  SLUICE_ASSIGN_OR_RETURN(ExprPtr row, Bind(*e.operand));
  const int index = row->type.kind() == TypeKind::kRow ? row->type.FieldIndex(e.field.name) : -1;
  if (index < 0) {
    return Invalid(fmt::format("Column '{}' not found in type {}", e.field.name, row->type.ToString()), e.position);
  }
  return FieldAccess(row, static_cast<size_t>(index), e.position);
}

Result<ExprPtr> ExprBinder::BindIntervalOf(const ast::IntervalOfExpr& e) {
  SLUICE_ASSIGN_OR_RETURN(DataType type, BindIntervalType(e.interval));
  if (e.difference) {
    const auto& minus = static_cast<const ast::BinaryExpr&>(*e.operand);
    SLUICE_ASSIGN_OR_RETURN(ExprPtr left, Bind(*minus.left));
    SLUICE_ASSIGN_OR_RETURN(ExprPtr right, Bind(*minus.right));
    if (std::string refused = RefusedDifference(left->type, right->type, type); !refused.empty()) {
      return Invalid(std::move(refused), e.position);
    }
    const bool nullable = left->type.nullable() || right->type.nullable();
    SLUICE_ASSIGN_OR_RETURN(ExprPtr call, Call("MINUS_DATE", {left, right}, e.position, "-"));
    return Expr::Call(call->function, call->args, type.WithNullable(nullable), e.position);
  }
  SLUICE_ASSIGN_OR_RETURN(ExprPtr n, Bind(*e.operand));
  ast::IntervalQualifier q = e.interval;
  q.leading_precision = 9;
  SLUICE_ASSIGN_OR_RETURN(int64_t unit, ParseInterval("1", q, e.position));
  return Call("*", {n, Expr::Literal(Value::Int(unit), type.NotNull())}, e.position);
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
  std::string reason;
  if (operand->type.kind() != TypeKind::kNull &&
      !CastAllowed(operand->type, type, context_.facts->legacy_cast, &reason)) {
    // A NULL goes where only its code could not be made.
    const bool null = operand->kind == ExprKind::kLiteral && operand->value.is_null();
    if (!null || reason.starts_with("Cast function")) return Invalid(reason, e.position);
  }
  if (operand->kind == ExprKind::kLiteral && operand->value.is_null()) {
    return Expr::Literal(Value::Null(), type.Nullable());
  }
  if (operand->type.is_exact_integer() && type.is_interval() && operand->kind != ExprKind::kLiteral) {
    // Only a literal counts in the interval's unit; other numbers are months or milliseconds.
    return Call("*", {operand, Expr::Literal(Value::Int(1), type.NotNull())}, e.position);
  }
  if (e.try_cast) return Expr::Call("TRY_CAST", {operand}, type.Nullable(), e.position);
  const DataType target = type.WithNullable(operand->type.nullable());
  if (operand->type == target && operand->type.time_attribute() == TimeAttribute::kNone) return operand;
  return Expr::Call("CAST", {ShortestDecimal(operand, type)}, target, e.position);
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

}  // namespace sluice::engine::sql
