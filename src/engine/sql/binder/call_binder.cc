// Function calls: scalar functions, aggregates, OVER, and the calls that the planner knows by name.
#include <fmt/format.h>

#include <set>
#include <utility>

#include "engine/functions/over_variants.h"
#include "engine/sql/binder/aggregate_rules.h"
#include "engine/sql/binder/bind_type.h"
#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/errors.h"

namespace sluice::engine::sql {

namespace {

/// What CREATE FUNCTION made; names do not know case.
const CatalogFunction* FindUserFunction(const Catalog& catalog, const ast::CompoundName& called) {
  std::vector<std::string> parts;
  for (const ast::Identifier& part : called.parts) parts.push_back(part.name);
  std::string& name = parts.back();
  for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  const auto system = catalog.temporary_system_functions.find(name);
  if (parts.size() == 1 && system != catalog.temporary_system_functions.end()) return &system->second;
  const ObjectPath path = catalog.Qualify(parts);
  const auto temporary = catalog.temporary_functions.find(path);
  if (temporary != catalog.temporary_functions.end()) return &temporary->second;
  const CatalogDatabase* database = catalog.FindDatabase(path.catalog, path.database);
  if (database == nullptr) return nullptr;
  const auto found = database->functions.find(name);
  return found == database->functions.end() ? nullptr : &found->second;
}

/// Registered, but no code of users runs here. A class that comes with no JAR would not be found in Flink either.
Error UserFunction(const std::string& name, const CatalogFunction* function, TextPosition position) {
  constexpr const char* kInstead =
      "the native engine runs no Java, Scala or Python code. Write it with built-in functions, or run the application "
      "on Apache Flink: set the property engine = flink in its group sluice.run.options.";
  if (function != nullptr && function->language != "PYTHON" && function->jars.empty()) {
    return Invalid(fmt::format("The class '{}' of the user-defined function '{}' cannot be loaded: {}",
                               function->class_name, name, kInstead),
                   position);
  }
  return NotYet(fmt::format("user-defined function '{}': {}", name, kInstead), position);
}

const std::set<std::string>& RankingFunctions() {
  static const std::set<std::string> kNames = {"ROW_NUMBER",   "RANK",      "DENSE_RANK", "NTILE",
                                               "PERCENT_RANK", "CUME_DIST", "LAG",        "LEAD"};
  return kNames;
}

/// Exact here: no sketch is closer to Flink's answers.
bool IsApproximateCount(const ast::CallExpr& e) {
  return UpperCase(e.name.parts.back().name) == "APPROX_COUNT_DISTINCT";
}

/// TUMBLE_START and its like: the property, nothing if the name is not one.
std::optional<WindowProperty> WindowPropertyOf(const std::string& name) {
  for (const char* window : {"TUMBLE", "HOP", "SESSION"}) {
    const std::string w = window;
    if (name == w + "_START") return WindowProperty::kStart;
    if (name == w + "_END") return WindowProperty::kEnd;
    if (name == w + "_ROWTIME") return WindowProperty::kRowtime;
    if (name == w + "_PROCTIME") return WindowProperty::kProctime;
  }
  return std::nullopt;
}

}  // namespace

Result<ExprPtr> ExprBinder::AddAggregate(BoundAggregate call, const DataType& type) {
  call.type = type;
  for (size_t i = 0; i < aggregates->size(); ++i) {
    const BoundAggregate& other = (*aggregates)[i];
    auto same = [](const ExprPtr& a, const ExprPtr& b) { return (!a && !b) || (a && b && ExprEquals(*a, *b)); };
    bool equal = other.function == call.function && other.args.size() == call.args.size() &&
                 other.distinct == call.distinct && other.ignore_nulls == call.ignore_nulls && other.order_by.empty() &&
                 call.order_by.empty() && same(other.filter, call.filter) && other.type == type;
    for (size_t k = 0; equal && k < call.args.size(); ++k) equal = same(other.args[k], call.args[k]);
    if (equal) return Placeholder(kAggregatePlaceholder, static_cast<int64_t>(i), type);
  }
  aggregates->push_back(std::move(call));
  return Placeholder(kAggregatePlaceholder, static_cast<int64_t>(aggregates->size() - 1), type);
}

Result<BoundAggregate> ExprBinder::BindAggregateArguments(const AggregateFunction& f, const ast::CallExpr& e,
                                                          bool over) {
  BoundAggregate call;
  call.function = f.name;
  call.distinct = e.quantifier == ast::SetQuantifier::kDistinct || IsApproximateCount(e);
  call.ignore_nulls = e.null_treatment == ast::NullTreatment::kIgnore;
  if (e.star && f.name != "COUNT") {
    return Invalid(fmt::format("Invalid number of arguments to function '{}'. Was expecting 1 arguments", f.name),
                   e.position);
  }
  SLUICE_ASSIGN_OR_RETURN(call.args, BindAll(e.arguments));
  SLUICE_RETURN_IF_ERROR(CheckAggregateCall(f.name, e, call.args));
  for (const ExprPtr& a : call.args) {
    if (!over && HasPlaceholder(*a, kAggregatePlaceholder)) {
      return Invalid("Aggregate expressions cannot be nested", e.position);
    }
  }
  if (e.filter) {
    const std::string outer = clause;
    clause = "FILTER";
    SLUICE_ASSIGN_OR_RETURN(call.filter, BindCondition(*e.filter));
    clause = outer;
    if (HasPlaceholder(*call.filter, kAggregatePlaceholder)) {
      return Invalid("FILTER must not contain aggregate expression", e.filter->position);
    }
  }
  for (const auto* list : {&e.order_by, &e.within_group}) {
    for (const ast::OrderItem& item : *list) {
      SLUICE_ASSIGN_OR_RETURN(ExprPtr key, Bind(*item.expr));
      call.order_by.emplace_back(std::move(key), !item.descending);
    }
  }
  const int count = e.star ? 0 : static_cast<int>(call.args.size());
  if (!e.star && (count < f.min_args || (f.max_args >= 0 && count > f.max_args))) {
    return Invalid(
        fmt::format("Invalid number of arguments to function '{}'. Was expecting {} arguments", f.name, f.min_args),
        e.position);
  }
  CallInfo info;
  info.facts = context_.facts;
  for (const ExprPtr& a : call.args) {
    info.args.push_back(a->type);
    info.literals.push_back(a->kind == ExprKind::kLiteral ? &a->value : nullptr);
  }
  auto resolved = f.resolve(info);
  if (!resolved.ok()) return resolved.error().At(e.position);
  if (!resolved->has_value()) {
    std::string types;
    for (const ExprPtr& a : call.args) types += (types.empty() ? "<" : ", <") + ArgumentTypeText(a->type) + ">";
    return Invalid(fmt::format("Cannot apply '{}' to arguments of type '{}({})'. Supported form(s): {}", f.name, f.name,
                               types, f.supported_forms),
                   e.position);
  }
  const Signature& signature = **resolved;
  for (size_t i = 0; i < call.args.size() && i < signature.args.size(); ++i) {
    call.args[i] = Coerce(call.args[i], signature.args[i]);
  }
  for (const ExprPtr& a : call.args) {
    call.literals.push_back(a->kind == ExprKind::kLiteral ? a->value : Value::Null());
  }
  call.type = signature.result;
  // A FILTER can leave no row at all, and then only counts and multisets have a value.
  if (call.filter && f.name != "COUNT" && f.name != "COLLECT") call.type = call.type.Nullable();
  return call;
}

Result<ExprPtr> ExprBinder::BindAggregateCall(const AggregateFunction& f, const ast::CallExpr& e) {
  if (aggregates == nullptr) {
    return Invalid(fmt::format("Aggregate expression is illegal in {} clause", clause), e.position);
  }
  if (inside_aggregate_) {
    return Invalid(
        clause == "FILTER" ? "FILTER must not contain aggregate expression" : "Aggregate expressions cannot be nested",
        e.position);
  }
  inside_aggregate_ = true;
  auto call = BindAggregateArguments(f, e);
  inside_aggregate_ = false;
  if (!call.ok()) return call.error();
  const DataType type = call->type;
  return AddAggregate(std::move(*call), type);
}

Status ExprBinder::BindWindow(const ast::WindowSpec& spec, BoundOver& over) {
  if (spec.base) {
    const ast::WindowSpec* found = nullptr;
    if (named_windows != nullptr) {
      for (const ast::NamedWindow& w : *named_windows) {
        if (w.name.name == spec.base->name) found = w.spec.get();
      }
    }
    if (found == nullptr) return Invalid(fmt::format("Window '{}' not found", spec.base->name), spec.position);
    SLUICE_RETURN_IF_ERROR(BindWindow(*found, over));
  }
  for (const ast::ExprPtr& p : spec.partition_by) {
    SLUICE_ASSIGN_OR_RETURN(ExprPtr key, Bind(*p));
    over.partition_by.push_back(std::move(key));
  }
  for (const ast::OrderItem& item : spec.order_by) {
    SLUICE_ASSIGN_OR_RETURN(ExprPtr key, Bind(*item.expr));
    const bool nulls_last =
        item.nulls == ast::NullsOrder::kDefault ? item.descending : item.nulls == ast::NullsOrder::kLast;
    over.order_by.push_back({std::move(key), !item.descending, nulls_last});
  }
  if (!spec.has_frame) return {};
  if (spec.exclude != ast::FrameExclude::kNoOthers) return NotYet("EXCLUDE in a window frame", spec.position);
  over.has_frame = true;
  over.frame.rows = spec.unit == ast::FrameUnit::kRows;
  SLUICE_RETURN_IF_ERROR(BindFrameBound(spec.start, spec.position, over.frame.rows, over.frame.start,
                                        over.frame.start_offset, over.start_type));
  if (!spec.end) return {};
  return BindFrameBound(*spec.end, spec.position, over.frame.rows, over.frame.end, over.frame.end_offset,
                        over.end_type);
}

Status ExprBinder::BindFrameBound(const ast::FrameBound& bound, TextPosition position, bool rows, FrameEdge& edge,
                                  Value& offset, DataType& type) {
  switch (bound.kind) {
    case ast::FrameBoundKind::kUnboundedPreceding:
    case ast::FrameBoundKind::kUnboundedFollowing: edge = FrameEdge::kUnbounded; return {};
    case ast::FrameBoundKind::kCurrentRow: edge = FrameEdge::kCurrentRow; return {};
    case ast::FrameBoundKind::kPreceding: edge = FrameEdge::kPreceding; break;
    case ast::FrameBoundKind::kFollowing: edge = FrameEdge::kFollowing; break;
  }
  SLUICE_ASSIGN_OR_RETURN(ExprPtr n, Bind(*bound.offset));
  if (n->kind != ExprKind::kLiteral || n->value.is_null()) {
    return NotYet("a frame bound that is not a literal", position);
  }
  if (rows && n->type.is_exact_integer() && n->value.as_int() < 0) {
    return Invalid("ROWS value must be a non-negative integral constant", position);
  }
  offset = n->value;
  type = n->type;
  return {};
}

Result<ExprPtr> ExprBinder::BindOver(const ast::CallExpr& e) {
  const std::string name = UpperCase(e.name.parts.back().name);
  if (overs == nullptr) {
    return Invalid(fmt::format("Windowed aggregate expression is illegal in {} clause", clause), e.position);
  }
  BoundOver over;
  if (RankingFunctions().contains(name)) {
    over.call.function = name;
    SLUICE_ASSIGN_OR_RETURN(over.call.args, BindAll(e.arguments));
    for (const ExprPtr& a : over.call.args) {
      over.call.literals.push_back(a->kind == ExprKind::kLiteral ? a->value : Value::Null());
    }
    const size_t count = over.call.args.size();
    const size_t least = name == "LAG" || name == "LEAD" || name == "NTILE" ? 1 : 0;
    if (count < least || count > (least == 1 && name != "NTILE" ? 3 : least)) {
      return Invalid(
          fmt::format("Invalid number of arguments to function '{}'. Was expecting {} arguments", name, least),
          e.position);
    }
    if (name == "LAG" || name == "LEAD") {
      over.call.type = over.call.args[0]->type.Nullable();
      SLUICE_RETURN_IF_ERROR(CheckShiftArguments(name, over.call.args, context_.batch, e.position));
      if (count == 3) over.call.args[2] = Coerce(over.call.args[2], over.call.type);
    } else if (name == "PERCENT_RANK" || name == "CUME_DIST") {
      over.call.type = DataType::Double().NotNull();
    } else {
      over.call.type = DataType::Bigint().NotNull();
    }
  } else {
    const AggregateFunction* f = context_.functions->FindAggregate(name);
    if (f == nullptr && context_.functions->FindScalar(name) == nullptr) {
      SLUICE_ASSIGN_OR_RETURN(auto args, BindAll(e.arguments));
      return Call(name, std::move(args), e.position);  // says that there is no such function
    }
    if (f == nullptr || e.filter) return Invalid("OVER must be applied to aggregate function", e.position);
    SLUICE_ASSIGN_OR_RETURN(over.call, BindAggregateArguments(*f, e, true));
    const std::string variant = kOverPrefix + over.call.function;
    if (context_.functions->FindAggregate(variant) != nullptr) over.call.function = variant;
  }
  const bool ranking =
      name == "ROW_NUMBER" || name == "RANK" || name == "DENSE_RANK" || name == "LAG" || name == "LEAD";
  SLUICE_RETURN_IF_ERROR(CheckFrame(*e.over, ranking));
  SLUICE_RETURN_IF_ERROR(BindWindow(*e.over, over));
  over.position = e.position;
  const DataType type = over.call.type;
  const bool has_default = (name == "LAG" || name == "LEAD") && over.call.args.size() == 3;
  const bool never_null = has_default && !over.call.args[2]->type.nullable();
  overs->push_back(std::move(over));
  ExprPtr value = Placeholder(kOverPlaceholder, static_cast<int64_t>(overs->size() - 1), type);
  return never_null ? ShiftedValueWithoutNull(value) : value;
}

Result<ExprPtr> ExprBinder::BindWindowProperty(const ast::CallExpr& e, const std::string& name) {
  const WindowProperty property = *WindowPropertyOf(name);
  if (aggregates == nullptr) {
    return Invalid(
        fmt::format("Call to auxiliary group function '{}' must have matching call to group function '{}' in "
                    "GROUP BY clause",
                    name, "$" + name.substr(0, name.find('_'))),
        e.position);
  }
  if (e.arguments.empty()) return Invalid("Invalid number of arguments to function '" + name + "'", e.position);
  SLUICE_ASSIGN_OR_RETURN(ExprPtr time, Bind(*e.arguments[0]));
  const DataType base =
      time->type.kind() == TypeKind::kTimestampLtz ? DataType::TimestampLtz(3) : DataType::TimestampType(3);
  DataType type = base.NotNull();
  if (property == WindowProperty::kRowtime) {
    type = type.WithTimeAttribute(time->type.is_rowtime() ? TimeAttribute::kRowtime : TimeAttribute::kNone);
    type = type.WithNullable(time->type.nullable());
  }
  if (property == WindowProperty::kProctime)
    type = DataType::TimestampLtz(3).NotNull().WithTimeAttribute(TimeAttribute::kProctime);
  if (time->type.is_proctime() && property != WindowProperty::kProctime) type = DataType::TimestampType(3).NotNull();
  // The processing time of an event-time window has the type of the window's time, as in Flink.
  if (time->type.is_rowtime() && property == WindowProperty::kProctime) {
    type = base.WithNullable(time->type.nullable()).WithTimeAttribute(TimeAttribute::kRowtime);
  }
  ExprPtr placeholder = Placeholder(kWindowPlaceholder, static_cast<int64_t>(property), type);
  std::vector<ExprPtr> args = placeholder->args;
  args.push_back(Expr::Literal(Value::String(name), DataType::Symbol()));
  for (size_t i = 1; i < e.arguments.size(); ++i) {
    SLUICE_ASSIGN_OR_RETURN(ExprPtr size, Bind(*e.arguments[i]));
    args.push_back(std::move(size));
  }
  return Expr::Call(kWindowPlaceholder, std::move(args), type, e.position);
}

Result<ExprPtr> ExprBinder::BindCall(const ast::CallExpr& e) {
  if (e.name.parts.size() > 1) {
    if (const auto* function = FindUserFunction(*context_.catalog, e.name)) {
      return UserFunction(e.name.ToString(), function, e.position);
    }
    SLUICE_ASSIGN_OR_RETURN(const auto args, BindAll(e.arguments));
    std::string types;
    for (const ExprPtr& a : args) types += (types.empty() ? "<" : ", <") + TypeFamilyName(a->type) + ">";
    return Invalid(fmt::format("No match found for function signature {}({})", e.name.parts.back().name, types),
                   e.position);
  }
  const std::string name = UpperCase(e.name.parts[0].name);
  if (own_calls) {
    if (auto own = own_calls(e, name)) return std::move(*own);
  }
  if (e.over) return BindOver(e);
  if (WindowPropertyOf(name)) return BindWindowProperty(e, name);
  if (name == "GROUPING" || name == "GROUPING_ID" || name == "GROUP_ID") {
    SLUICE_ASSIGN_OR_RETURN(auto args, BindAll(e.arguments));
    args.insert(args.begin(), Expr::Literal(Value::Int(name == "GROUP_ID" ? 1 : 0), DataType::Bigint().NotNull()));
    return Expr::Call(kGroupingPlaceholder, std::move(args), DataType::Bigint().NotNull(), e.position);
  }
  if (name == "CURRENT_DATABASE") {
    return Expr::Literal(Value::String(context_.catalog->current_database), DataType::String().NotNull());
  }
  if (RankingFunctions().contains(name)) {
    return Invalid(fmt::format("OVER clause is necessary for window functions", name), e.position);
  }
  const bool approximate = IsApproximateCount(e);
  if (approximate && !context_.batch) {
    return Invalid("APPROX_COUNT_DISTINCT aggregate function does not support yet for streaming.", e.position);
  }
  const AggregateFunction* aggregate = context_.functions->FindAggregate(approximate ? "COUNT" : name);
  if (aggregate != nullptr) return BindAggregateCall(*aggregate, e);
  if (e.filter || e.quantifier == ast::SetQuantifier::kDistinct) {
    return Invalid(
        fmt::format("{} is allowed only for aggregate functions, '{}' is none", e.filter ? "FILTER" : "DISTINCT", name),
        e.position);
  }
  if (e.star) return Invalid("'*' is not an argument of " + name, e.position);
  const bool json_allowed = std::exchange(json_allowed_, false);
  if (name == "JSON" && !json_allowed) {
    return Invalid(
        "The JSON() function is currently only supported inside JSON_ARRAY() or as the VALUE param of JSON_OBJECT().",
        e.position);
  }
  if (const auto* function = FindUserFunction(*context_.catalog, e.name)) {
    return UserFunction(e.name.parts[0].name, function, e.position);
  }
  SLUICE_ASSIGN_OR_RETURN(auto args, BindAll(e.arguments));
  return Call(name, std::move(args), e.position, context_.functions->FindScalar(name) ? name : e.name.parts[0].name);
}

}  // namespace sluice::engine::sql
