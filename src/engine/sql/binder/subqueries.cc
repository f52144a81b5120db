#include "engine/sql/binder/subqueries.h"

#include <algorithm>

#include "engine/functions/sink_constraints.h"

namespace sluice::engine::sql {

namespace {

DataType Bool() { return DataType::Boolean().NotNull(); }
ExprPtr Truth(bool value) { return Expr::Literal(Value::Bool(value), Bool()); }
ExprPtr Unknown() { return Expr::Literal(Value::Null(), DataType::Boolean()); }
ExprPtr IsNull(const ExprPtr& e) { return Expr::Call("IS NULL", {e}, Bool()); }
ExprPtr IsNotNull(const ExprPtr& e) { return Expr::Call("IS NOT NULL", {e}, Bool()); }

RelPtr Join(const RelPtr& left, const RelPtr& right, JoinKind kind, ExprPtr condition, TextPosition position) {
  auto join = std::make_shared<JoinRel>();
  join->join = kind;
  join->condition = std::move(condition);
  join->position = position;
  join->schema = left->schema;
  if (kind != JoinKind::kSemi && kind != JoinKind::kAnti) {
    for (RowField f : right->schema) {
      if (kind == JoinKind::kLeft) f.type = f.type.Nullable();
      join->schema.push_back(std::move(f));
    }
  }
  join->inputs = {left, right};
  return join;
}

/// COUNT(*), COUNT(column) and their like over all of `rel`.
RelPtr Aggregate(const RelPtr& rel, std::vector<AggregateCall> calls) {
  auto aggregate = std::make_shared<AggregateRel>();
  aggregate->inputs = {rel};
  for (AggregateCall& call : calls) {
    for (const int a : call.args) call.arg_types.push_back(rel->schema[static_cast<size_t>(a)].type);
    call.literals.resize(call.args.size());
    aggregate->schema.push_back({"$a" + std::to_string(aggregate->schema.size()), call.type, ""});
  }
  aggregate->calls = std::move(calls);
  return aggregate;
}

AggregateCall MakeCall(std::string function, std::vector<int> args, DataType type) {
  AggregateCall call;
  call.function = std::move(function);
  call.args = std::move(args);
  call.type = std::move(type);
  return call;
}

AggregateCall Count(std::vector<int> args) { return MakeCall("COUNT", std::move(args), DataType::Bigint().NotNull()); }

bool AtMostOneRow(const Rel& rel) {
  switch (rel.kind) {
    case RelKind::kAggregate: {
      const auto& aggregate = static_cast<const AggregateRel&>(rel);
      return aggregate.keys.empty() && !aggregate.has_group_window;
    }
    case RelKind::kProject:
    case RelKind::kFilter: return AtMostOneRow(*rel.inputs[0]);
    case RelKind::kValues: return static_cast<const ValuesRel&>(rel).rows.size() <= 1;
    case RelKind::kSort: {
      const int64_t limit = static_cast<const SortRel&>(rel).limit;
      return (limit >= 0 && limit <= 1) || AtMostOneRow(*rel.inputs[0]);
    }
    default: return false;
  }
}

/// A global aggregate that nothing filters: it has a row whatever its input has.
bool AlwaysOneRow(const Rel& rel) {
  if (rel.kind == RelKind::kProject) return AlwaysOneRow(*rel.inputs[0]);
  return rel.kind == RelKind::kAggregate && AtMostOneRow(rel);
}

/// The one value of a query; the job fails when there are several.
RelPtr SingleValue(const RelPtr& rel) {
  if (AtMostOneRow(*rel)) return rel;
  const DataType type = rel->schema[0].type.Nullable().WithTimeAttribute(TimeAttribute::kNone);
  RelPtr found = Aggregate(rel, {MakeCall("FIRST_VALUE", {0}, type), Count({})});
  ExprPtr value = Expr::Call(kSingleValue, {ColumnRef(found->schema, 0), ColumnRef(found->schema, 1)}, type);
  return MakeProject(found, {std::move(value)}, {rel->schema[0].name});
}

/// The query's columns without repeats and a column that is TRUE.
RelPtr DistinctWithMark(const RelPtr& rel) {
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  for (size_t i = 0; i < rel->schema.size(); ++i) {
    columns.push_back(ColumnRef(rel->schema, i));
    names.push_back("$x" + std::to_string(i));
  }
  columns.push_back(Truth(true));
  names.emplace_back("$i");
  RelPtr marked = MakeProject(rel, std::move(columns), std::move(names));
  auto distinct = std::make_shared<AggregateRel>();
  distinct->inputs = {marked};
  distinct->schema = marked->schema;
  for (size_t i = 0; i < distinct->schema.size(); ++i) {
    distinct->keys.push_back(static_cast<int>(i));
    distinct->schema[i].type = distinct->schema[i].type.WithTimeAttribute(TimeAttribute::kNone);
  }
  return distinct;
}

ExprPtr WithColumns(const ExprPtr& comparison, size_t at) {
  return Rewrite(comparison, [&](const ExprPtr& e) -> ExprPtr {
    if (e->kind != ExprKind::kInput || e->input < kSubqueryColumns) return nullptr;
    return Expr::Input(e->input - kSubqueryColumns + static_cast<int>(at), e->type);
  });
}

/// One sub-query joined to a relation: where its columns are, and how to tell a row without a match.
struct Attached {
  RelPtr rel;
  size_t first = 0;
  Decorrelated sub;

