// For tests: expressions with the types and casts that the binder would give them, and their displayed results.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/columnar/display.h"
#include "engine/functions/cast.h"
#include "engine/functions/program.h"
#include "engine/plan/expr.h"

namespace sluice::engine {

inline ExprPtr LitInt(int64_t v) { return Expr::Literal(Value::Int(v), DataType::Integer().NotNull()); }
inline ExprPtr LitDouble(double v) { return Expr::Literal(Value::Double(v), DataType::Double().NotNull()); }
inline ExprPtr LitBool(bool v) { return Expr::Literal(Value::Bool(v), DataType::Boolean().NotNull()); }
inline ExprPtr LitDecimal(int64_t unscaled, int precision, int scale) {
  return Expr::Literal(Value::Decimal(unscaled), DataType::Decimal(precision, scale).NotNull());
}
inline ExprPtr LitText(std::string s) {
  const auto n = static_cast<int>(s.size());
  return Expr::Literal(Value::String(std::move(s)), DataType::Char(n).NotNull());
}
inline ExprPtr LitNull(DataType type) { return Expr::Literal(Value::Null(), std::move(type)); }

inline ExprPtr CastTo(ExprPtr e, const DataType& type, bool try_cast = false) {
  const DataType result = CastResultType(e->type, type, try_cast, false);
  return Expr::Call(try_cast ? "TRY_CAST" : "CAST", {std::move(e)}, result);
}

/// A call as the binder makes it; null if the types do not fit.
inline ExprPtr CallFn(const FunctionRegistry& registry, const std::string& name, std::vector<ExprPtr> args) {
  const ScalarFunction* f = registry.FindScalar(name);
  if (f == nullptr) return nullptr;
  SessionFacts facts;
  CallInfo info;
  info.facts = &facts;
  for (const ExprPtr& a : args) {
    info.args.push_back(a->type);
    info.literals.push_back(a->kind == ExprKind::kLiteral ? &a->value : nullptr);
  }
  auto signature = f->resolve(info);
  if (!signature.ok() || !signature->has_value()) return nullptr;
  for (size_t i = 0; i < args.size(); ++i) {
    const DataType& wanted = (*signature)->args[i];
    if (!wanted.SameIgnoringNullability(args[i]->type))
      args[i] = CastTo(args[i], wanted.WithNullable(args[i]->type.nullable()));
  }
  return Expr::Call(f->name, std::move(args), (*signature)->result);
}

/// The value as the SQL client shows it, or "ERROR " and the message.
inline std::string ResultText(const FunctionRegistry& registry, const ExprPtr& e, const Batch& batch,
                              const Schema& schema, size_t row = 0, const SessionFacts& facts = {}) {
  if (!e) return "ERROR types do not fit";
  auto program = Program::Compile({e}, schema, registry, facts);
  if (!program.ok()) return "ERROR " + program.error().message();
  auto columns = (*program)->Run(batch);
  if (!columns.ok()) return "ERROR " + columns.error().message();
  return FieldText(*(*columns)[0], row, *TimeZone::Utc());
}

inline std::string ResultText(const FunctionRegistry& registry, const ExprPtr& e, const SessionFacts& facts = {}) {
  Batch one;
  one.length = 1;
  return ResultText(registry, e, one, {}, 0, facts);
}

}  // namespace sluice::engine
