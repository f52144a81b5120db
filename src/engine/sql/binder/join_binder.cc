// Joins in FROM: their kinds, NATURAL and USING, LATERAL, FOR SYSTEM_TIME AS OF.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/sql/binder/decorrelate.h"
#include "engine/sql/binder/join_subqueries.h"
#include "engine/sql/binder/query_binder.h"
#include "engine/sql/binder/subqueries.h"
#include "engine/sql/errors.h"
#include "engine/sql/logical/versions.h"

namespace sluice::engine::sql {

namespace {

/// The columns of a lateral aggregate after LEFT JOIN: where no row matched, what the empty group's row would have
/// (COUNT 0). Empty if those are all NULL anyway.
std::vector<ExprPtr> ValuesOfEmptyGroup(const Decorrelated& d, size_t left_width) {
  auto is_null = [](const ExprPtr& e) { return e->kind == ExprKind::kLiteral && e->value.is_null(); };
  if (d.keys.empty() || std::all_of(d.empty_group.begin(), d.empty_group.end(), is_null)) return {};
  auto column = [&](size_t i) {
    return Expr::Input(static_cast<int>(left_width + i), d.rel->schema[i].type.Nullable());
  };
  const ExprPtr missing =
      Expr::Call("IS NULL", {column(static_cast<size_t>(d.keys[0].column))}, DataType::Boolean().NotNull());
  std::vector<ExprPtr> out;
  for (size_t i = 0; i < d.width; ++i) {
    const ExprPtr value = column(i);
    out.push_back(is_null(d.empty_group[i])
                      ? value
                      : Expr::Call("CASE", {missing, Coerce(d.empty_group[i], value->type), value}, value->type));
  }
  return out;
}

}  // namespace

Result<ExprPtr> QueryBinder::BindSystemTime(const ast::Expr& period, const Scope& left, const Rel& right,
                                            size_t left_width) {
  ExprBinder binder = MakeBinder(left, "FOR SYSTEM_TIME AS OF");
  SLUICE_ASSIGN_OR_RETURN(ExprPtr time, binder.Bind(period));
  if (!time->type.is_timestamp()) {
    return Invalid(fmt::format("The system time period specification expects Timestamp type but is '{}'",
                               time->type.ToCalciteString()),
                   period.position);
  }
  if (time->kind != ExprKind::kInput || (!time->type.is_rowtime() && !time->type.is_proctime())) {
    return Invalid(
        "Temporal table join currently only supports 'FOR SYSTEM_TIME AS OF' left table's time attribute "
        "field, but got " +
            ExprToString(*time),
        period.position);
  }
  if (time->type.is_proctime() && LookupScanOf(right) != nullptr) {
    return Expr::Call(kLookupCondition, {time}, DataType::Boolean().NotNull(), period.position);
  }
  if (time->type.is_proctime()) {
    return Invalid(PrimaryKeyOf(right) ? "Processing-time temporal join is not supported yet."
                                       : "Temporal Table Join requires primary key in versioned table, but no primary "
                                         "key can be found.",
                   period.position);
  }
  if (const std::optional<int> column = VersionColumnOf(right)) {
    const DataType& type = right.schema[static_cast<size_t>(*column)].type;
    const ExprPtr version = Expr::Input(static_cast<int>(left_width) + *column, type);
    return Expr::Call(kTemporalCondition, {time, version}, DataType::Boolean().NotNull(), period.position);
  }
  return Invalid(
      "Event-Time Temporal Table Join requires both primary key and row time attribute in versioned table, but no row "
      "time attribute can be found.",
      period.position);
}

namespace {

bool IsTrue(const ast::Expr& e) {
  return e.kind == ast::ExprKind::kLiteral && UpperCase(static_cast<const ast::LiteralExpr&>(e).text) == "TRUE";
}

/// JOIN LATERAL (SELECT … FROM UNNEST(…) [WHERE …]) [ON TRUE], nothing else; null if the join is something else.
const ast::SelectQuery* AsLateralUnnest(const ast::JoinTableRef& ref) {
  const bool unconditional = !ref.natural && !ref.has_using && (!ref.on || IsTrue(*ref.on));
  const bool kind = ref.type == ast::JoinType::kComma || ref.type == ast::JoinType::kCross ||
                    ref.type == ast::JoinType::kInner || ref.type == ast::JoinType::kLeft;
  if (!unconditional || !kind || ref.right->kind != ast::TableRefKind::kDerived) return nullptr;
  const auto& derived = static_cast<const ast::DerivedTableRef&>(*ref.right);
  if (!derived.lateral || derived.query->kind != ast::QueryKind::kSelect) return nullptr;
  const auto& select = static_cast<const ast::SelectQuery&>(*derived.query);
  const bool plain = select.from && select.from->kind == ast::TableRefKind::kUnnest && !select.grouped &&
                     !select.having && !select.qualify && select.with.empty() && select.order_by.empty() &&
                     !select.offset && !select.limit && select.quantifier == ast::SetQuantifier::kNone;
  return plain ? &select : nullptr;
}

}  // namespace

Result<BoundFrom> QueryBinder::BindLateralUnnest(const ast::TableRef& ref, const ast::SelectQuery& select,
                                                 const BoundFrom& left, bool left_outer) {
  const size_t left_width = left.rel->schema.size();
  SLUICE_ASSIGN_OR_RETURN(BoundFrom joined, BindUnnest(static_cast<const ast::UnnestTableRef&>(*select.from), left.rel,
                                                       left.scope, left_outer));
  // Inside, only the columns of UNNEST have names.
  Scope inner;
  inner.Add({}, left.rel->schema);
  inner.hidden.assign(left_width, true);
  const Schema columns(joined.rel->schema.begin() + static_cast<std::ptrdiff_t>(left_width), joined.rel->schema.end());
  inner.Add({select.from->alias ? select.from->alias->name : "", {}, 0, 0}, columns);
  RelPtr rel = joined.rel;
  if (select.where) {
    ExprBinder binder = MakeBinder(inner, "WHERE");
    SLUICE_ASSIGN_OR_RETURN(ExprPtr condition, binder.BindCondition(*select.where));
    if (left_outer) {
      auto correlate = std::make_shared<CorrelateRel>(static_cast<const CorrelateRel&>(*rel));
      correlate->condition = condition;
      rel = correlate;
    } else {
      rel = MakeFilter(rel, condition);
    }
  }
  std::vector<ExprPtr> items;
  std::vector<std::string> names;
  for (size_t i = 0; i < left_width; ++i) {
    items.push_back(ColumnRef(rel->schema, i));
    names.push_back(rel->schema[i].name);
  }
  ExprBinder binder = MakeBinder(inner, "SELECT");
  for (size_t k = 0; k < select.items.size(); ++k) {
    const ast::SelectItem& item = select.items[k];
    const bool name = item.expr->kind == ast::ExprKind::kName;
    if (name && static_cast<const ast::NameExpr&>(*item.expr).star) {
      for (size_t i = left_width; i < rel->schema.size(); ++i) {
        items.push_back(ColumnRef(rel->schema, i));
        names.push_back(rel->schema[i].name);
      }
      continue;
    }
    SLUICE_ASSIGN_OR_RETURN(ExprPtr e, binder.Bind(*item.expr));
    if (e->kind != ExprKind::kInput) {
      // Flink drops a projection between UNNEST and the join and shows the element itself.
      if (columns.size() != 1 || left_outer) {
        return NotYet("expressions over UNNEST in a LATERAL sub-query", item.expr->position);
      }
      e = ColumnRef(rel->schema, left_width);
    }
    items.push_back(std::move(e));
    names.push_back(item.alias ? item.alias->name
                    : name     ? static_cast<const ast::NameExpr&>(*item.expr).parts.back().name
                               : fmt::format("EXPR${}", k));
  }
  const size_t shown = items.size() - left_width;
  if (!ref.column_aliases.empty() && ref.column_aliases.size() != shown) {
    return Invalid(fmt::format("List of column aliases must have same degree as table; table has {} columns, whereas "
                               "alias list has {} columns",
                               shown, ref.column_aliases.size()),
                   ref.position);
  }
  for (size_t i = 0; i < ref.column_aliases.size(); ++i) names[left_width + i] = ref.column_aliases[i].name;
  BoundFrom out;
  out.rel = MakeProject(rel, std::move(items), std::move(names));
  out.scope = left.scope;
  out.scope.Add({ref.alias ? ref.alias->name : "", {}, 0, 0},
                Schema(out.rel->schema.begin() + static_cast<std::ptrdiff_t>(left_width), out.rel->schema.end()));
  return out;
}

namespace {

JoinKind KindOf(ast::JoinType type) {
  switch (type) {
    case ast::JoinType::kLeft: return JoinKind::kLeft;
    case ast::JoinType::kRight: return JoinKind::kRight;
    case ast::JoinType::kFull: return JoinKind::kFull;
    case ast::JoinType::kLeftSemi: return JoinKind::kSemi;
    case ast::JoinType::kLeftAnti: return JoinKind::kAnti;
    default: return JoinKind::kInner;
  }
}

bool NeedsCondition(ast::JoinType type) {
  return type == ast::JoinType::kInner || type == ast::JoinType::kLeft || type == ast::JoinType::kRight ||
         type == ast::JoinType::kFull;
}

/// Flink's words for text compared with a number in a join's condition; nothing if there is no such comparison.
std::optional<Error> TextAgainstNumber(const ast::Expr& e, ExprBinder& binder) {
  if (e.kind != ast::ExprKind::kBinary) return std::nullopt;
  const auto& binary = static_cast<const ast::BinaryExpr&>(e);
  if (binary.op == ast::BinaryOp::kAnd) {
    auto found = TextAgainstNumber(*binary.left, binder);
    return found ? found : TextAgainstNumber(*binary.right, binder);
  }
  auto left = binder.Bind(*binary.left);
  auto right = binder.Bind(*binary.right);
  if (!left.ok() || !right.ok()) return std::nullopt;
  const DataType &a = (*left)->type, &b = (*right)->type;
  if (!(a.is_character() && b.is_numeric()) && !(b.is_character() && a.is_numeric())) return std::nullopt;
  return Invalid(fmt::format("implicit type conversion between {} and {} is not supported on join's condition now",
                             a.ToCalciteString(), b.ToCalciteString()),
                 e.position);
}

bool IsTrue(const Expr& e) { return e.kind == ExprKind::kLiteral && !e.value.is_null() && e.value.as_bool(); }

/// The names of one side of a join; `nullable`: the join may pad it.
void AddSide(const BoundFrom& side, bool nullable, Scope& scope) {
  for (const ScopeTable& t : side.scope.tables) {
    Schema columns(side.scope.schema.begin() + static_cast<std::ptrdiff_t>(t.first),
                   side.scope.schema.begin() + static_cast<std::ptrdiff_t>(t.first + t.count));
    if (nullable) {
      for (RowField& f : columns) f.type = f.type.Nullable();
    }
    for (size_t i = 0; i < t.count; ++i) scope.hidden.push_back(side.scope.IsHidden(t.first + i));
    scope.Add(t, columns);
  }
}

Status CheckAliases(const Scope& left, const Scope& right, TextPosition position) {
  for (const ScopeTable& l : left.tables) {
    for (const ScopeTable& r : right.tables) {
      if (!l.alias.empty() && l.alias == r.alias && l.path == r.path) {
        return Invalid(fmt::format("Duplicate relation name '{}' in FROM clause", l.alias), position);
      }
    }
  }
  return {};
}

/// The columns that NATURAL or USING names.
std::vector<std::string> SharedColumns(const ast::JoinTableRef& ref, const Scope& left, const Scope& right) {
  std::vector<std::string> shared;
  for (const RowField& f : left.schema) {
    const auto same = [&](const RowField& g) { return g.name == f.name; };
    if (ref.natural && std::any_of(right.schema.begin(), right.schema.end(), same)) shared.push_back(f.name);
  }
  for (const ast::Identifier& name : ref.using_columns) shared.push_back(name.name);
  return shared;
}
}  // namespace

Result<BoundFrom> QueryBinder::BindUnnestJoin(const ast::JoinTableRef& ref, const BoundFrom& left) {
  if (ref.type == ast::JoinType::kRight || ref.type == ast::JoinType::kFull) {
    return Invalid(fmt::format("Unknown join type {}: UNNEST can be joined by CROSS, INNER and LEFT JOIN only",
                               ref.type == ast::JoinType::kRight ? "RIGHT" : "FULL"),
                   ref.position);
  }
  const bool left_outer = ref.type == ast::JoinType::kLeft;
  SLUICE_ASSIGN_OR_RETURN(BoundFrom joined, BindUnnest(static_cast<const ast::UnnestTableRef&>(*ref.right), left.rel,
                                                       left.scope, left_outer));
  if (!ref.on) return joined;
  ExprBinder binder = MakeBinder(joined.scope, "ON");
  SLUICE_ASSIGN_OR_RETURN(ExprPtr on, binder.BindCondition(*ref.on));
  if (IsTrue(*on)) return joined;
  if (left_outer) {
    auto correlate = std::make_shared<CorrelateRel>(static_cast<const CorrelateRel&>(*joined.rel));
    correlate->condition = on;
    joined.rel = correlate;
  } else {
    joined.rel = MakeFilter(joined.rel, on);
  }
  return joined;
}

Status QueryBinder::BindSharedColumn(const std::string& name, const ast::JoinTableRef& ref, const Scope& left,
                                     const Scope& right, Scope& both, std::vector<ExprPtr>& conditions) {
  ast::Identifier id;
  id.name = name;
  auto l = left.Resolve({id}, ref.position);
  auto r = right.Resolve({id}, ref.position);
  if (!l.ok() || !r.ok()) return Invalid(fmt::format("Column '{}' not found in any table", name), ref.position);
  const ExprPtr shifted = ExprShift(*r, static_cast<int>(left.schema.size()));
  ExprBinder binder = MakeBinder(both, "ON");
  auto equal = binder.Call("=", {*l, shifted}, ref.position);
  if (!equal.ok()) {
    return Invalid(
        fmt::format("Column '{}' matched using NATURAL keyword or USING clause has incompatible types: cannot "
                    "compare '{}' to '{}'",
                    name, (*l)->type.ToCalciteString(), shifted->type.ToCalciteString()),
        ref.position);
  }
  conditions.push_back(*equal);
  ExprPtr merged = ref.type == ast::JoinType::kRight ? shifted : *l;
  if (ref.type == ast::JoinType::kFull) {
    SLUICE_ASSIGN_OR_RETURN(merged, binder.Call("COALESCE", {ExprShift(*l, 0), shifted}, ref.position));
  }
  both.merged.emplace_back(name, merged);
  for (size_t i = 0; i < both.schema.size(); ++i) {
    if (both.schema[i].name == name) both.hidden[i] = true;
  }
  return {};
}

namespace {

bool HasSystemTime(const ast::JoinTableRef& ref) { return ref.right->system_time_as_of != nullptr; }

Status CheckForm(const ast::JoinTableRef& ref) {
  if (ref.type == ast::JoinType::kAsof || ref.type == ast::JoinType::kLeftAsof) {
    return NotYet("ASOF JOIN", ref.position);
  }
  if (NeedsCondition(ref.type) && !ref.on && !ref.natural && !ref.has_using) {
    return Invalid("INNER, LEFT, RIGHT or FULL join requires a condition (NATURAL keyword or ON or USING clause)",
                   ref.position);
  }
  return {};
}

bool IsLateral(const ast::TableRef& ref) {
  return ref.kind == ast::TableRefKind::kDerived && static_cast<const ast::DerivedTableRef&>(ref).lateral;
}

/// A join while it is bound: its sides, and what must hold of their rows.
struct Joining {
  JoinKind kind = JoinKind::kInner;
  RelPtr left, right;
  size_t left_width = 0;     // columns of the left side
  size_t visible_right = 0;  // columns of the right side that names refer to; behind them what conditions need
  std::vector<ExprPtr> conditions;
  std::vector<ExprPtr> lateral_values;  // see ValuesOfEmptyGroup
  // Conjuncts of an inner join's ON with sub-queries: they filter the joined rows.
  ExprPtr filter;
  std::vector<BoundSubquery> filter_subqueries;

