#include "engine/sql/binder/select_binder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/sql/binder/literals.h"
#include "engine/sql/binder/subqueries.h"
#include "engine/sql/binder/window_functions.h"
#include "engine/sql/errors.h"
#include "engine/sql/logical/windows.h"
#include "engine/sql/parser/unparse.h"

namespace sluice::engine::sql {

namespace {

std::string ItemName(const ast::SelectItem& item, size_t index) {
  if (item.alias) return item.alias->name;
  const ast::Expr& e = *item.expr;
  if (e.kind == ast::ExprKind::kName) return static_cast<const ast::NameExpr&>(e).parts.back().name;
  if (e.kind == ast::ExprKind::kField) return static_cast<const ast::FieldExpr&>(e).field.name;
  return fmt::format("EXPR${}", index);
}

}  // namespace

size_t IndexOfExpr(std::vector<ExprPtr>& list, const ExprPtr& e) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (ExprEquals(*list[i], *e)) return i;
  }
  list.push_back(e);
  return list.size() - 1;
}

AggregateCall CallOverColumns(const BoundAggregate& bound, std::vector<ExprPtr>& columns) {
  auto column = [&](const ExprPtr& e) { return static_cast<int>(IndexOfExpr(columns, e)); };
  AggregateCall call;
  call.function = bound.function;
  for (const ExprPtr& a : bound.args) {
    call.args.push_back(column(a));
    call.arg_types.push_back(a->type);
  }
  if (bound.filter) {
    // Calcite's filters know no NULL.
    const bool nullable = bound.filter->type.nullable();
    call.filter =
        column(nullable ? Expr::Call("IS TRUE", {bound.filter}, DataType::Boolean().NotNull()) : bound.filter);
  }
  call.distinct = bound.distinct;
  call.ignore_nulls = bound.ignore_nulls;
  call.literals = bound.literals;
  for (const auto& [key, ascending] : bound.order_by) call.order_by.emplace_back(column(key), ascending);
  call.type = bound.type;
  return call;
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

ExprBinder SelectBinder::FullBinder(const char* clause) {
  ExprBinder binder = make_binder_(scope_, clause);
  binder.aggregates = &aggregates_;
  binder.overs = &overs_;
  binder.subqueries = &subqueries_;
  binder.named_windows = named_windows_;
  return binder;
}

Status SelectBinder::BindItems(const ast::SelectQuery& query) {
  ExprBinder binder = FullBinder("SELECT");
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

Status SelectBinder::BindHaving(const ast::Expr& condition) {
  ExprBinder binder = make_binder_(scope_, "HAVING");
  binder.aggregates = &aggregates_;
  binder.subqueries = &subqueries_;
  SLUICE_ASSIGN_OR_RETURN(having_, binder.BindCondition(condition));
  grouped_ = true;
  return {};
}

Result<int> SelectBinder::OutputColumn(const ast::Expr& e) const {
  if (e.kind == ast::ExprKind::kLiteral &&
      static_cast<const ast::LiteralExpr&>(e).literal == ast::LiteralKind::kInteger) {
    const size_t ordinal = std::stoul("0" + static_cast<const ast::LiteralExpr&>(e).text.substr(0, 9));
    if (ordinal < 1 || ordinal > items_.size()) return Invalid("Ordinal out of range", e.position);
    return static_cast<int>(ordinal - 1);
  }
  if (e.kind != ast::ExprKind::kName || static_cast<const ast::NameExpr&>(e).parts.size() != 1) return -1;
  const std::string& name = static_cast<const ast::NameExpr&>(e).parts[0].name;
  const auto item = std::find_if(items_.begin(), items_.end(), [&](const Item& i) { return i.name == name; });
  return item == items_.end() ? -1 : static_cast<int>(item - items_.begin());
}

Status SelectBinder::BindOrder(const ast::SelectQuery& query) {
  const bool distinct = query.quantifier == ast::SetQuantifier::kDistinct;
  for (const ast::OrderItem& item : query.order_by) {
    OrderKey key;
    key.ascending = !item.descending;
    key.nulls_last = item.nulls == ast::NullsOrder::kDefault ? item.descending : item.nulls == ast::NullsOrder::kLast;
    SLUICE_ASSIGN_OR_RETURN(key.column, OutputColumn(*item.expr));
    if (key.column < 0) {
      SLUICE_ASSIGN_OR_RETURN(key.expr, FullBinder("ORDER BY").Bind(*item.expr));
      for (size_t i = 0; i < items_.size(); ++i) {
        if (ExprEquals(*items_[i].expr, *key.expr)) key.column = static_cast<int>(i);
      }
      if (key.column < 0 && distinct) {
        return Invalid(
            fmt::format("Expression '{}' is not in the select clause", ExprToString(*key.expr, scope_.schema)),
            item.expr->position);
      }
    }
    order_.push_back(std::move(key));
  }
  return {};
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

Status SelectBinder::AttachTo(std::vector<ExprPtr>& columns, const OuterColumns& outer) {
  if (subqueries_.empty()) return {};
  std::vector<ExprPtr*> slots;
  for (ExprPtr& e : columns) slots.push_back(&e);
  SLUICE_ASSIGN_OR_RETURN(rel_, AttachSubqueries(rel_, subqueries_, slots, outer));
  return {};
}

RelPtr SelectBinder::Distinct(const RelPtr& rel) const {
  auto distinct = std::make_shared<AggregateRel>();
  distinct->inputs = {rel};
  distinct->schema = rel->schema;
  for (size_t i = 0; i < rel->schema.size(); ++i) distinct->keys.push_back(static_cast<int>(i));
  distinct->state_ttl_ms = state_ttl_ms_;
  DropTimeAttributes(*distinct);
  return distinct;
}

Result<RelPtr> SelectBinder::Bind(const ast::SelectQuery& query, const Finish& finish) {
  named_windows_ = &query.windows;
  SLUICE_RETURN_IF_ERROR(BindHints(query));
  SLUICE_RETURN_IF_ERROR(BindItems(query));
  SLUICE_RETURN_IF_ERROR(BindGroupBy(query));
  if (query.having) SLUICE_RETURN_IF_ERROR(BindHaving(*query.having));
  SLUICE_RETURN_IF_ERROR(BindOrder(query));
  if (query.qualify) SLUICE_RETURN_IF_ERROR(BindQualify(*query.qualify));
  SLUICE_RETURN_IF_ERROR(ApplyAggregate());
  SLUICE_RETURN_IF_ERROR(ApplyOver());
  return Project(query.quantifier == ast::SetQuantifier::kDistinct && !ShowsAllKeys(), finish);
}

/// The items, and behind them what only ORDER BY needs, until the rows are sorted.
Result<RelPtr> SelectBinder::Project(bool distinct, const Finish& finish) {
  std::vector<std::string> names;
  std::vector<ExprPtr> columns;
  for (const Item& item : items_) {
    names.push_back(item.name);
    columns.push_back(item.expr);
  }
  names = UniqueNames(std::move(names));
  std::vector<SortKey> sort;
  for (const OrderKey& key : order_) {
    const int at = key.column >= 0 ? key.column : static_cast<int>(IndexOfExpr(columns, key.expr));
    if (static_cast<size_t>(at) == names.size()) names.push_back(fmt::format("$s{}", at));
    sort.push_back({at, key.ascending, key.nulls_last});
  }
  SLUICE_RETURN_IF_ERROR(AttachTo(columns, OuterOfSubqueries()));
  const bool only_items = columns.size() == items_.size();
  RelPtr rel = MakeProject(rel_, std::move(columns), names);
  if (distinct) rel = Distinct(rel);
  SLUICE_ASSIGN_OR_RETURN(rel, finish(rel, std::move(sort)));
  if (only_items) return rel;
  names.resize(items_.size());
  std::vector<ExprPtr> keep;
  for (size_t i = 0; i < names.size(); ++i) keep.push_back(ColumnRef(rel->schema, i));
  return MakeProject(rel, std::move(keep), names);
}

}  // namespace sluice::engine::sql
