#include "engine/sql/explain/explain_expr.h"

#include <fmt/format.h>

#include <optional>
#include <set>

#include "engine/columnar/display.h"
#include "engine/sql/explain/explain_search.h"
#include "engine/sql/logical/rel.h"

namespace sluice::engine::sql {

namespace {

const char* IntervalUnit(const DataType& type) {
  switch (type.interval_range()) {
    case IntervalRange::kYear: return "YEAR";
    case IntervalRange::kYearToMonth: return "YEAR TO MONTH";
    case IntervalRange::kMonth: return "MONTH";
    case IntervalRange::kDay: return "DAY";
    case IntervalRange::kDayToHour: return "DAY TO HOUR";
    case IntervalRange::kDayToMinute: return "DAY TO MINUTE";
    case IntervalRange::kDayToSecond: return "DAY TO SECOND";
    case IntervalRange::kHour: return "HOUR";
    case IntervalRange::kHourToMinute: return "HOUR TO MINUTE";
    case IntervalRange::kHourToSecond: return "HOUR TO SECOND";
    case IntervalRange::kMinute: return "MINUTE";
    case IntervalRange::kMinuteToSecond: return "MINUTE TO SECOND";
    case IntervalRange::kSecond: return "SECOND";
  }
  return "";
}

std::string Quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

std::string Literal(const Expr& e, ExplainStyle style) {
  const DataType& type = e.type;
  if (e.value.is_null()) {
    return "null:" + ExplainType(type.Nullable(), style);
  }
  if (type.is_interval()) return fmt::format("{}:INTERVAL {}", e.value.as_int(), IntervalUnit(type));
  if (type.kind() == TypeKind::kBoolean) return e.value.as_bool() ? "true" : "false";
  if (type.kind() == TypeKind::kSymbol) {
    return style == ExplainStyle::kExecution ? e.value.as_string() : "FLAG(" + e.value.as_string() + ")";
  }
  if (type.is_character()) {
    if (style == ExplainStyle::kExecution) return Quoted(e.value.as_string());
    std::string out = "_UTF-16LE" + Quoted(e.value.as_string());
    if (style == ExplainStyle::kPhysical && type.kind() == TypeKind::kVarchar) out += ":" + ExplainType(type, style);
    return out;
  }
  const std::string text = FieldText(*Column::MakeConstant(type, e.value, 1), 0, *TimeZone::Utc());
  const bool typed = type.kind() == TypeKind::kDecimal && style != ExplainStyle::kExecution;
  return typed ? text + ":" + ExplainType(type, style) : text;
}

/// `a op b op c` of nested calls of the same function.
void Flatten(const Expr& e, const std::string& function, std::vector<const Expr*>& out) {
  if (e.kind == ExprKind::kCall && e.function == function) {
    for (const ExprPtr& a : e.args) Flatten(*a, function, out);
  } else {
    out.push_back(&e);
  }
}

bool IsArithmetic(const std::string& f) {
  static const std::set<std::string> kArithmetic = {"+", "-", "*", "/", "%"};
  return kArithmetic.contains(f);
}

/// A number that the binder made as wide as the other operand: Calcite computes with different types.
const Expr& WithoutImplicitCast(const Expr& e) {
  if (e.kind != ExprKind::kCall || e.function != "CAST" || !e.type.is_numeric()) return e;
  const Expr& arg = *e.args[0];
  // An explicit one stands before what it casts.
  const bool implicit = e.position.line == arg.position.line && e.position.column == arg.position.column;
  return implicit && arg.type.is_numeric() ? arg : e;
}

bool IsComparison(const std::string& f) {
  return f == "=" || f == "<>" || f == "<" || f == ">" || f == "<=" || f == ">=";
}

bool IsPostfix(const std::string& f) {
  return f == "IS NULL" || f == "IS NOT NULL" || f == "IS TRUE" || f == "IS NOT TRUE" || f == "IS FALSE" ||
         f == "IS NOT FALSE";
}

class Printer {
 public:
  Printer(const std::vector<std::string>& names, ExplainStyle style) : names_(names), style_(style) {}

  std::string Print(const Expr& e) const {
    if (e.kind == ExprKind::kInput) {
      const auto column = static_cast<size_t>(e.input);
      return style_ == ExplainStyle::kLogical || column >= names_.size() ? "$" + std::to_string(e.input)
                                                                         : names_[column];
    }
    if (e.kind == ExprKind::kLiteral) return Literal(e, style_);
    return Call(e);
  }

 private:
  bool execution() const { return style_ == ExplainStyle::kExecution; }

