// JSON_VALUE, JSON_OBJECT and their like, with their own clauses (ON EMPTY, NULL ON NULL, RETURNING …).
#include <optional>

#include "engine/sql/binder/bind_type.h"
#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/errors.h"

namespace sluice::engine::sql {

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
  std::optional<DataType> returning;
  if (e.returning) {
    SLUICE_ASSIGN_OR_RETURN(returning, BindType(*e.returning));
  }
  std::string name;
  switch (e.function) {
    case ast::JsonFunction::kExists:
      name = "JSON_EXISTS";
      args.push_back(SymbolLiteral(BehaviorName(e.on_error, "FALSE")));
      break;
    case ast::JsonFunction::kValue:
      name = "JSON_VALUE";
      SLUICE_RETURN_IF_ERROR(AddJsonDefaults(e, returning, args));
      break;
    case ast::JsonFunction::kQuery:
      name = "JSON_QUERY";
      args.push_back(SymbolLiteral(WrapperName(e.wrapper)));
      args.push_back(SymbolLiteral(BehaviorName(e.on_empty, "NULL")));
      args.push_back(SymbolLiteral(BehaviorName(e.on_error, "NULL")));
      break;
    case ast::JsonFunction::kObject:
      name = "JSON_OBJECT";
      args.insert(args.begin(), SymbolLiteral(e.nulls == ast::JsonNulls::kAbsentOnNull ? "ABSENT" : "NULL"));
      break;
    case ast::JsonFunction::kArray:
      name = "JSON_ARRAY";
      args.insert(args.begin(), SymbolLiteral(e.nulls == ast::JsonNulls::kNullOnNull ? "NULL" : "ABSENT"));
      break;
    case ast::JsonFunction::kObjectAgg:
    case ast::JsonFunction::kArrayAgg: return BindJsonAggregate(e, std::move(args));
  }
  SLUICE_ASSIGN_OR_RETURN(ExprPtr call, Call(name, std::move(args), e.position));
  if (!returning) return call;
  return Expr::Call(call->function, call->args, returning->WithNullable(call->type.nullable()), e.position);
}

Status ExprBinder::AddJsonDefaults(const ast::JsonCallExpr& e, const std::optional<DataType>& returning,
                                   std::vector<ExprPtr>& args) {
  auto add = [&](ast::JsonBehavior behavior, const ast::ExprPtr& written) -> Status {
    ExprPtr value = Expr::Literal(Value::Null(), DataType::Null());
    if (written) {
      SLUICE_ASSIGN_OR_RETURN(value, Bind(*written));
      if (value->kind == ExprKind::kInput) {
        return Invalid("A DEFAULT of JSON_VALUE must be a literal", written->position);
      }
    }
    if (returning && !value->value.is_null()) value = Coerce(value, *returning);
    args.push_back(SymbolLiteral(BehaviorName(behavior, "NULL")));
    args.push_back(std::move(value));
    return {};
  };
  SLUICE_RETURN_IF_ERROR(add(e.on_empty, e.on_empty_default));
  return add(e.on_error, e.on_error_default);
}

Result<ExprPtr> ExprBinder::BindJsonAggregate(const ast::JsonCallExpr& e, std::vector<ExprPtr> args) {
  const bool object = e.function == ast::JsonFunction::kObjectAgg;
  const bool absent = object ? e.nulls == ast::JsonNulls::kAbsentOnNull : e.nulls != ast::JsonNulls::kNullOnNull;
  BoundAggregate call;
  call.function =
      std::string(object ? "JSON_OBJECTAGG" : "JSON_ARRAYAGG") + (absent ? "_ABSENT_ON_NULL" : "_NULL_ON_NULL");
  call.args = std::move(args);
  if (e.over) return Invalid("Incorrect syntax near the keyword 'OVER'.", e.position);
  if (aggregates == nullptr) return NotYet(call.function + " here", e.position);
  if (e.filter) {
    SLUICE_ASSIGN_OR_RETURN(call.filter, BindCondition(*e.filter));
  }
  call.literals.resize(call.args.size());
  return AddAggregate(std::move(call), DataType::Varchar(2000).NotNull());
}

}  // namespace sluice::engine::sql