  ExprPtr Column(size_t i) const { return ColumnRef(rel->schema, first + i); }
  /// The value of column i; what an empty group would have, where nothing matched.
  ExprPtr Value(size_t i) const {
    ExprPtr value = Column(i);
    if (sub.empty_group.empty() || sub.keys.empty()) return value;
    const ExprPtr& empty = sub.empty_group[i];
    if (empty->kind == ExprKind::kLiteral && empty->value.is_null()) return value;
    ExprPtr missing = IsNull(Column(static_cast<size_t>(sub.keys[0].column)));
    return Expr::Call("CASE", {missing, Coerce(empty, value->type), value},
                      value->type.WithNullable(value->type.nullable() || empty->type.nullable()));
  }
};

Result<Attached> Attach(const RelPtr& rel, const RelPtr& query, JoinKind kind, std::vector<ExprPtr> conditions,
                        const OuterColumns& outer, TextPosition position) {
  Attached out;
  SLUICE_ASSIGN_OR_RETURN(out.sub, Decorrelate(query, rel, outer, JoinNeeds::kKeysOnly));
  out.first = rel->schema.size();
  if (ExprPtr own = JoinConditionOf(out.sub, out.first)) conditions.push_back(std::move(own));
  // A row without a match must stay where an empty group stands for it.
  if (!out.sub.keys.empty() && kind == JoinKind::kInner) kind = JoinKind::kLeft;
  out.rel = Join(rel, out.sub.rel, kind, JoinConjunction(conditions), position);
  return out;
}

struct Place {
  RelPtr rel;
  const OuterColumns& outer;
  bool unknown_is_false = false;