  std::string Call(const Expr& e) const {
    const std::string& f = e.function;
    if (f == "CAST" || f == "TRY_CAST") return Cast(e);
    if (f == "FIELD" && e.args.size() == 2 && e.args[0]->type.kind() == TypeKind::kRow) {
      const auto field = static_cast<size_t>(e.args[1]->value.as_int());
      return Print(*e.args[0]) + "." + e.args[0]->type.fields()[field].name;
    }
    if (f == "AND" || f == "OR") return Connected(e);
    if (f == "NEG" || (f == "-" && e.args.size() == 1)) return "-(" + Print(*e.args[0]) + ")";
    if (f == "IN" && e.args.size() > 1) return In(e);
    if (f == "NOT" && style_ != ExplainStyle::kLogical) {
      if (const auto set = SearchSet::Of(e)) return Search(*set);
    }
    if (IsComparison(f) && e.args.size() == 2) return Comparison(e);
    if (IsArithmetic(f) && e.args.size() == 2) {
      const std::string left = Print(WithoutImplicitCast(*e.args[0]));
      const std::string right = Print(WithoutImplicitCast(*e.args[1]));
      return execution() ? "(" + left + " " + f + " " + right + ")" : f + "(" + left + ", " + right + ")";
    }
    if (execution() && IsPostfix(f)) return Print(*e.args[0]) + " " + f;
    if (f == "NULLIF" && e.args.size() == 2) return Print(*NullIfAsCase(e));
    std::string out = f + "(";
    for (size_t i = 0; i < e.args.size(); ++i) out += (i > 0 ? ", " : "") + Argument(e, *e.args[i]);
    return out + ")";
  }

  static ExprPtr NullIfAsCase(const Expr& e) {
    const ExprPtr null = Expr::Literal(Value::Null(), e.type.Nullable());
    return Expr::Call("CASE", {Expr::Call("=", e.args, DataType::Boolean()), null, e.args[0]}, e.type);
  }

  /// The branches of a CASE show that texts of different lengths have one type; other functions take them as they are.
  std::string Argument(const Expr& call, const Expr& e) const {
    const bool text = e.kind == ExprKind::kLiteral && !e.value.is_null() && e.type.kind() == TypeKind::kVarchar;
    if (!text || execution()) return Print(e);
    const std::string value = "_UTF-16LE" + Quoted(e.value.as_string());
    return call.function == "CASE" ? value + ":" + ExplainType(e.type, style_) : value;
  }

  std::string Comparison(const Expr& e) const {
    const bool equality = e.function == "=" || e.function == "<>";
    auto plain = [&](const Expr& side) -> const Expr& { return equality ? side : WithoutImplicitCast(side); };
    const std::string left = Compared(plain(*e.args[0]), *e.args[1], equality);
    const std::string right = Compared(plain(*e.args[1]), *e.args[0], equality);
    return execution() ? "(" + left + " " + e.function + " " + right + ")"
                       : e.function + "(" + left + ", " + right + ")";
  }

  /// A text constant shows the type of what it is compared with.
  std::string Compared(const Expr& e, const Expr& with, bool equality) const {
    const Expr& plain = WithoutWidening(e);
    const bool constant = style_ == ExplainStyle::kPhysical && plain.kind == ExprKind::kLiteral;
    const bool text = constant && plain.type.kind() == TypeKind::kChar && with.type.kind() == TypeKind::kVarchar;
    // The two sides of an equality have one type.
    const bool number = constant && equality && e.type.is_exact_integer() && e.type.kind() != TypeKind::kInteger;
    return Print(plain) + (text     ? ":" + ExplainType(with.type, style_)
                           : number ? ":" + ExplainType(e.type, style_)
                                    : "");
  }

  std::string In(const Expr& e) const {
    if (style_ != ExplainStyle::kLogical) {
      if (const auto set = SearchSet::Of(e)) return Search(*set);
    }
    std::string out;
    const std::string operand = Print(*e.args[0]);
    for (size_t i = 1; i < e.args.size(); ++i) {
      out += (i > 1 ? ", " : "") + ("=(" + operand + ", " + Print(WithoutWidening(*e.args[i])) + ")");
    }
    return e.args.size() == 2 ? out : "OR(" + out + ")";
  }

  std::string Search(const SearchSet& set) const {
    const std::string text =
        set.Text([](const Expr& constant) { return sql::Literal(constant, ExplainStyle::kLogical); });
    const ExprPtr constant = set.constant();
    const bool typed = !execution() && constant != nullptr && constant->type.is_character();
    return "SEARCH(" + Print(set.operand()) + ", Sarg[" + text + "]" +
           (typed ? ":" + ExplainType(constant->type, style_) : "") + ")";
  }