  bool left_nullable() const { return kind == JoinKind::kRight || kind == JoinKind::kFull; }
  bool right_nullable() const { return kind == JoinKind::kLeft || kind == JoinKind::kFull; }
};

/// A lateral right side becomes an ordinary one, with the conditions that made it lateral.
Status DecorrelateRight(Joining& join) {
  SLUICE_ASSIGN_OR_RETURN(Decorrelated d, Decorrelate(join.right, join.left, SameColumns(), JoinNeeds::kAnyCondition));
  if (ExprPtr own = JoinConditionOf(d, join.left_width)) join.conditions.push_back(std::move(own));
  join.right = d.rel;
  if (join.kind == JoinKind::kLeft) join.lateral_values = ValuesOfEmptyGroup(d, join.left_width);
  return {};
}

/// What of an inner join's `on` has no sub-query; the rest becomes the join's filter.
ExprPtr FilterLater(const ExprPtr& on, std::vector<BoundSubquery> subqueries, Joining& join) {
  std::vector<ExprPtr> stay, later;
  for (const ExprPtr& c : SplitConjunction(on)) {
    (HasPlaceholder(*c, kSubqueryPlaceholder) ? later : stay).push_back(c);
  }
  join.filter = JoinConjunction(later);
  join.filter_subqueries = std::move(subqueries);
  return JoinConjunction(stay);
}

/// ON. `binder`: over both sides.
Status BindOn(const ast::Expr& written, ExprBinder binder, Joining& join) {
  std::vector<BoundSubquery> subqueries;
  binder.subqueries = &subqueries;
  auto condition = binder.BindCondition(written);
  if (!condition.ok() && condition.error().message().starts_with("implicit type conversion")) {
    if (auto in_join = TextAgainstNumber(written, binder)) return *in_join;
  }
  SLUICE_ASSIGN_OR_RETURN(ExprPtr on, std::move(condition));
  if (HasPlaceholder(*on, kSubqueryPlaceholder)) {
    if (join.kind == JoinKind::kInner && NeedsColumns(subqueries)) {
      on = FilterLater(on, std::move(subqueries), join);
    } else {
      JoinSides sides{join.left, join.right, join.left_width};
      SLUICE_RETURN_IF_ERROR(AttachToSides(sides, subqueries, on, written.position));
      join.left = sides.left;
      join.right = sides.right;
    }
  }
  if (on == nullptr || IsTrue(*on)) return {};
  join.conditions.push_back(on);
  if (join.lateral_values.empty()) return {};
  return NotYet("a condition on a lateral aggregate that has a value for no rows", written.position);
}

/// The columns that names refer to, of those that the join has for its condition as well.
RelPtr WithoutConditionColumns(const RelPtr& rel, const Joining& join) {
  std::vector<ExprPtr> keep;
  std::vector<std::string> names;
  auto add = [&](ExprPtr e, size_t column) {
    keep.push_back(std::move(e));
    names.push_back(rel->schema[column].name);
  };
  for (size_t i = 0; i < join.left_width; ++i) add(ColumnRef(rel->schema, i), i);
  const bool filters = join.kind == JoinKind::kSemi || join.kind == JoinKind::kAnti;
  for (size_t i = 0; i < join.visible_right && !filters; ++i) {
    const size_t column = join.left->schema.size() + i;
    add(join.lateral_values.empty() ? ColumnRef(rel->schema, column) : join.lateral_values[i], column);
  }
  return MakeProject(rel, std::move(keep), std::move(names));
}

/// The relation, and `scope` cut to the left side's names where the right side only filters.
Result<RelPtr> MakeJoin(const Joining& join, size_t left_tables, TextPosition position, Scope& scope) {
  auto rel = std::make_shared<JoinRel>();
  rel->position = position;
  rel->join = join.kind;
  rel->condition = JoinConjunction(join.conditions);
  rel->inputs = {join.left, join.right};
  rel->schema = Schema(scope.schema.begin(), scope.schema.begin() + static_cast<std::ptrdiff_t>(join.left_width));
  for (size_t i = join.left_width; i < join.left->schema.size(); ++i) {
    const RowField& f = join.left->schema[i];
    rel->schema.push_back({f.name, join.left_nullable() ? f.type.Nullable() : f.type, f.description});
  }
  if (join.kind == JoinKind::kSemi || join.kind == JoinKind::kAnti) {
    scope.schema.resize(join.left_width);
    scope.tables.resize(left_tables);
  } else {
    for (const RowField& f : join.right->schema) {
      rel->schema.push_back({f.name, join.right_nullable() ? f.type.Nullable() : f.type, f.description});
    }
  }
  if (join.filter) return FilterWithSubqueries(rel, join.filter, join.filter_subqueries, SameColumns());
  if (join.right->schema.size() == join.visible_right && join.left->schema.size() == join.left_width) {
    return RelPtr(rel);
  }
  return WithoutConditionColumns(rel, join);
}

}  // namespace

Result<BoundFrom> QueryBinder::BindJoin(const ast::JoinTableRef& ref, const Scope* outer) {
  SLUICE_ASSIGN_OR_RETURN(BoundFrom left, BindFrom(*ref.left, outer));
  left.scope.outer = outer;
  SLUICE_RETURN_IF_ERROR(CheckForm(ref));
  if (ref.right->kind == ast::TableRefKind::kUnnest) return BindUnnestJoin(ref, left);
  if (const ast::SelectQuery* unnest = AsLateralUnnest(ref)) {
    return BindLateralUnnest(*ref.right, *unnest, left, ref.type == ast::JoinType::kLeft);
  }
  if (HasSystemTime(ref)) versioned_ = ref.right.get();
  const bool lateral = IsLateral(*ref.right);
  SLUICE_ASSIGN_OR_RETURN(BoundFrom right, BindFrom(*ref.right, lateral ? &left.scope : outer));
  SLUICE_RETURN_IF_ERROR(CheckAliases(left.scope, right.scope, ref.right->position));
  const bool unconditional = ref.type == ast::JoinType::kComma || ref.type == ast::JoinType::kCross;
  if (HasSystemTime(ref) && unconditional && LookupScanOf(*right.rel) == nullptr) {
    return Invalid("Currently the join key in Temporal Table Join can not be empty.", ref.right->position);
  }

  Joining join{.kind = KindOf(ref.type),
               .left = left.rel,
               .right = right.rel,
               .left_width = left.rel->schema.size(),
               .visible_right = right.scope.schema.size()};
  if (lateral) SLUICE_RETURN_IF_ERROR(DecorrelateRight(join));
  BoundFrom out;
  AddSide(left, join.left_nullable(), out.scope);
  AddSide(right, join.right_nullable(), out.scope);
  out.scope.merged = left.scope.merged;
  out.scope.outer = outer;
  for (const std::string& name : SharedColumns(ref, left.scope, right.scope)) {
    SLUICE_RETURN_IF_ERROR(BindSharedColumn(name, ref, left.scope, right.scope, out.scope, join.conditions));
  }
  if (HasSystemTime(ref)) {
    SLUICE_ASSIGN_OR_RETURN(ExprPtr as_of,
                            BindSystemTime(*ref.right->system_time_as_of, left.scope, *join.right, join.left_width));
    join.conditions.push_back(std::move(as_of));
  }
  if (ref.on) SLUICE_RETURN_IF_ERROR(BindOn(*ref.on, MakeBinder(out.scope, "ON"), join));
  SLUICE_ASSIGN_OR_RETURN(out.rel, MakeJoin(join, left.scope.tables.size(), ref.position, out.scope));
  return out;
}

}  // namespace sluice::engine::sql