  Result<ExprPtr> Scalar(const BoundSubquery& s);
  Result<ExprPtr> Exists(const BoundSubquery& s);
  Result<ExprPtr> In(const BoundSubquery& s, const std::vector<ExprPtr>& comparisons);
  Result<ExprPtr> Some(const BoundSubquery& s, const ExprPtr& comparison);
};

Result<ExprPtr> Place::Scalar(const BoundSubquery& s) {
  SLUICE_ASSIGN_OR_RETURN(Attached a, Attach(rel, SingleValue(s.rel), JoinKind::kLeft, {}, outer, s.position));
  rel = a.rel;
  return a.Value(0);
}

Result<ExprPtr> Place::Exists(const BoundSubquery& s) {
  if (AlwaysOneRow(*s.rel)) return Truth(true);
  RelPtr below = s.rel;
  while (below->kind == RelKind::kProject) below = below->inputs[0];
  if (below->kind == RelKind::kSort && static_cast<const SortRel&>(*below).offset == 0 &&
      static_cast<const SortRel&>(*below).limit != 0) {
    below = below->inputs[0];
  }
  // One row for every combination of the outer columns: Decorrelate groups by them.
  auto some = std::make_shared<AggregateRel>();
  RelPtr marked = MakeProject(below, {Truth(true)}, {"$i"});
  some->inputs = {marked};
  some->keys = {0};
  some->schema = marked->schema;
  SLUICE_ASSIGN_OR_RETURN(Attached a, Attach(rel, some, JoinKind::kLeft, {}, outer, s.position));
  rel = a.rel;
  return IsNotNull(a.Column(0));
}

Result<ExprPtr> Place::In(const BoundSubquery& s, const std::vector<ExprPtr>& comparisons) {
  const bool exact = !s.type.nullable() || unknown_is_false;
  ExprPtr rows, values;
  if (!exact) {
    std::vector<int> all;
    for (size_t i = 0; i < s.rel->schema.size(); ++i) all.push_back(static_cast<int>(i));
    RelPtr counts = Aggregate(s.rel, {Count({}), Count(all)});
    SLUICE_ASSIGN_OR_RETURN(Attached a, Attach(rel, counts, JoinKind::kInner, {}, outer, s.position));
    rel = a.rel;
    rows = a.Value(0);
    values = a.Value(1);
  }
  const RelPtr distinct = DistinctWithMark(s.rel);
  std::vector<ExprPtr> conditions;
  for (const ExprPtr& c : comparisons) conditions.push_back(WithColumns(c, rel->schema.size()));
  SLUICE_ASSIGN_OR_RETURN(Attached a, Attach(rel, distinct, JoinKind::kLeft, conditions, outer, s.position));
  rel = a.rel;
  const ExprPtr found = IsNotNull(a.Column(s.rel->schema.size()));
  if (exact) return found;
  // NULL on either side makes "not found" unknown, unless the query has no rows at all.
  const ExprPtr zero = Expr::Literal(Value::Int(0), DataType::Bigint().NotNull());
  std::vector<ExprPtr> arms = {Expr::Call("=", {rows, zero}, DataType::Boolean()), Truth(false), found, Truth(true)};
  for (const ExprPtr& c : comparisons) {
    const ExprPtr& operand = c->args[0];
    if (!operand->type.nullable()) continue;
    arms.push_back(IsNull(operand));
    arms.push_back(Unknown());
  }
  arms.push_back(Expr::Call("<", {values, rows}, DataType::Boolean()));
  arms.push_back(Unknown());
  arms.push_back(Truth(false));
  return Expr::Call("CASE", std::move(arms), DataType::Boolean(), s.position);
}

Result<ExprPtr> Place::Some(const BoundSubquery& s, const ExprPtr& comparison) {
  const DataType type = s.rel->schema[0].type.Nullable().WithTimeAttribute(TimeAttribute::kNone);
  RelPtr facts = Aggregate(s.rel, {MakeCall(s.least ? "MIN" : "MAX", {0}, type), Count({}), Count({0})});
  SLUICE_ASSIGN_OR_RETURN(Attached a, Attach(rel, facts, JoinKind::kInner, {}, outer, s.position));
  rel = a.rel;
  const ExprPtr rows = a.Value(1);
  const ExprPtr holds = WithColumns(comparison, a.first);
  const ExprPtr zero = Expr::Literal(Value::Int(0), DataType::Bigint().NotNull());
  return Expr::Call(
      "CASE",
      {Expr::Call("=", {rows, zero}, DataType::Boolean()), Truth(false), Expr::Call("IS TRUE", {holds}, Bool()),
       Truth(true), Expr::Call(">", {rows, a.Value(2)}, DataType::Boolean()), Unknown(), holds},
      DataType::Boolean(), s.position);
}

bool UsesSubquery(const Expr& e, int64_t index) {
  if (PlaceholderIndex(e, kSubqueryPlaceholder) == index) return true;
  return std::any_of(e.args.begin(), e.args.end(), [&](const ExprPtr& a) { return UsesSubquery(*a, index); });
}

/// True if the placeholder stands only where NULL counts as FALSE: below nothing but AND, OR and IS TRUE.
bool UnknownIsFalse(const Expr& e, int64_t index) {
  if (!UsesSubquery(e, index) || PlaceholderIndex(e, kSubqueryPlaceholder) == index) return true;
  if (e.function != "AND" && e.function != "OR" && e.function != "IS TRUE") return false;
  return std::all_of(e.args.begin(), e.args.end(), [&](const ExprPtr& a) { return UnknownIsFalse(*a, index); });
}

Result<RelPtr> AttachAll(RelPtr rel, const std::vector<BoundSubquery>& subqueries,
                         const std::vector<ExprPtr*>& expressions, const OuterColumns& outer, bool conditions) {
  for (size_t i = 0; i < subqueries.size(); ++i) {
    const auto index = static_cast<int64_t>(i);
    const ExprPtr* user = nullptr;
    ExprPtr placeholder;
    bool unknown_is_false = conditions;
    for (ExprPtr* e : expressions) {
      if (!UsesSubquery(**e, index)) continue;
      user = e;
      unknown_is_false &= UnknownIsFalse(**e, index);
      Rewrite(*e, [&](const ExprPtr& x) -> ExprPtr {
        if (PlaceholderIndex(*x, kSubqueryPlaceholder) == index) placeholder = x;
        return nullptr;
      });
    }
    if (user == nullptr) continue;
    const BoundSubquery& s = subqueries[i];
    const std::vector<ExprPtr> comparisons(placeholder->args.begin() + 1, placeholder->args.end());
    Place place{rel, outer, unknown_is_false};
    Result<ExprPtr> value = s.kind == SubqueryKind::kScalar   ? place.Scalar(s)
                            : s.kind == SubqueryKind::kExists ? place.Exists(s)
                            : s.kind == SubqueryKind::kIn     ? place.In(s, comparisons)
                                                              : place.Some(s, comparisons[0]);
    if (!value.ok()) return value.error();
    rel = place.rel;
    for (ExprPtr* e : expressions) {
      *e = Rewrite(*e, [&](const ExprPtr& x) -> ExprPtr {
        return PlaceholderIndex(*x, kSubqueryPlaceholder) == index ? *value : nullptr;
      });
    }
  }
  return rel;
}

/// [NOT] IN (…) or [NOT] EXISTS (…) as it stands between ANDs.
struct Membership {
  const Expr* placeholder = nullptr;
  bool negated = false;
};

Membership AsMembership(const Expr& e, const std::vector<BoundSubquery>& subqueries) {
  Membership out;
  const Expr* at = &e;
  while (at->kind == ExprKind::kCall && at->function == "NOT") {
    out.negated = !out.negated;
    at = at->args[0].get();
  }
  const int64_t index = PlaceholderIndex(*at, kSubqueryPlaceholder);
  if (index < 0) return {};
  const SubqueryKind kind = subqueries[static_cast<size_t>(index)].kind;
  if (kind == SubqueryKind::kIn || kind == SubqueryKind::kExists) out.placeholder = at;
  // An operand with a sub-query of its own is no column yet.
  for (size_t i = 1; i < at->args.size(); ++i) {
    if (HasPlaceholder(*at->args[i], kSubqueryPlaceholder)) out.placeholder = nullptr;
  }
  return out;
}

Result<RelPtr> SemiJoin(const RelPtr& rel, const BoundSubquery& s, const Membership& m, const OuterColumns& outer) {
  RelPtr query = s.rel;
  RelPtr sort;
  if (s.kind == SubqueryKind::kExists) {
    if (AlwaysOneRow(*query)) return m.negated ? MakeFilter(rel, Truth(false)) : rel;
    RelPtr below = query;
    while (below->kind == RelKind::kProject) below = below->inputs[0];
    if (below->kind == RelKind::kSort && IsCorrelated(*below)) {
      const auto& order = static_cast<const SortRel&>(*below);
      if (order.limit >= 0 || order.offset > 0) sort = below;
      query = below->inputs[0];
    }
  }
  SLUICE_ASSIGN_OR_RETURN(Decorrelated d, Decorrelate(query, rel, outer, JoinNeeds::kEmptyGroups));
  if (sort != nullptr) {
    // As in Flink, the limit counts the rows for all outer rows together.
    auto copy = std::make_shared<SortRel>(static_cast<const SortRel&>(*sort));
    copy->inputs = {d.rel};
    copy->schema = d.rel->schema;
    d.rel = copy;
  }
  const size_t width = rel->schema.size();
  std::vector<ExprPtr> conditions;
  for (size_t i = 1; i < m.placeholder->args.size(); ++i) {
    ExprPtr equal = WithColumns(m.placeholder->args[i], width);
    // NOT IN: a comparison that is unknown counts as a match.
    const bool unknown_matches = m.negated && equal->type.nullable();
    conditions.push_back(unknown_matches ? Expr::Call("IS NOT FALSE", {equal}, Bool()) : equal);
  }
  if (ExprPtr own = JoinConditionOf(d, width)) conditions.push_back(std::move(own));
  return Join(rel, d.rel, m.negated ? JoinKind::kAnti : JoinKind::kSemi, JoinConjunction(conditions), s.position);
}

}  // namespace

OuterColumns SameColumns() {
  return [](const ExprPtr& column) -> Result<ExprPtr> { return column; };
}

Result<RelPtr> AttachSubqueries(RelPtr rel, const std::vector<BoundSubquery>& subqueries,
                                const std::vector<ExprPtr*>& expressions, const OuterColumns& outer) {
  return AttachAll(std::move(rel), subqueries, expressions, outer, false);
}

Result<RelPtr> FilterWithSubqueries(RelPtr rel, const ExprPtr& condition, const std::vector<BoundSubquery>& subqueries,
                                    const OuterColumns& outer) {
  const RelPtr before = rel;
  std::vector<ExprPtr> rest;
  for (const ExprPtr& c : SplitConjunction(condition)) {
    const Membership m = AsMembership(*c, subqueries);
    if (m.placeholder == nullptr) {
      rest.push_back(c);
      continue;
    }
    const auto index = static_cast<size_t>(PlaceholderIndex(*m.placeholder, kSubqueryPlaceholder));
    SLUICE_ASSIGN_OR_RETURN(rel, SemiJoin(rel, subqueries[index], m, outer));
  }
  if (rest.empty()) return rel;
  std::vector<ExprPtr*> slots;
  for (ExprPtr& c : rest) slots.push_back(&c);
  SLUICE_ASSIGN_OR_RETURN(RelPtr joined, AttachAll(rel, subqueries, slots, outer, true));
  RelPtr filtered = MakeFilter(joined, JoinConjunction(rest));
  const size_t width = before->schema.size();
  if (joined->schema.size() == width) return filtered;
  std::vector<ExprPtr> keep;
  std::vector<std::string> names;
  for (size_t i = 0; i < width; ++i) {
    keep.push_back(ColumnRef(filtered->schema, i));
    names.push_back(filtered->schema[i].name);
  }
  return MakeProject(filtered, std::move(keep), std::move(names));
}

}  // namespace sluice::engine::sql
