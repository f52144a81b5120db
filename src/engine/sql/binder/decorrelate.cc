#include "engine/sql/binder/decorrelate.h"

#include <algorithm>
#include <map>

#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/binder/rel_expressions.h"

namespace sluice::engine::sql {

namespace {

int Level(const Expr& e) { return e.kind == ExprKind::kInput ? e.input / kOuterBase : 0; }

bool HasOuter(const Expr& e) {
  return Level(e) > 0 || std::any_of(e.args.begin(), e.args.end(), [](const ExprPtr& a) { return HasOuter(*a); });
}

bool HasInner(const Expr& e) {
  if (e.kind == ExprKind::kInput) return Level(e) == 0;
  return std::any_of(e.args.begin(), e.args.end(), [](const ExprPtr& a) { return HasInner(*a); });
}

Error NotYet(const Rel& rel) {
  return Error(ErrorCode::kNotSupported, "not supported yet: a correlated sub-query of this form", rel.position);
}

std::string KeyName(size_t i) { return "$k" + std::to_string(i); }

void AddColumns(const Schema& schema, std::vector<ExprPtr>& columns, std::vector<std::string>& names) {
  for (size_t i = 0; i < schema.size(); ++i) {
    columns.push_back(ColumnRef(schema, i));
    names.push_back(schema[i].name);
  }
}

// --- conditions that can be pulled to the top

/// While conditions are pulled up, outer references are still those of the sub-query's scope.
struct Pulled {
  RelPtr rel;
  size_t width = 0;
  std::vector<Decorrelated::Key> keys;
  std::vector<ExprPtr> conditions;
  std::vector<ExprPtr> empty_group;
};

Result<Pulled> Pull(const RelPtr& rel);

/// `inner = outer` as a key: the inner side becomes a column. False if it is no such condition.
bool AsKey(const ExprPtr& c, std::vector<ExprPtr>& columns, std::vector<std::string>& names, Pulled& out) {
  if (c->kind != ExprKind::kCall || c->args.size() != 2) return false;
  if (c->function != "=" && c->function != "IS NOT DISTINCT FROM") return false;
  for (const int side : {0, 1}) {
    const ExprPtr& inner = c->args[static_cast<size_t>(side)];
    const ExprPtr& outer = c->args[static_cast<size_t>(1 - side)];
    if (HasOuter(*inner) || !HasInner(*inner) || HasInner(*outer) || !HasOuter(*outer)) continue;
    size_t at = 0;
    while (at < columns.size() && !ExprEquals(*columns[at], *inner)) ++at;
    if (at == columns.size()) {
      columns.push_back(inner);
      names.push_back(KeyName(at));
    }
    out.keys.push_back({static_cast<int>(at), outer, c->function != "="});
    return true;
  }
  return false;
}

Result<Pulled> PullFilter(const FilterRel& filter) {
  SLUICE_ASSIGN_OR_RETURN(Pulled in, Pull(filter.inputs[0]));
  // A condition over the row of an empty group would have to be asked of that row too.
  if (!in.empty_group.empty()) return NotYet(filter);
  std::vector<ExprPtr> inner, columns;
  std::vector<std::string> names;
  AddColumns(in.rel->schema, columns, names);
  const size_t before = columns.size();
  for (const ExprPtr& c : SplitConjunction(filter.condition)) {
    if (!HasOuter(*c)) {
      inner.push_back(c);
    } else if (!AsKey(c, columns, names, in)) {
      in.conditions.push_back(c);
    }
  }
  if (!inner.empty()) in.rel = MakeFilter(in.rel, JoinConjunction(inner));
  if (columns.size() > before) in.rel = MakeProject(in.rel, std::move(columns), std::move(names));
  return in;
}

Result<Pulled> PullProject(const ProjectRel& project) {
  SLUICE_ASSIGN_OR_RETURN(Pulled in, Pull(project.inputs[0]));
  for (const ExprPtr& e : project.expressions) {
    if (HasOuter(*e)) return NotYet(project);
  }
  std::vector<ExprPtr> columns = project.expressions;
  std::vector<std::string> names;
  for (const RowField& f : project.schema) names.push_back(f.name);
  auto carry = [&](const ExprPtr& e) {
    for (size_t i = project.expressions.size(); i < columns.size(); ++i) {
      if (ExprEquals(*columns[i], *e)) return static_cast<int>(i);
    }
    columns.push_back(e);
    names.push_back(KeyName(columns.size()));
    return static_cast<int>(columns.size() - 1);
  };
  for (Decorrelated::Key& k : in.keys) k.column = carry(ColumnRef(in.rel->schema, static_cast<size_t>(k.column)));
  for (ExprPtr& c : in.conditions) {
    c = Rewrite(c, [&](const ExprPtr& e) -> ExprPtr {
      if (e->kind != ExprKind::kInput || Level(*e) > 0) return nullptr;
      return Expr::Input(carry(e), e->type);
    });
  }
  if (!in.empty_group.empty()) {
    std::vector<ExprPtr> values;
    for (const ExprPtr& e : project.expressions) values.push_back(ExprSubstitute(e, in.empty_group));
    in.empty_group = std::move(values);
  }
  in.width = project.expressions.size();
  in.rel = MakeProject(in.rel, std::move(columns), std::move(names));
  return in;
}

ExprPtr ValueOfEmpty(const AggregateCall& call) {
  if (call.function == "COUNT") return Expr::Literal(Value::Int(0), call.type);
  return Expr::Literal(Value::Null(), call.type.Nullable());
}

/// Keys of the conditions become grouping keys; the aggregate's own columns keep their places.
Result<RelPtr> GroupAlso(const AggregateRel& aggregate, const RelPtr& input, const std::vector<int>& more) {
  if (aggregate.has_group_window) return NotYet(aggregate);
  auto copy = std::make_shared<AggregateRel>(aggregate);
  copy->inputs = {input};
  copy->keys.insert(copy->keys.end(), more.begin(), more.end());
  copy->schema.clear();
  const size_t old_keys = aggregate.keys.size();
  const size_t calls = aggregate.calls.size();
  for (const int k : copy->keys) copy->schema.push_back(input->schema[static_cast<size_t>(k)]);
  for (size_t i = 0; i < calls; ++i) copy->schema.push_back(aggregate.schema[old_keys + i]);
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  auto add = [&](size_t i, std::string name) {
    columns.push_back(ColumnRef(copy->schema, i));
    names.push_back(std::move(name));
  };
  for (size_t i = 0; i < old_keys; ++i) add(i, aggregate.schema[i].name);
  for (size_t i = 0; i < calls; ++i) add(copy->keys.size() + i, aggregate.schema[old_keys + i].name);
  for (size_t i = 0; i < more.size(); ++i) add(old_keys + i, KeyName(columns.size()));
  return MakeProject(copy, std::move(columns), std::move(names));
}

Result<Pulled> PullAggregate(const AggregateRel& aggregate) {
  SLUICE_ASSIGN_OR_RETURN(Pulled in, Pull(aggregate.inputs[0]));
  if (!in.conditions.empty() || !in.empty_group.empty()) return NotYet(aggregate);
  std::vector<int> more;
  for (Decorrelated::Key& k : in.keys) {
    auto at = std::find(more.begin(), more.end(), k.column);
    const auto place = static_cast<size_t>(at - more.begin());
    if (at == more.end()) more.push_back(k.column);
    k.column = static_cast<int>(aggregate.schema.size() + place);
  }
  SLUICE_ASSIGN_OR_RETURN(in.rel, GroupAlso(aggregate, in.rel, more));
  in.width = aggregate.schema.size();
  if (aggregate.keys.empty()) {
    for (const AggregateCall& call : aggregate.calls) in.empty_group.push_back(ValueOfEmpty(call));
  }
  return in;
}

Result<Pulled> Pull(const RelPtr& rel) {
  if (!IsCorrelated(*rel)) {
    Pulled out;
    out.rel = rel;
    out.width = rel->schema.size();
    return out;
  }
  switch (rel->kind) {
    case RelKind::kFilter: return PullFilter(static_cast<const FilterRel&>(*rel));
    case RelKind::kProject: return PullProject(static_cast<const ProjectRel&>(*rel));
    case RelKind::kAggregate: return PullAggregate(static_cast<const AggregateRel&>(*rel));
    default: return NotYet(*rel);
  }
}

// --- the sub-query for every combination of the outer columns

/// The distinct combinations of the outer columns that a sub-query names.
struct Domain {
  RelPtr rel;
  std::map<int, int> place;  // column of the enclosing scope → column of `rel`
  size_t size() const { return rel->schema.size(); }
};

/// `e` over a relation whose columns from `at` on are the domain's.
ExprPtr InDomain(const ExprPtr& e, const Domain& domain, size_t at) {
  return Rewrite(e, [&](const ExprPtr& x) -> ExprPtr {
    if (Level(*x) != 1) return nullptr;
    return Expr::Input(domain.place.at(x->input - kOuterBase) + static_cast<int>(at), x->type);
  });
}

bool NamesDomain(const Rel& rel) {
  bool found = false;
  VisitExpressions(rel, [&](const ExprPtr& e) {
    Rewrite(e, [&](const ExprPtr& x) -> ExprPtr {
      found |= Level(*x) == 1;
      return nullptr;
    });
  });
  return found || std::any_of(rel.inputs.begin(), rel.inputs.end(), [](const RelPtr& in) { return NamesDomain(*in); });
}

RelPtr Joined(const RelPtr& left, const RelPtr& right, JoinKind kind, ExprPtr condition) {
  auto join = std::make_shared<JoinRel>();
  join->join = kind;
  join->condition = std::move(condition);
  join->inputs = {left, right};
  join->schema = left->schema;
  if (kind == JoinKind::kSemi || kind == JoinKind::kAnti) return join;
  for (RowField f : right->schema) {
    if (kind == JoinKind::kLeft) f.type = f.type.Nullable();
    join->schema.push_back(std::move(f));
  }
  return join;
}

/// Columns [a, a + n) equal to columns [b, b + n), NULLs being equal.
void AddSameDomain(const Schema& both, size_t a, size_t b, size_t n, std::vector<ExprPtr>& out) {
  for (size_t i = 0; i < n; ++i) {
    out.push_back(Expr::Call("IS NOT DISTINCT FROM", {ColumnRef(both, a + i), ColumnRef(both, b + i)},
                             DataType::Boolean().NotNull()));
  }
}

/// For every row of the domain the rows of `rel`: its columns, then the domain's.
Result<RelPtr> ForDomain(const RelPtr& rel, const Domain& domain);

Result<RelPtr> AggregateForDomain(const AggregateRel& aggregate, const Domain& domain) {
  SLUICE_ASSIGN_OR_RETURN(RelPtr in, ForDomain(aggregate.inputs[0], domain));
  std::vector<int> more;
  for (size_t i = 0; i < domain.size(); ++i) more.push_back(static_cast<int>(in->schema.size() - domain.size() + i));
  SLUICE_ASSIGN_OR_RETURN(RelPtr grouped, GroupAlso(aggregate, in, more));
  if (!aggregate.keys.empty()) return grouped;
  // The one row of an empty group: every row of the domain, with what was found for it.
  const size_t n = domain.size();
  const size_t width = aggregate.schema.size();
  Schema both = domain.rel->schema;
  both.insert(both.end(), grouped->schema.begin(), grouped->schema.end());
  std::vector<ExprPtr> same;
  AddSameDomain(both, 0, n + width, n, same);
  RelPtr all = Joined(domain.rel, grouped, JoinKind::kLeft, JoinConjunction(same));
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  for (size_t i = 0; i < width; ++i) {
    ExprPtr value = ColumnRef(all->schema, n + i);
    const ExprPtr empty = ValueOfEmpty(aggregate.calls[i]);
    if (!empty->value.is_null()) value = Expr::Call("COALESCE", {value, empty}, aggregate.schema[i].type);
    columns.push_back(std::move(value));
    names.push_back(aggregate.schema[i].name);
  }
  for (size_t i = 0; i < n; ++i) {
    columns.push_back(ColumnRef(all->schema, i));
    names.push_back(all->schema[i].name);
  }
  return MakeProject(all, std::move(columns), std::move(names));
}

Result<RelPtr> JoinForDomain(const JoinRel& join, const Domain& domain) {
  if (join.join == JoinKind::kRight || join.join == JoinKind::kFull || IsTemporalJoin(join)) return NotYet(join);
  SLUICE_ASSIGN_OR_RETURN(RelPtr left, ForDomain(join.inputs[0], domain));
  const bool right_named = NamesDomain(*join.inputs[1]);
  RelPtr right = join.inputs[1];
  if (right_named) {
    SLUICE_ASSIGN_OR_RETURN(right, ForDomain(right, domain));
  }
  const size_t n = domain.size();
  const size_t left_width = join.inputs[0]->schema.size();
  const size_t right_width = join.inputs[1]->schema.size();
  Schema both = left->schema;
  both.insert(both.end(), right->schema.begin(), right->schema.end());
  std::vector<ExprPtr> conditions;
  if (join.condition) {
    conditions.push_back(Rewrite(join.condition, [&](const ExprPtr& x) -> ExprPtr {
      if (x->kind != ExprKind::kInput || Level(*x) > 1) return nullptr;
      if (Level(*x) == 1) return InDomain(x, domain, left_width);
      const bool of_left = x->input < static_cast<int>(left_width);
      return of_left ? x : Expr::Input(x->input + static_cast<int>(n), x->type);
    }));
  }
  if (right_named) AddSameDomain(both, left_width, left_width + n + right_width, n, conditions);
  RelPtr joined = Joined(left, right, join.join, JoinConjunction(conditions));
  if (join.join == JoinKind::kSemi || join.join == JoinKind::kAnti) return joined;
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  auto add = [&](size_t first, size_t count) {
    for (size_t i = first; i < first + count; ++i) {
      columns.push_back(ColumnRef(joined->schema, i));
      names.push_back(joined->schema[i].name);
    }
  };
  add(0, left_width);
  add(left_width + n, right_width);
  add(left_width, n);
  return MakeProject(joined, std::move(columns), std::move(names));
}

Result<RelPtr> OverForDomain(const OverRel& over, const Domain& domain) {
  SLUICE_ASSIGN_OR_RETURN(RelPtr in, ForDomain(over.inputs[0], domain));
  const size_t width = over.inputs[0]->schema.size();
  auto copy = std::make_shared<OverRel>(over);
  copy->inputs = {in};
  copy->schema = in->schema;
  for (size_t i = width; i < over.schema.size(); ++i) copy->schema.push_back(over.schema[i]);
  for (OverCall& call : copy->calls) {
    for (size_t i = 0; i < domain.size(); ++i) call.partition_by.push_back(static_cast<int>(width + i));
  }
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  auto add = [&](size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) {
      columns.push_back(ColumnRef(copy->schema, i));
      names.push_back(copy->schema[i].name);
    }
  };
  add(0, width);
  add(in->schema.size(), copy->schema.size());
  add(width, in->schema.size());
  return MakeProject(copy, std::move(columns), std::move(names));
}

Result<RelPtr> UnionForDomain(const Rel& all, const Domain& domain) {
  std::vector<RelPtr> inputs;
  for (const RelPtr& in : all.inputs) {
    SLUICE_ASSIGN_OR_RETURN(RelPtr one, ForDomain(in, domain));
    inputs.push_back(std::move(one));
  }
  Schema schema = all.schema;
  schema.insert(schema.end(), domain.rel->schema.begin(), domain.rel->schema.end());
  return MakeUnion(std::move(inputs), std::move(schema));
}

Result<RelPtr> ForDomain(const RelPtr& rel, const Domain& domain) {
  if (!NamesDomain(*rel)) return Joined(rel, domain.rel, JoinKind::kInner, nullptr);
  switch (rel->kind) {
    case RelKind::kFilter: {
      SLUICE_ASSIGN_OR_RETURN(RelPtr in, ForDomain(rel->inputs[0], domain));
      return MakeFilter(in, InDomain(static_cast<const FilterRel&>(*rel).condition, domain, rel->schema.size()));
    }
    case RelKind::kProject: {
      const auto& project = static_cast<const ProjectRel&>(*rel);
      SLUICE_ASSIGN_OR_RETURN(RelPtr in, ForDomain(rel->inputs[0], domain));
      const size_t width = rel->inputs[0]->schema.size();
      std::vector<ExprPtr> columns;
      std::vector<std::string> names;
      for (size_t i = 0; i < project.expressions.size(); ++i) {
        columns.push_back(InDomain(project.expressions[i], domain, width));
        names.push_back(project.schema[i].name);
      }
      for (size_t i = 0; i < domain.size(); ++i) {
        columns.push_back(ColumnRef(in->schema, width + i));
        names.push_back(in->schema[width + i].name);
      }
      return MakeProject(in, std::move(columns), std::move(names));
    }
    case RelKind::kAggregate: return AggregateForDomain(static_cast<const AggregateRel&>(*rel), domain);
    case RelKind::kJoin: return JoinForDomain(static_cast<const JoinRel&>(*rel), domain);
    case RelKind::kOver: return OverForDomain(static_cast<const OverRel&>(*rel), domain);
    case RelKind::kUnion: return UnionForDomain(*rel, domain);
    default: return NotYet(*rel);
  }
}

Result<Domain> MakeDomain(const Rel& rel, const RelPtr& left, const OuterColumns& outer) {
  std::map<int, DataType> named;
  auto visit = [&](auto& self, const Rel& r) -> void {
    VisitExpressions(r, [&](const ExprPtr& e) {
      Rewrite(e, [&](const ExprPtr& x) -> ExprPtr {
        if (Level(*x) == 1) named.emplace(x->input - kOuterBase, x->type);
        return nullptr;
      });
    });
    for (const RelPtr& in : r.inputs) self(self, *in);
  };
  visit(visit, rel);
  if (named.empty()) return NotYet(rel);
  Domain out;
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  auto distinct = std::make_shared<AggregateRel>();
  for (const auto& [column, type] : named) {
    out.place[column] = static_cast<int>(columns.size());
    SLUICE_ASSIGN_OR_RETURN(ExprPtr value, outer(Expr::Input(column, type)));
    distinct->keys.push_back(static_cast<int>(columns.size()));
    names.push_back("$d" + std::to_string(columns.size()));
    columns.push_back(std::move(value));
  }
  RelPtr projected = MakeProject(left, std::move(columns), std::move(names));
  distinct->inputs = {projected};
  distinct->schema = projected->schema;
  for (RowField& f : distinct->schema) f.type = f.type.WithTimeAttribute(TimeAttribute::kNone);
  out.rel = distinct;
  return out;
}

bool NamesFurtherOut(const Rel& rel) {
  bool found = false;
  VisitExpressions(rel, [&](const ExprPtr& e) {
    Rewrite(e, [&](const ExprPtr& x) -> ExprPtr {
      found |= Level(*x) > 1;
      return nullptr;
    });
  });
  return found || std::any_of(rel.inputs.begin(), rel.inputs.end(), [](auto& in) { return NamesFurtherOut(*in); });
}

Result<Decorrelated> ByDomain(const RelPtr& rel, const RelPtr& left, const OuterColumns& outer) {
  if (NamesFurtherOut(*left)) return NotYet(*rel);
  SLUICE_ASSIGN_OR_RETURN(Domain domain, MakeDomain(*rel, left, outer));
  Decorrelated out;
  SLUICE_ASSIGN_OR_RETURN(out.rel, ForDomain(rel, domain));
  out.width = rel->schema.size();
  for (const auto& [column, place] : domain.place) {
    const DataType& type = domain.rel->schema[static_cast<size_t>(place)].type;
    SLUICE_ASSIGN_OR_RETURN(ExprPtr value, outer(Expr::Input(column, type)));
    out.keys.push_back({static_cast<int>(out.width) + place, std::move(value), true});
  }
  return out;
}

/// The enclosing scope's columns as those of the relation to join; scopes further out come one nearer.
Result<ExprPtr> ToLeft(const ExprPtr& e, const OuterColumns& outer, int left_base) {
  Status failed;
  ExprPtr out = Rewrite(e, [&](const ExprPtr& x) -> ExprPtr {
    if (x->kind != ExprKind::kInput || Level(*x) == 0) return nullptr;
    // Where the left relation itself stands at level one, JoinConditionOf brings the others nearer.
    if (Level(*x) > 1) return left_base > 0 ? x : Expr::Input(x->input - kOuterBase, x->type);
    auto column = outer(Expr::Input(x->input - kOuterBase, x->type));
    if (!column.ok()) {
      failed = column.error();
      return x;
    }
    return ExprShift(*column, left_base);
  });
  if (!failed.ok()) return failed.error();
  return out;
}

RelPtr OneScopeNearer(const RelPtr& rel) {
  return MapExpressions(rel, [](const ExprPtr& e) {
    return Rewrite(e, [](const ExprPtr& x) -> ExprPtr {
      return Level(*x) > 1 ? Expr::Input(x->input - kOuterBase, x->type) : nullptr;
    });
  });
}

}  // namespace

