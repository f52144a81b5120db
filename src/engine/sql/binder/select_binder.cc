#include "engine/sql/binder/select_binder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/sql/binder/literals.h"
#include "engine/sql/binder/subqueries.h"
#include "engine/sql/binder/window_functions.h"
#include "engine/sql/logical/windows.h"
#include "engine/sql/parser/unparse.h"

namespace sluice::engine::sql {

namespace {

Error Invalid(std::string message, TextPosition position) {
  return Error(ErrorCode::kValidation, std::move(message), position);
}

std::string ItemName(const ast::SelectItem& item, size_t index) {
  if (item.alias) return item.alias->name;
  const ast::Expr& e = *item.expr;
  if (e.kind == ast::ExprKind::kName) return static_cast<const ast::NameExpr&>(e).parts.back().name;
  if (e.kind == ast::ExprKind::kField) return static_cast<const ast::FieldExpr&>(e).field.name;
  return fmt::format("EXPR${}", index);
}

/// Index of an expression equal to `e`, added if new.
size_t IndexOf(std::vector<ExprPtr>& list, const ExprPtr& e) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (ExprEquals(*list[i], *e)) return i;
  }
  list.push_back(e);
  return list.size() - 1;
}

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

std::vector<std::string> UniqueNames(std::vector<std::string> names) {
  std::set<std::string> used;
  for (std::string& name : names) {
    const std::string base = name;
    for (int k = 0; !used.insert(name).second; ++k) name = base + std::to_string(k);
  }
  return names;
}

Status SelectBinder::ExpandStar(const ast::NameExpr& star) {
  auto add = [&](size_t column) { items_.push_back({scope_.ColumnRefAt(column), scope_.schema[column].name}); };
  if (star.parts.empty()) {
    if (scope_.tables.empty()) return Invalid("SELECT * requires a FROM clause", star.position);
    for (const auto& [name, value] : scope_.merged) items_.push_back({value, name});
    for (size_t i = 0; i < scope_.schema.size(); ++i) {
      if (!scope_.IsHidden(i)) add(i);
    }
    return {};
  }
  if (const ScopeTable* table = scope_.FindTable(star.parts, star.parts.size())) {
    for (size_t i = table->first; i < table->first + table->count; ++i) add(i);
    return {};
  }
  auto row = scope_.Resolve(star.parts, star.position);
  if (!row.ok() || (*row)->type.kind() != TypeKind::kRow) {
    return Invalid(fmt::format("Unknown identifier '{}'", star.parts.back().name), star.position);
  }
  for (size_t i = 0; i < (*row)->type.fields().size(); ++i) {
    items_.push_back({FieldAccess(*row, i, star.position), (*row)->type.fields()[i].name});
  }
  return {};
}

Status SelectBinder::BindItems(const ast::SelectQuery& query) {
  ExprBinder binder = make_binder_(scope_, "SELECT");
  binder.aggregates = &aggregates_;
  binder.overs = &overs_;
  binder.subqueries = &subqueries_;
  binder.named_windows = named_windows_;
  for (size_t i = 0; i < query.items.size(); ++i) {
    const ast::SelectItem& item = query.items[i];
    if (item.expr->kind == ast::ExprKind::kName && static_cast<const ast::NameExpr&>(*item.expr).star) {
      SLUICE_RETURN_IF_ERROR(ExpandStar(static_cast<const ast::NameExpr&>(*item.expr)));
      continue;
    }
    SLUICE_ASSIGN_OR_RETURN(ExprPtr e, binder.Bind(*item.expr));
    if (e->type.kind() == TypeKind::kNull) return Invalid("Illegal use of 'NULL'", item.expr->position);
    items_.push_back({std::move(e), ItemName(item, i)});
  }
  return {};
}