  /// The terms of an AND or OR as texts; comparisons of one operand with constants are one SEARCH.
  std::vector<std::string> Terms(const Expr& e) const {
    std::vector<const Expr*> parts;
    Flatten(e, e.function, parts);
    std::vector<std::string> out(parts.size());
    std::vector<std::optional<SearchSet>> sets(parts.size());
    for (size_t i = 0; i < parts.size(); ++i) {
      if (style_ != ExplainStyle::kLogical) sets[i] = SearchSet::Of(*parts[i]);
      for (size_t k = 0; k < i && sets[i]; ++k) {
        if (!sets[k] || !ExprEquals(sets[k]->operand(), sets[i]->operand())) continue;
        e.function == "AND" ? sets[k]->And(*sets[i]) : sets[k]->Or(*sets[i]);
        sets[i].reset();
        parts[i] = nullptr;
      }
    }
    std::vector<std::string> texts;
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i] != nullptr) texts.push_back(sets[i] && !sets[i]->plain() ? Search(*sets[i]) : Print(*parts[i]));
    }
    return texts;
  }

  std::string Connected(const Expr& e) const {
    const std::vector<std::string> terms = Terms(e);
    if (terms.size() == 1) return terms[0];
    return execution() ? fmt::format("({})", fmt::join(terms, " " + e.function + " "))
                       : fmt::format("{}({})", e.function, fmt::join(terms, ", "));
  }

  /// A cast of a text constant to VARCHAR is the constant itself; so are those to the same type.
  std::string Cast(const Expr& e) const {
    const Expr& arg = *e.args[0];
    const bool attribute = arg.type.is_rowtime() || arg.type.is_proctime();
    if (e.type.SameIgnoringNullability(arg.type) && !attribute && arg.kind != ExprKind::kLiteral) return Print(arg);
    const std::string type = ExplainType(e.type, style_);
    if (style_ != ExplainStyle::kLogical) return fmt::format("{}({} AS {})", e.function, Print(arg), type);
    if (e.function == "TRY_CAST") return "TRY_CAST(" + Print(arg) + ")";
    return fmt::format("{}({}):{}{}", e.function, Print(arg), type, e.type.nullable() ? "" : " NOT NULL");
  }

  const std::vector<std::string>& names_;
  const ExplainStyle style_;
};

/// Pairs of two, without SEARCH.
std::string PushedText(const Expr& e, const std::vector<std::string>& names) {
  const bool in =
      e.kind == ExprKind::kCall && (e.function == "IN" || (e.function == "NOT" && e.args[0]->function == "IN"));
  std::vector<ExprPtr> terms;
  std::string connective = e.function == "AND" ? "and" : "OR";
  if (in) {
    const Expr& list = e.function == "IN" ? e : *e.args[0];
    if (e.function == "NOT") connective = "and";
    for (size_t i = 1; i < list.args.size(); ++i) {
      terms.push_back(Expr::Call(e.function == "IN" ? "=" : "<>", {list.args[0], list.args[i]}, DataType::Boolean()));
    }
  } else if (e.kind == ExprKind::kCall && (e.function == "AND" || e.function == "OR")) {
    std::vector<const Expr*> parts;
    Flatten(e, e.function, parts);
    for (const Expr* part : parts) terms.push_back(std::make_shared<Expr>(*part));
  } else {
    return ExplainExpr(e, names, ExplainStyle::kPhysical);
  }
  std::string out;
  for (const ExprPtr& term : terms) {
    std::string text = in ? term->function + "(" + ExplainExpr(*term->args[0], names, ExplainStyle::kPhysical) + ", " +
                                Literal(WithoutWidening(*term->args[1]), ExplainStyle::kLogical) + ")"
                          : PushedText(*term, names);
    out = out.empty() ? std::move(text) : connective + "(" + out + ", " + text + ")";
  }
  return out;
}

}  // namespace

std::string ExplainType(const DataType& type, ExplainStyle style) {
  std::string out = type.Nullable().ToCalciteString();
  if (type.is_character() && style != ExplainStyle::kExecution) out += " CHARACTER SET \"UTF-16LE\"";
  return out;
}

std::string ExplainExpr(const Expr& e, const std::vector<std::string>& names, ExplainStyle style) {
  if (style == ExplainStyle::kLogical) return Printer(names, style).Print(e);
  return Printer(names, style).Print(*WithoutNegations(std::make_shared<Expr>(e)));
}

std::string ExplainPushedFilter(const std::vector<ExprPtr>& filters, const std::vector<std::string>& names) {
  std::string out;
  for (const ExprPtr& filter : filters) {
    const std::string text = PushedText(*WithoutNegations(filter), names);
    out = out.empty() ? text : "and(" + out + ", " + text + ")";
  }
  return out;
}

std::string JoinNames(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

}  // namespace sluice::engine::sql
