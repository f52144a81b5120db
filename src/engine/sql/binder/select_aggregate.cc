// The aggregate of a SELECT: its input, grouping sets, the operator, and what stands above it rewritten to its columns.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/sql/binder/select_binder.h"
#include "engine/sql/binder/subqueries.h"
#include "engine/sql/errors.h"
#include "engine/sql/logical/windows.h"

namespace sluice::engine::sql {

namespace {

/// "t.column" of a column of an enclosing scope.
std::string OuterName(const Scope& scope, int input) {
  const Scope* at = &scope;
  for (; input >= kOuterBase && at->outer != nullptr; input -= kOuterBase) at = at->outer;
  const auto column = static_cast<size_t>(input);
  for (const ScopeTable& t : at->tables) {
    if (column >= t.first && column < t.first + t.count && !t.alias.empty())
      return t.alias + "." + at->schema[column].name;
  }
  return column < at->schema.size() ? at->schema[column].name : "";
}

std::vector<std::string> NumberedNames(const Schema& input, const std::vector<ExprPtr>& expressions) {
  std::vector<std::string> names;
  for (size_t i = 0; i < expressions.size(); ++i) {
    const Expr& e = *expressions[i];
    names.push_back(e.kind == ExprKind::kInput ? input[static_cast<size_t>(e.input)].name : fmt::format("$f{}", i));
  }
  return UniqueNames(std::move(names));
}

/// Aggregates of no rows are NULL, but for those that count or collect.
bool ValuedWithoutRows(const std::string& function) {
  return function == "COUNT" || function == "COLLECT" || function == "ARRAY_AGG" || function.starts_with("JSON_");
}

bool InSet(const std::vector<size_t>& set, size_t key) { return std::find(set.begin(), set.end(), key) != set.end(); }

/// Adds the window properties below `e` that `properties` lacks, with their types.
void CollectProperties(const Expr& e, std::vector<WindowProperty>& properties, std::vector<DataType>& types) {
  if (const int64_t p = PlaceholderIndex(e, kWindowPlaceholder); p >= 0) {
    const auto property = static_cast<WindowProperty>(p);
    if (std::find(properties.begin(), properties.end(), property) == properties.end()) {
      properties.push_back(property);
      types.push_back(e.type);
    }
  }
  for (const ExprPtr& a : e.args) CollectProperties(*a, properties, types);
}

}  // namespace

void DropTimeAttributes(AggregateRel& aggregate) {
  const bool windowed = IsWindowAggregate(aggregate);
  std::set<int> window_times;
  if (windowed) window_times = FindWindowColumns(*aggregate.inputs[0])->time;
  for (size_t k = 0; k < aggregate.keys.size(); ++k) {
    if (window_times.contains(aggregate.keys[k])) continue;
    aggregate.schema[k].type = aggregate.schema[k].type.WithTimeAttribute(TimeAttribute::kNone);
  }
}

/// In the order in which Flink checks them.
std::vector<ExprPtr*> SelectBinder::ExpressionsAboveAggregate() {
  std::vector<ExprPtr*> out;
  if (having_) out.push_back(&having_);
  for (Item& item : items_) out.push_back(&item.expr);
  for (OrderKey& key : order_) {
    if (key.expr) out.push_back(&key.expr);
  }
  if (qualify_) out.push_back(&qualify_);
  for (BoundOver& over : overs_) {
    for (ExprPtr& e : over.call.args) out.push_back(&e);
    for (ExprPtr& e : over.partition_by) out.push_back(&e);
    for (BoundOver::Order& order : over.order_by) out.push_back(&order.expr);
  }
  return out;
}

Status SelectBinder::ApplyAggregate() {
  const std::vector<ExprPtr*> above = ExpressionsAboveAggregate();
  for (const ExprPtr* e : above) SLUICE_RETURN_IF_ERROR(CheckWindowProperties(**e));
  if (aggregates_.empty() && !grouped_) return CheckNoGrouping();
  if (sets_.empty()) sets_ = {{}};
  SLUICE_ASSIGN_OR_RETURN(std::vector<AggregateCall> calls, ProjectAggregateInput());
  if (sets_.size() > 1) ExpandGroupingSets();
  SLUICE_RETURN_IF_ERROR(AddAggregate(std::move(calls)));
  for (ExprPtr* e : above) {
    SLUICE_ASSIGN_OR_RETURN(*e, AfterAggregate(*e));
  }
  if (having_) {
    SLUICE_ASSIGN_OR_RETURN(rel_, FilterWithSubqueries(rel_, having_, subqueries_, OuterOfSubqueries()));
  }
  return {};
}

Status SelectBinder::CheckNoGrouping() const {
  for (const Item& item : items_) {
    if (!HasPlaceholder(*item.expr, kGroupingPlaceholder)) continue;
    return Invalid("GROUPING operator may only occur in an aggregate query", item.expr->position);
  }
  return {};
}

Result<std::vector<AggregateCall>> SelectBinder::ProjectAggregateInput() {
  const bool global = keys_.empty() && !group_window_;
  std::vector<ExprPtr> columns = keys_;
  std::vector<AggregateCall> calls;
  for (const BoundAggregate& bound : aggregates_) {
    calls.push_back(CallOverColumns(bound, columns));
    if (global && !ValuedWithoutRows(bound.function)) calls.back().type = bound.type.Nullable();
  }
  if (group_window_) group_window_->time_column = static_cast<int>(IndexOfExpr(columns, group_window_time_));
  SLUICE_RETURN_IF_ERROR(AttachTo(columns, SameColumns()));
  if (sets_.size() > 1) CopyKeyArguments(calls, columns);
  std::vector<std::string> names = NumberedNames(rel_->schema, columns);
  rel_ = MakeProject(rel_, std::move(columns), std::move(names));
  return calls;
}

void SelectBinder::CopyKeyArguments(std::vector<AggregateCall>& calls, std::vector<ExprPtr>& columns) const {
  for (AggregateCall& call : calls) {
    for (int& a : call.args) {
      if (static_cast<size_t>(a) >= keys_.size()) continue;
      columns.push_back(columns[static_cast<size_t>(a)]);
      a = static_cast<int>(columns.size() - 1);
    }
  }
}

void SelectBinder::ExpandGroupingSets() {
  auto expand = std::make_shared<ExpandRel>();
  expand->inputs = {rel_};
  expand->schema = rel_->schema;
  for (size_t k = 0; k < keys_.size(); ++k) {
    const bool always = std::all_of(sets_.begin(), sets_.end(), [k](const auto& set) { return InSet(set, k); });
    if (!always) expand->schema[k].type = expand->schema[k].type.Nullable().WithTimeAttribute(TimeAttribute::kNone);
  }
  const DataType id_type = DataType::Bigint().NotNull();
  for (size_t s = 0; s < sets_.size(); ++s) {
    std::vector<ExprPtr> projection;
    for (size_t c = 0; c < rel_->schema.size(); ++c) {
      const bool nulled = c < keys_.size() && !InSet(sets_[s], c);
      projection.push_back(nulled ? Expr::Literal(Value::Null(), expand->schema[c].type)
                                  : Expr::Input(static_cast<int>(c), rel_->schema[c].type));
    }
    projection.push_back(Expr::Literal(Value::Int(static_cast<int64_t>(s)), id_type));
    expand->projections.push_back(std::move(projection));
  }
  expand->schema.push_back({"$e", id_type, ""});
  expand_id_ = static_cast<int>(keys_.size());
  rel_ = expand;
}

Status SelectBinder::AddAggregate(std::vector<AggregateCall> calls) {
  auto aggregate = std::make_shared<AggregateRel>();
  aggregate->inputs = {rel_};
  auto add_key = [&](size_t column) {
    aggregate->keys.push_back(static_cast<int>(column));
    aggregate->schema.push_back(rel_->schema[column]);
  };
  for (size_t k = 0; k < keys_.size(); ++k) add_key(k);
  if (expand_id_ >= 0) add_key(rel_->schema.size() - 1);
  for (size_t i = 0; i < calls.size(); ++i) aggregate->schema.push_back({fmt::format("EXPR${}", i), calls[i].type, ""});
  aggregate->calls = std::move(calls);
  aggregate->state_ttl_ms = state_ttl_ms_;
  DropTimeAttributes(*aggregate);
  SLUICE_RETURN_IF_ERROR(CheckEmitStrategy(*aggregate));
  if (group_window_) AddGroupWindow(*aggregate);
  rel_ = aggregate;
  return {};
}

void SelectBinder::AddGroupWindow(AggregateRel& aggregate) {
  aggregate.has_group_window = true;
  aggregate.group_window = *group_window_;
  std::vector<DataType> types;
  for (const ExprPtr* e : ExpressionsAboveAggregate()) CollectProperties(**e, properties_, types);
  aggregate.properties = properties_;
  for (size_t i = 0; i < types.size(); ++i) aggregate.schema.push_back({fmt::format("w${}", i), types[i], ""});
}

Status SelectBinder::CheckEmitStrategy(const AggregateRel& aggregate) const {
  auto on = [&](const char* key) {
    const auto option = context_.options->find(key);
    return option != context_.options->end() && UpperCase(option->second) == "TRUE";
  };
  if (context_.batch || (!on("table.exec.emit.late-fire.enabled") && !on("table.exec.emit.early-fire.enabled"))) {
    return {};
  }
  if (!group_window_ && IsWindowAggregate(aggregate)) {
    return Invalid(
        "Currently, window table function based aggregate doesn't support early-fire and late-fire configuration "
        "'table.exec.emit.early-fire.enabled' and 'table.exec.emit.late-fire.enabled'.",
        aggregate.position);
  }
  if (!group_window_) return {};
  if (group_window_->kind == WindowKind::kSession) {
    return Invalid("Session window doesn't support EMIT strategy currently.", group_window_time_->position);
  }
  return {};
}

Result<std::vector<size_t>> SelectBinder::GroupingArguments(const Expr& e) const {
  const bool group_id = e.args[0]->value.as_int() == 1;
  const bool repeated = std::set<std::vector<size_t>>(sets_.begin(), sets_.end()).size() < sets_.size();
  if (group_id && repeated) return Invalid("GROUPING SETS are currently not supported.", e.position);
  std::vector<size_t> out;
  for (size_t a = 1; a < e.args.size() && !group_id; ++a) {
    const auto key =
        std::find_if(keys_.begin(), keys_.end(), [&](const ExprPtr& k) { return ExprEquals(*k, *e.args[a]); });
    if (key == keys_.end()) {
      return Invalid("Argument to GROUPING operator must be a grouped expression", e.position);
    }
    out.push_back(static_cast<size_t>(key - keys_.begin()));
  }
  return out;
}

Result<ExprPtr> SelectBinder::GroupingValue(const Expr& e) const {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<size_t> arguments, GroupingArguments(e));
  // One value a grouping set: bit per argument, the first argument highest; 1 = not in the set.
  std::vector<int64_t> values;
  for (const auto& set : sets_) {
    int64_t value = 0;
    for (const size_t key : arguments) value = value * 2 + (InSet(set, key) ? 0 : 1);
    values.push_back(value);
  }
  const DataType type = DataType::Bigint().NotNull();
  if (expand_id_ < 0) return Expr::Literal(Value::Int(values.empty() ? 0 : values[0]), type);
  std::vector<ExprPtr> args;
  ExprPtr id = Expr::Input(expand_id_, type);
  for (size_t s = 0; s < values.size(); ++s) {
    args.push_back(
        Expr::Call("=", {id, Expr::Literal(Value::Int(static_cast<int64_t>(s)), type)}, DataType::Boolean().NotNull()));
    args.push_back(Expr::Literal(Value::Int(values[s]), type));
  }
  args.push_back(Expr::Literal(Value::Int(0), type));
  return Expr::Call("CASE", std::move(args), type, e.position);
}

