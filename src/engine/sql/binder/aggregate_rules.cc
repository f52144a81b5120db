#include "engine/sql/binder/aggregate_rules.h"

#include <fmt/format.h>

#include "engine/sql/errors.h"
#include "engine/types/structured_type.h"

namespace sluice::engine::sql {

namespace {

/// Flink keeps what DISTINCT has seen in maps, and not every type is a key of one: the name of a type that is none,
/// null for the others.
const char* NotDistinct(const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kRow: return IsStructured(type) ? "STRUCTURED_TYPE" : "ROW";
    case TypeKind::kMap: return "MAP";
    case TypeKind::kMultiset: return "MULTISET";
    case TypeKind::kBinary: return "BINARY";
    case TypeKind::kVarbinary: return "VARBINARY";
    default: return nullptr;
  }
}

bool Precedes(ast::FrameBoundKind kind) {
  return kind == ast::FrameBoundKind::kPreceding || kind == ast::FrameBoundKind::kUnboundedPreceding;
}

}  // namespace

std::string ArgumentTypeText(const DataType& type) {
  return type.ToCalciteString() + (type.is_rowtime() ? " *ROWTIME*" : type.is_proctime() ? " *PROCTIME*" : "");
}

Status CheckAggregateCall(const std::string& function, const ast::CallExpr& e, const std::vector<ExprPtr>& args) {
  for (const ExprPtr& a : args) {
    if (a->type.kind() == TypeKind::kNull) return Invalid("Illegal use of 'NULL'", a->position);
  }
  if (e.null_treatment != ast::NullTreatment::kNone && function != "ARRAY_AGG" && function != "LAG" &&
      function != "LEAD") {
    return Invalid(fmt::format("Cannot specify IGNORE NULLS or RESPECT NULLS following '{}'", function), e.position);
  }
  if (!e.within_group.empty() && function != "COLLECT") {
    return Invalid(fmt::format("Aggregate expression '{}' must not contain a WITHIN GROUP clause", function),
                   e.position);
  }
  if (!e.order_by.empty() && function != "ARRAY_AGG") return Invalid("ORDER BY unexpected", e.position);
  if (function == "COUNT" && args.size() > 1) {
    return Invalid("We now only support the count of one field.", e.position);
  }
  if (e.quantifier != ast::SetQuantifier::kDistinct) return {};
  for (const ExprPtr& a : args) {
    const char* name = NotDistinct(a->type);
    if (name == nullptr) continue;
    return Invalid(
        fmt::format("Distinct aggregate function does not support type: {}.\nPlease re-check the data type.", name),
        e.position);
  }
  return {};
}

Status CheckShiftArguments(const std::string& function, const std::vector<ExprPtr>& args, bool batch,
                           TextPosition position) {
  if (!batch && args.size() > 1 && args[1]->kind == ExprKind::kLiteral && args[1]->type.is_exact_integer() &&
      !args[1]->value.is_null() && args[1]->value.as_int() < 0) {
    return Invalid(fmt::format("Offset({}) should be positive.", args[1]->value.as_int()), position);
  }
  if (args.size() < 3) return {};
  const DataType &value = args[0]->type, &other = args[2]->type;
  if (other.kind() == TypeKind::kNull) return Invalid("Illegal use of 'NULL'", position);
  if (batch || value.kind() == other.kind() || (value.is_character() && other.is_character())) return {};
  return Invalid(
      fmt::format("Please explicitly cast default value {} of {} to {}.", other.ToString(), function, value.ToString()),
      position);
}

ExprPtr ShiftedValueWithoutNull(const ExprPtr& value) {
  const DataType type = value->type.NotNull();
  Value unset;
  if (type.is_exact_integer()) {
    unset = Value::Int(-1);
  } else if (type.kind() == TypeKind::kFloat || type.kind() == TypeKind::kDouble) {
    unset = Value::Double(-1);
  } else if (type.kind() == TypeKind::kBoolean) {
    unset = Value::Bool(false);
  } else if (type.is_character()) {
    unset = Value::String("");
  } else {
    return Expr::Call(value->function, value->args, type, value->position);  // a NULL fails where it is written
  }
  const ExprPtr missing = Expr::Call("IS NULL", {value}, DataType::Boolean().NotNull(), value->position);
  return Expr::Call("CASE", {missing, Expr::Literal(unset, type), value}, type, value->position);
}

Status CheckFrame(const ast::WindowSpec& spec, bool ranking) {
  if (!spec.has_frame) return {};
  if (ranking) {
    return Invalid("ROW/RANGE not allowed with RANK, DENSE_RANK or ROW_NUMBER functions", spec.position);
  }
  using Kind = ast::FrameBoundKind;
  const Kind start = spec.start.kind;
  const Kind end = spec.end ? spec.end->kind : Kind::kCurrentRow;
  if (start == Kind::kUnboundedFollowing) {
    return Invalid("UNBOUNDED FOLLOWING cannot be specified for the lower frame boundary", spec.position);
  }
  if (spec.end && end == Kind::kUnboundedPreceding) {
    return Invalid("UNBOUNDED PRECEDING cannot be specified for the upper frame boundary", spec.position);
  }
  if (start == Kind::kCurrentRow && spec.end && Precedes(end)) {
    return Invalid("Upper frame boundary cannot be PRECEDING when lower boundary is CURRENT ROW", spec.position);
  }
  if (start != Kind::kFollowing || !spec.end) return {};
  if (end == Kind::kCurrentRow) {
    return Invalid("Upper frame boundary cannot be CURRENT ROW when lower boundary is FOLLOWING", spec.position);
  }
  if (Precedes(end)) {
    return Invalid("Upper frame boundary cannot be PRECEDING when lower boundary is FOLLOWING", spec.position);
  }
  return {};
}

}  // namespace sluice::engine::sql
