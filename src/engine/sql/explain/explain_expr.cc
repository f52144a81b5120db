#include "engine/sql/explain/explain_expr.h"

#include <fmt/format.h>

#include <set>

#include "engine/columnar/display.h"
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
    return style == ExplainStyle::kExecution ? "null" : "null:" + ExplainType(type.Nullable(), style);
  }
  if (type.is_interval()) return fmt::format("{}:INTERVAL {}", e.value.as_int(), IntervalUnit(type));
  if (type.kind() == TypeKind::kBoolean) return e.value.as_bool() ? "true" : "false";
  if (type.kind() == TypeKind::kSymbol) return "FLAG(" + e.value.as_string() + ")";
  if (type.is_character()) {
    if (style == ExplainStyle::kExecution) return Quoted(e.value.as_string());
    std::string out = "_UTF-16LE" + Quoted(e.value.as_string());
    if (style == ExplainStyle::kPhysical && type.kind() == TypeKind::kVarchar) out += ":" + ExplainType(type, style);
    return out;
  }
  return FieldText(*Column::MakeConstant(type, e.value, 1), 0, *TimeZone::Utc());
}

/// `a op b op c` of nested calls of the same function.
void Flatten(const Expr& e, const std::string& function, std::vector<const Expr*>& out) {
  if (e.kind == ExprKind::kCall && e.function == function) {
    for (const ExprPtr& a : e.args) Flatten(*a, function, out);
  } else {
    out.push_back(&e);
  }
}

bool IsInfix(const std::string& f) {
  static const std::set<std::string> kInfix = {"+", "-", "*", "/", "%", "=", "<>", "<", ">", "<=", ">=", "AND", "OR"};
  return kInfix.contains(f);
}

bool IsComparison(const std::string& f) {
  return f == "=" || f == "<>" || f == "<" || f == ">" || f == "<=" || f == ">=";
}

/// Calcite compares integers of different widths as they are.
const Expr& WithoutWidening(const Expr& e) {
  const bool cast = e.kind == ExprKind::kCall && e.function == "CAST";
  return cast && e.type.is_exact_integer() && e.args[0]->type.is_exact_integer() ? *e.args[0] : e;
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
    if (IsComparison(f) && e.args.size() == 2) return Comparison(e);
    if (execution() && IsInfix(f) && e.args.size() == 2) {
      return "(" + Print(*e.args[0]) + " " + f + " " + Print(*e.args[1]) + ")";
    }
    if (execution() && IsPostfix(f)) return Print(*e.args[0]) + " " + f;
    std::string out = f + "(";
    for (size_t i = 0; i < e.args.size(); ++i) out += (i > 0 ? ", " : "") + Print(*e.args[i]);
    return out + ")";
  }

  std::string Comparison(const Expr& e) const {
    const std::string left = Compared(*e.args[0], *e.args[1]), right = Compared(*e.args[1], *e.args[0]);
    return execution() ? "(" + left + " " + e.function + " " + right + ")"
                       : e.function + "(" + left + ", " + right + ")";
  }

  /// A text constant shows the type of what it is compared with.
  std::string Compared(const Expr& e, const Expr& with) const {
    const Expr& plain = WithoutWidening(e);
    const bool text = style_ == ExplainStyle::kPhysical && plain.kind == ExprKind::kLiteral &&
                      plain.type.kind() == TypeKind::kChar && with.type.kind() == TypeKind::kVarchar;
    return Print(plain) + (text ? ":" + ExplainType(with.type, style_) : "");
  }

  std::string In(const Expr& e) const {
    std::string out;
    const std::string operand = Print(*e.args[0]);
    for (size_t i = 1; i < e.args.size(); ++i) {
      const std::string element = Print(WithoutWidening(*e.args[i]));
      out += (i > 1 ? ", " : "") + (style_ == ExplainStyle::kLogical ? "=(" + operand + ", " + element + ")" : element);
    }
    if (style_ == ExplainStyle::kLogical) return e.args.size() == 2 ? out : "OR(" + out + ")";
    const DataType& type = e.args[1]->type;
    const std::string suffix = type.is_character() ? ":" + ExplainType(type, ExplainStyle::kPhysical) : "";
    return "SEARCH(" + operand + ", Sarg[" + out + "]" + suffix + ")";
  }

  std::string Connected(const Expr& e) const {
    std::vector<const Expr*> parts;
    Flatten(e, e.function, parts);
    std::string out = execution() ? "(" : e.function + "(";
    const std::string between = execution() ? " " + e.function + " " : ", ";
    for (size_t i = 0; i < parts.size(); ++i) out += (i > 0 ? between : "") + Print(*parts[i]);
    return out + ")";
  }

  /// A cast of a text constant to VARCHAR is the constant itself; so are those to the same type.
  std::string Cast(const Expr& e) const {
    const Expr& arg = *e.args[0];
    if (e.type.SameIgnoringNullability(arg.type)) return Print(arg);
    const std::string type = ExplainType(e.type, style_);
    if (style_ != ExplainStyle::kLogical) return fmt::format("{}({} AS {})", e.function, Print(arg), type);
    return fmt::format("{}({}):{}{}", e.function, Print(arg), type, e.type.nullable() ? "" : " NOT NULL");
  }

  const std::vector<std::string>& names_;
  const ExplainStyle style_;
};

}  // namespace

std::string ExplainType(const DataType& type, ExplainStyle style) {
  std::string out = type.Nullable().ToCalciteString();
  if (type.is_character() && style != ExplainStyle::kExecution) out += " CHARACTER SET \"UTF-16LE\"";
  return out;
}

std::string ExplainExpr(const Expr& e, const std::vector<std::string>& names, ExplainStyle style) {
  return Printer(names, style).Print(e);
}

std::string JoinNames(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

}  // namespace sluice::engine::sql