Result<bool> SelectBinder::BindGroupWindow(const ast::Expr& e) {
  if (e.kind != ast::ExprKind::kCall) return false;
  const auto& call = static_cast<const ast::CallExpr&>(e);
  const std::string name = UpperCase(call.name.parts.back().name);
  if (name != "TUMBLE" && name != "HOP" && name != "SESSION") return false;
  ExprBinder binder = make_binder_(scope_, "GROUP BY");
  if (call.arguments.empty()) return Invalid("Invalid number of arguments to function '" + name + "'", e.position);
  SLUICE_ASSIGN_OR_RETURN(group_window_time_, binder.Bind(*call.arguments[0]));
  if (group_window_) return Invalid("Only a single window group function may be used in GROUP BY", e.position);
  SLUICE_ASSIGN_OR_RETURN(WindowSpec spec, BindGroupWindowSpec(name, call, group_window_time_, binder, context_));
  group_window_ = spec;
  return true;
}

Result<size_t> SelectBinder::GroupKey(const ast::Expr& e) {
  // A number here is a constant, not a position: Flink's conformance has no ordinals in GROUP BY.
  ExprBinder binder = make_binder_(scope_, "GROUP BY");
  binder.subqueries = &subqueries_;
  SLUICE_ASSIGN_OR_RETURN(ExprPtr key, binder.Bind(e));
  if (HasPlaceholder(*key, kAggregatePlaceholder)) {
    return Invalid("Aggregate expression is illegal in GROUP BY clause", e.position);
  }
  return IndexOf(keys_, key);
}

namespace {

using Sets = std::vector<std::vector<size_t>>;

Sets Cross(const Sets& a, const Sets& b) {
  Sets out;
  for (const auto& x : a) {
    for (const auto& y : b) {
      std::vector<size_t> both = x;
      for (size_t k : y) {
        if (std::find(both.begin(), both.end(), k) == both.end()) both.push_back(k);
      }
      out.push_back(std::move(both));
    }
  }
  return out;
}

}  // namespace

Status SelectBinder::BindGroupItem(const ast::GroupItem& item, Sets& sets) {
  auto keys_of = [&](const std::vector<ast::ExprPtr>& exprs) -> Result<std::vector<size_t>> {
    std::vector<size_t> out;
    for (const ast::ExprPtr& e : exprs) {
      SLUICE_ASSIGN_OR_RETURN(size_t key, GroupKey(*e));
      out.push_back(key);
    }
    return out;
  };
  switch (item.kind) {
    case ast::GroupItemKind::kEmpty: sets = {{}}; return {};
    case ast::GroupItemKind::kExpr: {
      SLUICE_ASSIGN_OR_RETURN(bool window, BindGroupWindow(*item.exprs[0]));
      if (window) {
        sets = {{}};
        return {};
      }
      SLUICE_ASSIGN_OR_RETURN(auto keys, keys_of(item.exprs));
      sets = {keys};
      return {};
    }
    case ast::GroupItemKind::kRowList: {
      SLUICE_ASSIGN_OR_RETURN(auto keys, keys_of(item.exprs));
      sets = {keys};
      return {};
    }
    case ast::GroupItemKind::kGroupingSets:
      sets.clear();
      for (const ast::GroupItem& child : item.children) {
        Sets more;
        SLUICE_RETURN_IF_ERROR(BindGroupItem(child, more));
        sets.insert(sets.end(), more.begin(), more.end());
      }
      return {};
    case ast::GroupItemKind::kCube:
    case ast::GroupItemKind::kRollup: {
      std::vector<std::vector<size_t>> parts;
      for (const ast::GroupItem& child : item.children) {
        Sets part;
        SLUICE_RETURN_IF_ERROR(BindGroupItem(child, part));
        parts.push_back(part[0]);
      }
      sets.clear();
      auto add = [&](auto&& included) {
        std::vector<size_t> set;
        for (size_t k = 0; k < parts.size(); ++k) {
          if (included(k)) set.insert(set.end(), parts[k].begin(), parts[k].end());
        }
        sets.push_back(std::move(set));
      };
      if (item.kind == ast::GroupItemKind::kRollup) {
        for (size_t n = parts.size() + 1; n-- > 0;) add([n](size_t k) { return k < n; });
      } else {
        if (parts.size() > 12) return Invalid("CUBE of more than 12 elements", item.position);
        for (size_t mask = size_t{1} << parts.size(); mask-- > 0;) {
          add([&](size_t k) { return (mask >> (parts.size() - 1 - k) & 1) != 0; });
        }
      }
      return {};
    }
  }
  return {};
}

