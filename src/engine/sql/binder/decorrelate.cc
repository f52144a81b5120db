#include "engine/sql/binder/decorrelate.h"

#include <algorithm>

#include "engine/sql/binder/expr_binder.h"

namespace sluice::engine::sql {

namespace {

bool HasOuter(const Expr& e) {
  if (e.kind == ExprKind::kInput) return e.input >= kOuterBase;
  return std::any_of(e.args.begin(), e.args.end(), [](const ExprPtr& a) { return HasOuter(*a); });
}

std::vector<ExprPtr> ExpressionsOf(const Rel& rel) {
  switch (rel.kind) {
    case RelKind::kProject: return static_cast<const ProjectRel&>(rel).expressions;
    case RelKind::kFilter: return {static_cast<const FilterRel&>(rel).condition};
    case RelKind::kJoin: {
      const auto& join = static_cast<const JoinRel&>(rel);
      if (join.condition) return {join.condition};
      return {};
    }
    case RelKind::kCorrelate: return {static_cast<const CorrelateRel&>(rel).call};
    default: return {};
  }
}

Error NotYet(const Rel& rel) {
  return Error(ErrorCode::kNotSupported, "not supported yet: a correlated sub-query of this form", rel.position);
}

Result<Decorrelated> DecorrelateFilter(const FilterRel& filter) {
  SLUICE_ASSIGN_OR_RETURN(Decorrelated in, Decorrelate(filter.inputs[0]));
  std::vector<ExprPtr> inner;
  for (const ExprPtr& c : SplitConjunction(filter.condition)) {
    (HasOuter(*c) ? in.conditions : inner).push_back(c);
  }
  if (!inner.empty()) in.rel = MakeFilter(in.rel, JoinConjunction(inner));
  return in;
}

/// Makes sure that every column the conditions need is in `columns` and points the conditions there.
void CarryColumns(Decorrelated& d, const Schema& below, std::vector<ExprPtr>& columns,
                  std::vector<std::string>& names) {
  auto carry = [&](const ExprPtr& e) -> ExprPtr {
    if (e->kind != ExprKind::kInput || e->input >= kOuterBase) return nullptr;
    for (size_t i = d.width; i < columns.size(); ++i) {
      if (ExprEquals(*columns[i], *e)) return Expr::Input(static_cast<int>(i), e->type);
    }
    columns.push_back(e);
    names.push_back("$c" + std::to_string(columns.size()) + below[static_cast<size_t>(e->input)].name);
    return Expr::Input(static_cast<int>(columns.size() - 1), e->type);
  };
  for (ExprPtr& c : d.conditions) c = Rewrite(c, carry);
}

Result<Decorrelated> DecorrelateProject(const ProjectRel& project) {
  SLUICE_ASSIGN_OR_RETURN(Decorrelated d, Decorrelate(project.inputs[0]));
  for (const ExprPtr& e : project.expressions) {
    if (HasOuter(*e)) return NotYet(project);
  }
  std::vector<ExprPtr> columns = project.expressions;
  std::vector<std::string> names;
  for (const RowField& f : project.schema) names.push_back(f.name);
  d.width = columns.size();
  CarryColumns(d, d.rel->schema, columns, names);
  d.rel = MakeProject(d.rel, std::move(columns), std::move(names));
  return d;
}

Result<Decorrelated> DecorrelateAggregate(const AggregateRel& aggregate) {
  SLUICE_ASSIGN_OR_RETURN(Decorrelated d, Decorrelate(aggregate.inputs[0]));
  if (d.conditions.empty()) {
    auto copy = std::make_shared<AggregateRel>(aggregate);
    copy->inputs = {d.rel};
    return Decorrelated{copy, copy->schema.size(), false, {}};
  }
  // Equalities with an outer expression become grouping keys; anything else cannot move above the aggregate.
  auto copy = std::make_shared<AggregateRel>(aggregate);
  copy->inputs = {d.rel};
  copy->schema.clear();
  for (int k : aggregate.keys) copy->schema.push_back(d.rel->schema[static_cast<size_t>(k)]);
  d.lost_empty_group = aggregate.keys.empty();
  const size_t old_keys = aggregate.keys.size();
  std::vector<std::pair<int, size_t>> key_at;  // input column → output column
  for (ExprPtr& c : d.conditions) {
    if (c->kind != ExprKind::kCall || c->function != "=") return NotYet(aggregate);
    for (int column : ExprInputs(*c)) {
      if (column >= kOuterBase) continue;
      if (std::any_of(key_at.begin(), key_at.end(), [&](auto& p) { return p.first == column; })) continue;
      key_at.emplace_back(column, copy->schema.size());
      copy->keys.push_back(column);
      copy->schema.push_back(d.rel->schema[static_cast<size_t>(column)]);
    }
  }
  for (size_t i = 0; i < aggregate.calls.size(); ++i) copy->schema.push_back(aggregate.schema[old_keys + i]);
  for (ExprPtr& c : d.conditions) {
    c = Rewrite(c, [&](const ExprPtr& e) -> ExprPtr {
      if (e->kind != ExprKind::kInput || e->input >= kOuterBase) return nullptr;
      for (const auto& [column, at] : key_at) {
        if (column == e->input)
          return Expr::Input(static_cast<int>(aggregate.schema.size() + (at - old_keys)), e->type);
      }
      return nullptr;
    });
  }
  // Back to the aggregate's own column order, the new keys behind.
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  auto add = [&](size_t i) {
    columns.push_back(ColumnRef(copy->schema, i));
    names.push_back(copy->schema[i].name);
  };
  for (size_t i = 0; i < old_keys; ++i) add(i);
  for (size_t i = 0; i < aggregate.calls.size(); ++i) add(copy->keys.size() + i);
  for (const auto& [column, at] : key_at) add(at);
  for (size_t i = aggregate.schema.size(); i < names.size(); ++i) names[i] = "$k" + std::to_string(i);
  d.rel = MakeProject(copy, std::move(columns), std::move(names));
  d.width = aggregate.schema.size();
  return d;
}

}  // namespace

bool IsCorrelated(const Rel& rel) {
  for (const ExprPtr& e : ExpressionsOf(rel)) {
    if (HasOuter(*e)) return true;
  }
  return std::any_of(rel.inputs.begin(), rel.inputs.end(), [](const RelPtr& in) { return IsCorrelated(*in); });
}

Result<Decorrelated> Decorrelate(const RelPtr& rel) {
  if (!IsCorrelated(*rel)) return Decorrelated{rel, rel->schema.size(), false, {}};
  switch (rel->kind) {
    case RelKind::kFilter: return DecorrelateFilter(static_cast<const FilterRel&>(*rel));
    case RelKind::kProject: return DecorrelateProject(static_cast<const ProjectRel&>(*rel));
    case RelKind::kAggregate: return DecorrelateAggregate(static_cast<const AggregateRel&>(*rel));
    default: return NotYet(*rel);
  }
}

ExprPtr JoinCondition(const ExprPtr& condition, size_t left_width) {
  return Rewrite(condition, [&](const ExprPtr& e) -> ExprPtr {
    if (e->kind != ExprKind::kInput) return nullptr;
    if (e->input >= kOuterBase) return Expr::Input(e->input - kOuterBase, e->type);
    return Expr::Input(e->input + static_cast<int>(left_width), e->type);
  });
}

}  // namespace sluice::engine::sql