bool IsCorrelated(const Rel& rel) {
  bool found = false;
  VisitExpressions(rel, [&](const ExprPtr& e) { found |= HasOuter(*e); });
  return found || std::any_of(rel.inputs.begin(), rel.inputs.end(), [](const RelPtr& in) { return IsCorrelated(*in); });
}

Result<Decorrelated> Decorrelate(const RelPtr& rel, const RelPtr& left, const OuterColumns& outer, JoinNeeds needs) {
  Decorrelated out;
  if (!IsCorrelated(*rel)) {
    out.rel = rel;
    out.width = rel->schema.size();
    return out;
  }
  auto pulled = Pull(rel);
  const bool usable = pulled.ok() && !(needs == JoinNeeds::kKeysOnly && !pulled->conditions.empty()) &&
                      !(needs == JoinNeeds::kEmptyGroups && !pulled->empty_group.empty());
  if (usable) {
    out.rel = pulled->rel;
    out.width = pulled->width;
    for (Decorrelated::Key& k : pulled->keys) {
      SLUICE_ASSIGN_OR_RETURN(k.outer, ToLeft(k.outer, outer, 0));
      out.keys.push_back(std::move(k));
    }
    for (const ExprPtr& c : pulled->conditions) {
      SLUICE_ASSIGN_OR_RETURN(ExprPtr condition, ToLeft(c, outer, kOuterBase));
      out.conditions.push_back(std::move(condition));
    }
    out.empty_group = std::move(pulled->empty_group);
  } else if (NamesDomain(*rel)) {
    SLUICE_ASSIGN_OR_RETURN(out, ByDomain(rel, left, outer));
  } else {
    out.rel = rel;
    out.width = rel->schema.size();
  }
  out.rel = OneScopeNearer(out.rel);
  return out;
}

ExprPtr JoinConditionOf(const Decorrelated& d, size_t left_width) {
  std::vector<ExprPtr> all;
  for (const Decorrelated::Key& k : d.keys) {
    const DataType& type = d.rel->schema[static_cast<size_t>(k.column)].type;
    ExprPtr inner = Expr::Input(k.column + static_cast<int>(left_width), type);
    const bool nullable = type.nullable() || k.outer->type.nullable();
    all.push_back(k.nulls_match ? Expr::Call("IS NOT DISTINCT FROM", {k.outer, inner}, DataType::Boolean().NotNull())
                                : Expr::Call("=", {k.outer, inner}, DataType::Boolean().WithNullable(nullable)));
  }
  for (const ExprPtr& c : d.conditions) {
    all.push_back(Rewrite(c, [&](const ExprPtr& e) -> ExprPtr {
      if (e->kind != ExprKind::kInput) return nullptr;
      // What stays at level one here is the left relation's; see ToLeft.
      if (e->input >= kOuterBase) return Expr::Input(e->input - kOuterBase, e->type);
      return Expr::Input(e->input + static_cast<int>(left_width), e->type);
    }));
  }
  return JoinConjunction(all);
}

}  // namespace sluice::engine::sql