Result<ExprPtr> SelectBinder::AfterAggregate(const ExprPtr& e) const {
  const auto calls_at = static_cast<int>(keys_.size() + (expand_id_ >= 0 ? 1 : 0));
  for (size_t k = 0; k < keys_.size(); ++k) {
    if (ExprEquals(*keys_[k], *e)) return Expr::Input(static_cast<int>(k), rel_->schema[k].type);
  }
  if (int64_t i = PlaceholderIndex(*e, kAggregatePlaceholder); i >= 0) {
    const int column = calls_at + static_cast<int>(i);
    return Expr::Input(column, rel_->schema[static_cast<size_t>(column)].type);
  }
  if (int64_t p = PlaceholderIndex(*e, kWindowPlaceholder); p >= 0) {
    for (size_t i = 0; i < properties_.size(); ++i) {
      if (static_cast<int64_t>(properties_[i]) == p) {
        return Expr::Input(calls_at + static_cast<int>(aggregates_.size() + i), e->type);
      }
    }
  }
  if (e->kind == ExprKind::kCall && e->function == kGroupingPlaceholder) return GroupingValue(*e);
  if (e->kind == ExprKind::kInput && e->input < kOuterBase) {
    return Invalid(
        fmt::format("Expression '{}' is not being grouped", scope_.schema[static_cast<size_t>(e->input)].name),
        e->position);
  }
  if (e->kind == ExprKind::kInput && e->input < kSubqueryColumns) {
    return Invalid(fmt::format("Expression '{}' is not being grouped", OuterName(scope_, e->input)), e->position);
  }
  if (e->args.empty() || PlaceholderIndex(*e, kOverPlaceholder) >= 0) return e;
  std::vector<ExprPtr> args;
  for (const ExprPtr& a : e->args) {
    SLUICE_ASSIGN_OR_RETURN(ExprPtr arg, AfterAggregate(a));
    args.push_back(std::move(arg));
  }
  return Expr::Call(e->function, std::move(args), e->type, e->position);
}

OuterColumns SelectBinder::OuterOfSubqueries() const {
  if (aggregates_.empty() && !grouped_) return SameColumns();
  return [this](const ExprPtr& column) { return AfterAggregate(column); };
}

bool SelectBinder::ShowsAllKeys() const {
  if (!grouped_ || keys_.empty() || group_window_ || sets_.size() != 1) return false;
  const Rel* rel = rel_.get();
  while (rel->kind == RelKind::kFilter) rel = rel->inputs[0].get();
  if (rel->kind != RelKind::kAggregate || IsWindowAggregate(static_cast<const AggregateRel&>(*rel))) return false;
  for (size_t k = 0; k < keys_.size(); ++k) {
    const bool shown = std::any_of(items_.begin(), items_.end(), [&](const Item& item) {
      return item.expr->kind == ExprKind::kInput && item.expr->input == static_cast<int>(k);
    });
    if (!shown) return false;
  }
  return true;
}

}  // namespace sluice::engine::sql