Status SelectBinder::BindGroupBy(const ast::SelectQuery& query) {
  if (!query.grouped) return {};
  grouped_ = true;
  sets_ = {{}};
  for (const ast::GroupItem& item : query.group_by) {
    Sets sets;
    SLUICE_RETURN_IF_ERROR(BindGroupItem(item, sets));
    sets_ = Cross(sets_, sets);
  }
  for (auto& set : sets_) std::sort(set.begin(), set.end());
  // Calcite's order: what encloses comes first.
  std::stable_sort(sets_.begin(), sets_.end(),
                   [](const auto& a, const auto& b) { return a.size() != b.size() ? a.size() > b.size() : a < b; });
  return {};
}

Status SelectBinder::BindHavingAndOrder(const ast::SelectQuery& query) {
  if (query.having) {
    ExprBinder binder = make_binder_(scope_, "HAVING");
    binder.aggregates = &aggregates_;
    binder.subqueries = &subqueries_;
    SLUICE_ASSIGN_OR_RETURN(having_, binder.BindCondition(*query.having));
    grouped_ = true;
    if (sets_.empty()) sets_ = {{}};
  }
  const bool distinct = query.quantifier == ast::SetQuantifier::kDistinct;
  for (const ast::OrderItem& item : query.order_by) {
    OrderKey key;
    key.ascending = !item.descending;
    key.nulls_last = item.nulls == ast::NullsOrder::kDefault ? item.descending : item.nulls == ast::NullsOrder::kLast;
    const ast::Expr& e = *item.expr;
    if (e.kind == ast::ExprKind::kLiteral &&
        static_cast<const ast::LiteralExpr&>(e).literal == ast::LiteralKind::kInteger) {
      const size_t ordinal = std::stoul("0" + static_cast<const ast::LiteralExpr&>(e).text.substr(0, 9));
      if (ordinal < 1 || ordinal > items_.size()) return Invalid("Ordinal out of range", e.position);
      key.column = static_cast<int>(ordinal - 1);
    } else if (e.kind == ast::ExprKind::kName && static_cast<const ast::NameExpr&>(e).parts.size() == 1) {
      const std::string& name = static_cast<const ast::NameExpr&>(e).parts[0].name;
      for (size_t i = 0; i < items_.size(); ++i) {
        if (items_[i].name == name) {
          key.column = static_cast<int>(i);
          break;
        }
      }
    }
    if (key.column < 0) {
      ExprBinder binder = make_binder_(scope_, "ORDER BY");
      binder.aggregates = &aggregates_;
      binder.overs = &overs_;
      binder.subqueries = &subqueries_;
      binder.named_windows = named_windows_;
      SLUICE_ASSIGN_OR_RETURN(key.expr, binder.Bind(e));
      for (size_t i = 0; i < items_.size(); ++i) {
        if (ExprEquals(*items_[i].expr, *key.expr)) key.column = static_cast<int>(i);
      }
      if (key.column < 0 && distinct) {
        return Invalid(
            fmt::format("Expression '{}' is not in the select clause", ExprToString(*key.expr, scope_.schema)),
            e.position);
      }
    }
    order_.push_back(std::move(key));
  }
  return {};
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

Status SelectBinder::BindQualify(const ast::Expr& condition) {
  ExprBinder binder = make_binder_(scope_, "QUALIFY");
  binder.aggregates = &aggregates_;
  binder.overs = &overs_;
  binder.named_windows = named_windows_;
  binder.own_names = [this](const ast::NameExpr& name) -> ExprPtr {
    if (name.parts.size() != 1 || scope_.Resolve(name.parts, name.position).ok()) return nullptr;
    for (const Item& item : items_) {
      if (item.name == name.parts[0].name) return item.expr;
    }
    return nullptr;
  };
  SLUICE_ASSIGN_OR_RETURN(qualify_, binder.BindCondition(condition));
  if (overs_.empty()) {
    return Invalid(fmt::format("QUALIFY expression '{}' must contain a window function", Unparse(condition)),
                   condition.position);
  }
  return {};
}

Result<ExprPtr> SelectBinder::GroupingValue(const Expr& e) const {
  // One value a grouping set: bit per argument, the first argument highest; 1 = not in the set.
  std::vector<int64_t> values;
  const bool group_id = e.args[0]->value.as_int() == 1;
  const bool repeated = std::set<std::vector<size_t>>(sets_.begin(), sets_.end()).size() < sets_.size();
  if (group_id && repeated) return Invalid("GROUPING SETS are currently not supported.", e.position);
  for (const auto& set : sets_) {
    int64_t value = 0;
    for (size_t k = 1; k < e.args.size() && !group_id; ++k) {
      size_t key = keys_.size();
      for (size_t i = 0; i < keys_.size(); ++i) {
        if (ExprEquals(*keys_[i], *e.args[k])) key = i;
      }
      if (key == keys_.size()) {
        return Invalid("Argument to GROUPING operator must be a grouped expression", e.position);
      }
      value = value * 2 + (std::find(set.begin(), set.end(), key) == set.end() ? 1 : 0);
    }
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

Status SelectBinder::CheckWindowProperties(const Expr& e) const {
  for (const ExprPtr& a : e.args) SLUICE_RETURN_IF_ERROR(CheckWindowProperties(*a));
  if (PlaceholderIndex(e, kWindowPlaceholder) < 0) return {};
  const std::string& name = e.args[1]->value.as_string();
  const std::string group = name.substr(0, name.find('_'));
  std::vector<int64_t> sizes;
  for (size_t i = 2; i < e.args.size(); ++i) {
    if (e.args[i]->kind == ExprKind::kLiteral && e.args[i]->type.is_interval())
      sizes.push_back(e.args[i]->value.as_int());
  }
  std::vector<int64_t> expected;
  bool same = group_window_.has_value();
  if (same) {
    const WindowKind kind = group == "TUMBLE" ? WindowKind::kTumble
                            : group == "HOP"  ? WindowKind::kHop
                                              : WindowKind::kSession;
    same = group_window_->kind == kind;
    if (kind == WindowKind::kHop)
      expected = {group_window_->slide_ms, group_window_->size_ms};
    else
      expected = {group_window_->size_ms};
  }
  if (same && sizes == expected) return {};
  if (!grouped_) {
    return Invalid(
        fmt::format("Unsupported call: {}({}, INTERVAL SECOND(3) NOT NULL) \nIf you think this function should "
                    "be supported, you can create an issue and start a discussion for it.",
                    name, e.type.Nullable().WithTimeAttribute(TimeAttribute::kNone).ToString()),
        e.position);
  }
  return Invalid(
      fmt::format(
          "Call to auxiliary group function '{}' must have matching call to group function '${}' in GROUP BY clause",
          name, group),
      e.position);
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

Status SelectBinder::ApplyAggregate() {
  auto uses_window = [&](const ExprPtr& e) { return e && HasPlaceholder(*e, kWindowPlaceholder); };
  if (uses_window(having_)) SLUICE_RETURN_IF_ERROR(CheckWindowProperties(*having_));
  for (const Item& item : items_) {
    if (uses_window(item.expr)) SLUICE_RETURN_IF_ERROR(CheckWindowProperties(*item.expr));
  }
  if (aggregates_.empty() && !grouped_) {
    for (const Item& item : items_) {
      if (!HasPlaceholder(*item.expr, kGroupingPlaceholder)) continue;
      return Invalid("GROUPING operator may only occur in an aggregate query", item.expr->position);
    }
    return {};
  }
  if (sets_.empty()) sets_ = {{}};
  const bool global = keys_.empty() && !group_window_;

  // Input of the aggregate: keys, then arguments, then the group window's time.
  std::vector<ExprPtr> columns = keys_;
  auto column = [&](const ExprPtr& e) { return static_cast<int>(IndexOf(columns, e)); };
  std::vector<AggregateCall> calls;
  for (BoundAggregate& bound : aggregates_) {
    AggregateCall call;
    call.function = bound.function;
    for (const ExprPtr& a : bound.args) {
      call.args.push_back(column(a));
      call.arg_types.push_back(a->type);
    }
    if (bound.filter) call.filter = column(bound.filter);
    call.distinct = bound.distinct;
    call.ignore_nulls = bound.ignore_nulls;
    call.literals = bound.literals;
    for (const auto& [key, ascending] : bound.order_by) call.order_by.emplace_back(column(key), ascending);
    const bool always_valued = bound.function == "COUNT" || bound.function == "COLLECT" ||
                               bound.function == "ARRAY_AGG" || bound.function.starts_with("JSON_");
    call.type = global && !always_valued ? bound.type.Nullable() : bound.type;
    calls.push_back(std::move(call));
  }
  if (group_window_) group_window_->time_column = column(group_window_time_);
  if (!subqueries_.empty()) {
    std::vector<ExprPtr*> slots;
    for (ExprPtr& e : columns) slots.push_back(&e);
    SLUICE_ASSIGN_OR_RETURN(rel_, AttachSubqueries(rel_, subqueries_, slots, SameColumns()));
  }
  // With several sets, keys are overwritten with NULL: arguments that are keys too need a column of their own.
  if (sets_.size() > 1) {
    for (AggregateCall& call : calls) {
      for (int& a : call.args) {
        if (static_cast<size_t>(a) < keys_.size()) {
          columns.push_back(columns[static_cast<size_t>(a)]);
          a = static_cast<int>(columns.size() - 1);
        }
      }
    }
  }
  rel_ = MakeProject(rel_, columns, NumberedNames(rel_->schema, columns));

  if (sets_.size() > 1) {
    auto expand = std::make_shared<ExpandRel>();
    expand->inputs = {rel_};
    expand->schema = rel_->schema;
    for (size_t k = 0; k < keys_.size(); ++k) {
      const bool always = std::all_of(sets_.begin(), sets_.end(), [&](const auto& set) {
        return std::find(set.begin(), set.end(), k) != set.end();
      });
      if (!always) expand->schema[k].type = expand->schema[k].type.Nullable().WithTimeAttribute(TimeAttribute::kNone);
    }
    const DataType id_type = DataType::Bigint().NotNull();
    expand->schema.push_back({"$e", id_type, ""});
    for (size_t s = 0; s < sets_.size(); ++s) {
      std::vector<ExprPtr> projection;
      for (size_t c = 0; c < columns.size(); ++c) {
        const bool nulled = c < keys_.size() && std::find(sets_[s].begin(), sets_[s].end(), c) == sets_[s].end();
        projection.push_back(nulled ? Expr::Literal(Value::Null(), expand->schema[c].type)
                                    : Expr::Input(static_cast<int>(c), rel_->schema[c].type));
      }
      projection.push_back(Expr::Literal(Value::Int(static_cast<int64_t>(s)), id_type));
      expand->projections.push_back(std::move(projection));
    }
    rel_ = expand;
    expand_id_ = static_cast<int>(keys_.size());
  }

  auto aggregate = std::make_shared<AggregateRel>();
  aggregate->inputs = {rel_};
  for (size_t k = 0; k < keys_.size(); ++k) {
    aggregate->keys.push_back(static_cast<int>(k));
    aggregate->schema.push_back(rel_->schema[k]);
  }
  if (expand_id_ >= 0) {
    aggregate->keys.push_back(static_cast<int>(rel_->schema.size() - 1));
    aggregate->schema.push_back(rel_->schema.back());
  }
  for (size_t i = 0; i < calls.size(); ++i) aggregate->schema.push_back({fmt::format("EXPR${}", i), calls[i].type, ""});
  aggregate->calls = std::move(calls);
  aggregate->state_ttl_ms = state_ttl_ms_;
  DropTimeAttributes(*aggregate);
  SLUICE_RETURN_IF_ERROR(CheckEmitStrategy(*aggregate));
  if (group_window_) {
    aggregate->has_group_window = true;
    aggregate->group_window = *group_window_;
    std::vector<DataType> types;
    auto collect = [&](auto& self, const Expr& e) -> void {
      if (int64_t p = PlaceholderIndex(e, kWindowPlaceholder); p >= 0) {
        const auto property = static_cast<WindowProperty>(p);
        if (std::find(properties_.begin(), properties_.end(), property) == properties_.end()) {
          properties_.push_back(property);
          types.push_back(e.type);
        }
      }
      for (const ExprPtr& a : e.args) self(self, *a);
    };
    for (const Item& item : items_) collect(collect, *item.expr);
    if (having_) collect(collect, *having_);
    for (const OrderKey& key : order_) {
      if (key.expr) collect(collect, *key.expr);
    }
    aggregate->properties = properties_;
    for (size_t i = 0; i < properties_.size(); ++i) aggregate->schema.push_back({fmt::format("w${}", i), types[i], ""});
  }
  rel_ = aggregate;

  if (having_) {
    SLUICE_ASSIGN_OR_RETURN(having_, AfterAggregate(having_));
  }
  for (Item& item : items_) {
    SLUICE_ASSIGN_OR_RETURN(item.expr, AfterAggregate(item.expr));
  }
  for (OrderKey& key : order_) {
    if (!key.expr) continue;
    SLUICE_ASSIGN_OR_RETURN(key.expr, AfterAggregate(key.expr));
  }
  if (qualify_) {
    SLUICE_ASSIGN_OR_RETURN(qualify_, AfterAggregate(qualify_));
  }
  for (BoundOver& over : overs_) {
    for (ExprPtr& e : over.call.args) {
      SLUICE_ASSIGN_OR_RETURN(e, AfterAggregate(e));
    }
    for (ExprPtr& e : over.partition_by) {
      SLUICE_ASSIGN_OR_RETURN(e, AfterAggregate(e));
    }
    for (auto& order : over.order_by) {
      SLUICE_ASSIGN_OR_RETURN(order.expr, AfterAggregate(order.expr));
    }
  }
  if (having_) {
    SLUICE_ASSIGN_OR_RETURN(rel_, FilterWithSubqueries(rel_, having_, subqueries_, OuterOfSubqueries()));
  }
  return {};
}

OuterColumns SelectBinder::OuterOfSubqueries() const {
  if (aggregates_.empty() && !grouped_) return SameColumns();
  return [this](const ExprPtr& column) { return AfterAggregate(column); };
}

Status SelectBinder::ApplyOver() {
  if (overs_.empty()) return {};
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  for (size_t i = 0; i < rel_->schema.size(); ++i) {
    columns.push_back(ColumnRef(rel_->schema, i));
    names.push_back(rel_->schema[i].name);
  }
  auto column = [&](const ExprPtr& e) { return static_cast<int>(IndexOf(columns, e)); };
  auto over_rel = std::make_shared<OverRel>();
  over_rel->position = overs_[0].position;
  for (BoundOver& over : overs_) {
    OverCall call;
    call.function = over.call.function;
    call.aggregate.function = over.call.function;
    for (const ExprPtr& a : over.call.args) {
      call.aggregate.args.push_back(column(a));
      call.aggregate.arg_types.push_back(a->type);
    }
    if (over.call.filter) call.aggregate.filter = column(over.call.filter);
    call.aggregate.distinct = over.call.distinct;
    call.aggregate.ignore_nulls = over.call.ignore_nulls;
    call.aggregate.literals = over.call.literals;
    call.aggregate.type = over.call.type;
    for (const ExprPtr& p : over.partition_by) call.partition_by.push_back(column(p));
    for (const auto& order : over.order_by)
      call.order_by.push_back({column(order.expr), order.ascending, order.nulls_last});
    call.has_frame = over.has_frame;
    call.frame = over.frame;
    call.start_type = over.start_type;
    call.end_type = over.end_type;
    over_rel->calls.push_back(std::move(call));
  }
  for (size_t i = names.size(); i < columns.size(); ++i) names.push_back(fmt::format("$o{}", i));
  if (columns.size() > rel_->schema.size()) rel_ = MakeProject(rel_, columns, UniqueNames(names));
  over_rel->inputs = {rel_};
  over_rel->schema = rel_->schema;
  const auto first = static_cast<int>(rel_->schema.size());
  for (size_t i = 0; i < over_rel->calls.size(); ++i) {
    over_rel->schema.push_back({fmt::format("w0$o{}", i), over_rel->calls[i].aggregate.type, ""});
  }
  rel_ = over_rel;
  auto replace = [&](const ExprPtr& e) -> ExprPtr {
    const int64_t i = PlaceholderIndex(*e, kOverPlaceholder);
    return i < 0 ? nullptr : Expr::Input(first + static_cast<int>(i), e->type);
  };
  for (Item& item : items_) item.expr = Rewrite(item.expr, replace);
  for (OrderKey& key : order_) {
    if (key.expr) key.expr = Rewrite(key.expr, replace);
  }
  if (qualify_) rel_ = MakeFilter(rel_, Rewrite(qualify_, replace));
  return {};
}

Result<RelPtr> SelectBinder::Bind(const ast::SelectQuery& query,
                                  const std::function<Result<RelPtr>(RelPtr, std::vector<SortKey>)>& finish) {
  named_windows_ = &query.windows;
  SLUICE_RETURN_IF_ERROR(BindHints(query));
  SLUICE_RETURN_IF_ERROR(BindItems(query));
  SLUICE_RETURN_IF_ERROR(BindGroupBy(query));
  SLUICE_RETURN_IF_ERROR(BindHavingAndOrder(query));
  if (query.qualify) SLUICE_RETURN_IF_ERROR(BindQualify(*query.qualify));
  SLUICE_RETURN_IF_ERROR(ApplyAggregate());
  SLUICE_RETURN_IF_ERROR(ApplyOver());

  std::vector<std::string> names;
  for (const Item& item : items_) names.push_back(item.name);
  names = UniqueNames(std::move(names));
  std::vector<ExprPtr> columns;
  for (const Item& item : items_) columns.push_back(item.expr);
  std::vector<SortKey> sort;
  for (const OrderKey& key : order_) {
    int at = key.column;
    if (at < 0) {
      at = static_cast<int>(IndexOf(columns, key.expr));
      if (static_cast<size_t>(at) == names.size()) names.push_back(fmt::format("$s{}", at));
    }
    sort.push_back({at, key.ascending, key.nulls_last});
  }
  if (!subqueries_.empty()) {
    std::vector<ExprPtr*> slots;
    for (ExprPtr& c : columns) slots.push_back(&c);
    SLUICE_ASSIGN_OR_RETURN(rel_, AttachSubqueries(rel_, subqueries_, slots, OuterOfSubqueries()));
  }
  const size_t visible = items_.size();
  RelPtr rel = MakeProject(rel_, columns, names);
  if (query.quantifier == ast::SetQuantifier::kDistinct && !ShowsAllKeys()) {
    auto distinct = std::make_shared<AggregateRel>();
    distinct->inputs = {rel};
    distinct->schema = rel->schema;
    for (size_t i = 0; i < rel->schema.size(); ++i) distinct->keys.push_back(static_cast<int>(i));
    distinct->state_ttl_ms = state_ttl_ms_;
    DropTimeAttributes(*distinct);
    rel = distinct;
  }
  SLUICE_ASSIGN_OR_RETURN(rel, finish(rel, std::move(sort)));
  if (columns.size() > visible) {
    std::vector<ExprPtr> keep;
    names.resize(visible);
    for (size_t i = 0; i < visible; ++i) keep.push_back(ColumnRef(rel->schema, i));
    rel = MakeProject(rel, std::move(keep), names);
  }
  return rel;
}

}  // namespace sluice::engine::sql
