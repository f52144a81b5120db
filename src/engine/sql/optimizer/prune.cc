// Column pruning with nested fields. A node is asked for "accesses": columns, or fields inside ROW columns. It answers
// a node that yields at least those, and where each one is now.
#include <algorithm>

#include "engine/sql/binder/scope.h"
#include "engine/sql/logical/versions.h"
#include "engine/sql/optimizer/optimizer.h"

namespace sluice::engine::sql {

namespace {

struct Access {
  int column = 0;
  std::vector<int> path;
  auto operator<=>(const Access&) const = default;
};
using Accesses = std::vector<Access>;

struct Pruned {
  RelPtr rel;
  /// Where the accesses are: output column of `rel` that holds exactly the access.
  std::vector<std::pair<Access, int>> places;
};

bool IsPrefix(const Access& a, const Access& b) {
  return a.column == b.column && a.path.size() <= b.path.size() &&
         std::equal(a.path.begin(), a.path.end(), b.path.begin());
}

/// Sorted, without repeats and without accesses inside others.
void Normalize(Accesses& accesses) {
  std::sort(accesses.begin(), accesses.end());
  Accesses out;
  for (Access& a : accesses) {
    if (out.empty() || !IsPrefix(out.back(), a)) out.push_back(std::move(a));
  }
  accesses = std::move(out);
}

/// If `e` is a chain of FIELD over an input: its access.
std::optional<Access> ChainOf(const Expr& e) {
  if (e.kind == ExprKind::kInput) return Access{e.input, {}};
  if (e.kind != ExprKind::kCall || e.function != "FIELD") return std::nullopt;
  auto inner = ChainOf(*e.args[0]);
  if (inner) inner->path.push_back(static_cast<int>(e.args[1]->value.as_int()));
  return inner;
}

void Collect(const Expr& e, Accesses& out) {
  if (auto chain = ChainOf(e)) {
    out.push_back(std::move(*chain));
    return;
  }
  for (const ExprPtr& a : e.args) Collect(*a, out);
}

ExprPtr ApplyPath(ExprPtr e, const std::vector<int>& path, size_t from) {
  for (size_t k = from; k < path.size(); ++k) {
    const auto field = static_cast<size_t>(path[k]);
    // A field of a row that was just put together is the part itself, unless the row could be NULL.
    if (e->kind == ExprKind::kCall && e->function == "ROW") {
      e = e->args[field];
    } else {
      e = FieldAccess(e, field);
    }
  }
  return e;
}

ExprPtr Replace(const ExprPtr& e, const Pruned& below) {
  if (auto chain = ChainOf(*e)) {
    for (const auto& [access, column] : below.places) {
      if (IsPrefix(access, *chain)) {
        ExprPtr in = Expr::Input(column, below.rel->schema[static_cast<size_t>(column)].type);
        return ApplyPath(in, chain->path, access.path.size());
      }
    }
    INVARIANT(false, "column pruning lost a column");
  }
  if (e->args.empty()) return e;
  std::vector<ExprPtr> args;
  for (const ExprPtr& a : e->args) args.push_back(Replace(a, below));
  return Expr::Call(e->function, std::move(args), e->type, e->position);
}

int ColumnIn(const Pruned& below, int column) {
  for (const auto& [access, at] : below.places) {
    if (access.column == column && access.path.empty()) return at;
  }
  INVARIANT(false, "column pruning lost a column");
  return 0;
}

void Need(Accesses& accesses, int column) { accesses.push_back({column, {}}); }

Accesses WholeColumns(const Accesses& accesses) {
  Accesses out;
  for (const Access& a : accesses) Need(out, a.column);
  Normalize(out);
  return out;
}

std::vector<std::pair<Access, int>> Identity(const Schema& schema) {
  std::vector<std::pair<Access, int>> out;
  for (size_t i = 0; i < schema.size(); ++i) out.push_back({{static_cast<int>(i), {}}, static_cast<int>(i)});
  return out;
}

Pruned Prune(const RelPtr& rel, Accesses accesses);
Pruned PruneDefault(const RelPtr& rel);

/// `rel` with exactly the columns `columns` (indices of the original), in that order.
RelPtr PruneToColumns(const RelPtr& rel, const std::vector<int>& columns) {
  Accesses accesses;
  for (int c : columns) Need(accesses, c);
  Normalize(accesses);
  Pruned below = Prune(rel, std::move(accesses));
  bool same = below.rel->schema.size() == columns.size();
  std::vector<ExprPtr> expressions;
  std::vector<std::string> names;
  for (size_t i = 0; i < columns.size(); ++i) {
    const int at = ColumnIn(below, columns[i]);
    same &= at == static_cast<int>(i) && below.rel->schema[i].name == rel->schema[static_cast<size_t>(columns[i])].name;
    expressions.push_back(ColumnRef(below.rel->schema, static_cast<size_t>(at)));
    names.push_back(rel->schema[static_cast<size_t>(columns[i])].name);
  }
  return same ? below.rel : MakeProject(below.rel, std::move(expressions), std::move(names));
}

RelPtr PruneToSame(const RelPtr& rel) {
  std::vector<int> all;
  for (size_t i = 0; i < rel->schema.size(); ++i) all.push_back(static_cast<int>(i));
  return PruneToColumns(rel, all);
}

Pruned PruneScan(const ScanRel& scan, const Accesses& accesses) {
  auto copy = std::make_shared<ScanRel>(scan);
  copy->paths.clear();
  copy->schema.clear();
  copy->table.metadata.clear();
  Pruned out;
  const size_t physical = scan.paths.size();
  auto add = [&](const Access& a) {
    ExprPtr e = ApplyPath(ColumnRef(scan.schema, static_cast<size_t>(a.column)), a.path, 0);
    std::string name = scan.schema[static_cast<size_t>(a.column)].name;
    const DataType* row = &scan.schema[static_cast<size_t>(a.column)].type;
    for (int f : a.path) {
      name += "_" + row->fields()[static_cast<size_t>(f)].name;
      row = &row->fields()[static_cast<size_t>(f)].type;
    }
    out.places.push_back({a, static_cast<int>(copy->schema.size())});
    copy->schema.push_back({std::move(name), e->type, ""});
  };
  for (const Access& a : accesses) {
    if (static_cast<size_t>(a.column) >= physical) continue;
    std::vector<int> path = scan.paths[static_cast<size_t>(a.column)];
    path.insert(path.end(), a.path.begin(), a.path.end());
    add(a);
    copy->paths.push_back(std::move(path));
  }
  for (const Access& a : accesses) {
    if (static_cast<size_t>(a.column) < physical) continue;
    copy->table.metadata.push_back(scan.table.metadata[static_cast<size_t>(a.column) - physical]);
    add({a.column, {}});
  }
  out.rel = copy;
  return out;
}

Pruned PruneProject(const ProjectRel& project, const Accesses& accesses) {
  std::vector<ExprPtr> expressions;
  std::vector<std::string> names;
  Accesses needed;
  Pruned out;
  for (const Access& a : accesses) {
    const auto column = static_cast<size_t>(a.column);
    out.places.push_back({a, static_cast<int>(expressions.size())});
    expressions.push_back(ApplyPath(project.expressions[column], a.path, 0));
    std::string name = project.schema[column].name;
    for (int f : a.path) name += "_" + std::to_string(f);
    names.push_back(std::move(name));
    Collect(*expressions.back(), needed);
  }
  Normalize(needed);
  Pruned below = Prune(project.inputs[0], std::move(needed));
  bool identity = expressions.size() == below.rel->schema.size();
  for (size_t i = 0; i < expressions.size(); ++i) {
    expressions[i] = Replace(expressions[i], below);
    identity &= expressions[i]->kind == ExprKind::kInput && expressions[i]->input == static_cast<int>(i) &&
                names[i] == below.rel->schema[i].name;
  }
  out.rel = identity ? below.rel : MakeProject(below.rel, std::move(expressions), std::move(names));
  return out;
}

/// Just the columns: what only a filter or a watermark below looks at ends there, instead of in a join's state.
Pruned PruneExactly(const RelPtr& rel, const Accesses& columns) {
  std::vector<int> wanted;
  for (const Access& a : columns) wanted.push_back(a.column);
  if (wanted.empty()) return Prune(rel, columns);
  Pruned out;
  out.rel = PruneToColumns(rel, wanted);
  for (size_t i = 0; i < wanted.size(); ++i) out.places.push_back({{wanted[i], {}}, static_cast<int>(i)});
  return out;
}

Pruned PruneJoin(const JoinRel& join, const Accesses& accesses) {
  const auto left_width = static_cast<int>(join.inputs[0]->schema.size());
  Accesses all = accesses;
  if (join.condition) Collect(*join.condition, all);
  Accesses left, right;
  for (Access& a : all) {
    if (a.column < left_width) {
      left.push_back(a);
    } else {
      right.push_back({a.column - left_width, a.path});
    }
  }
  // Fields of an outer join's NULL-padded rows could be read below, but the row's own NULL must stay visible.
  Pruned l = PruneExactly(join.inputs[0], WholeColumns(left));
  Pruned r = PruneExactly(join.inputs[1], WholeColumns(right));
  auto copy = std::make_shared<JoinRel>(join);
  copy->inputs = {l.rel, r.rel};
  const auto new_left = static_cast<int>(l.rel->schema.size());
  Pruned out;
  copy->schema.clear();
  // Columns below may carry more than was asked for; their types follow the join's rules again.
  auto nullable = [&](bool side_left) {
    return join.join == JoinKind::kFull || (side_left ? join.join == JoinKind::kRight : join.join == JoinKind::kLeft);
  };
  for (const RowField& f : l.rel->schema)
    copy->schema.push_back({f.name, nullable(true) ? f.type.Nullable() : f.type, ""});
  if (join.join != JoinKind::kSemi && join.join != JoinKind::kAnti) {
    for (const RowField& f : r.rel->schema)
      copy->schema.push_back({f.name, nullable(false) ? f.type.Nullable() : f.type, ""});
  }
  Pruned both;
  for (const auto& [a, at] : l.places) both.places.push_back({a, at});
  for (const auto& [a, at] : r.places) both.places.push_back({{a.column + left_width, a.path}, at + new_left});
  if (join.condition) {
    // The condition sees the rows as they come from below, before any padding.
    auto inner = std::make_shared<JoinRel>(*copy);
    inner->schema = l.rel->schema;
    inner->schema.insert(inner->schema.end(), r.rel->schema.begin(), r.rel->schema.end());
    both.rel = inner;
    copy->condition = Replace(join.condition, both);
  }
  out.rel = copy;
  for (const auto& place : both.places) {
    if (static_cast<size_t>(place.second) < copy->schema.size()) out.places.push_back(place);
  }
  return out;
}

/// Input columns pass through and new ones follow (window functions, OVER, UNNEST): `needed` are the accesses to the
/// input, `rebuild` makes the node over the pruned input.
template <typename T, typename F>
Pruned PrunePassThrough(const T& rel, const Accesses& accesses, Accesses needed, F&& rebuild) {
  const size_t width = rel.inputs[0]->schema.size();
  for (const Access& a : accesses) {
    if (static_cast<size_t>(a.column) < width) needed.push_back(a);
  }
  Normalize(needed);
  Pruned below = Prune(rel.inputs[0], std::move(needed));
  auto copy = std::make_shared<T>(rel);
  copy->inputs = {below.rel};
  copy->schema = below.rel->schema;
  Pruned out;
  out.places = below.places;
  for (size_t i = width; i < rel.schema.size(); ++i) {
    out.places.push_back({{static_cast<int>(i), {}}, static_cast<int>(copy->schema.size())});
    copy->schema.push_back(rel.schema[i]);
  }
  rebuild(*copy, below);
  out.rel = copy;
  return out;
}

Pruned PruneAggregate(const AggregateRel& aggregate) {
  std::vector<int> columns;
  auto need = [&](int c) {
    if (std::find(columns.begin(), columns.end(), c) == columns.end()) columns.push_back(c);
  };
  for (int k : aggregate.keys) need(k);
  for (const AggregateCall& call : aggregate.calls) {
    for (int a : call.args) need(a);
    if (call.filter >= 0) need(call.filter);
    for (const auto& [column, ascending] : call.order_by) need(column);
  }
  if (aggregate.has_group_window) need(aggregate.group_window.time_column);
  auto copy = std::make_shared<AggregateRel>(aggregate);
  copy->inputs = {PruneToColumns(aggregate.inputs[0], columns)};
  auto at = [&](int c) { return static_cast<int>(std::find(columns.begin(), columns.end(), c) - columns.begin()); };
  for (int& k : copy->keys) k = at(k);
  for (AggregateCall& call : copy->calls) {
    for (int& a : call.args) a = at(a);
    if (call.filter >= 0) call.filter = at(call.filter);
    for (auto& [column, ascending] : call.order_by) column = at(column);
  }
  if (aggregate.has_group_window) copy->group_window.time_column = at(copy->group_window.time_column);
  Pruned out;
  out.rel = copy;
  out.places = Identity(copy->schema);
  return out;
}

/// The input's columns that are asked for or that the calls look at; a rank keeps whole rows, the fewer columns the
/// better.
Pruned PruneOver(const OverRel& over, const Accesses& accesses) {
  const auto width = static_cast<int>(over.inputs[0]->schema.size());
  Accesses needed;
  for (const Access& a : accesses) {
    if (a.column < width) Need(needed, a.column);
  }
  for (const OverCall& call : over.calls) {
    for (const int k : call.partition_by) Need(needed, k);
    for (const SortKey& k : call.order_by) Need(needed, k.column);
    for (const int a : call.aggregate.args) Need(needed, a);
    if (call.aggregate.filter >= 0) Need(needed, call.aggregate.filter);
    for (const auto& [column, ascending] : call.aggregate.order_by) Need(needed, column);
  }
  // A row that changes is found again by its key.
  if (const auto key = PrimaryKeyOf(*over.inputs[0])) {
    for (const int k : *key) Need(needed, k);
  }
  Normalize(needed);
  if (needed.empty()) return PruneDefault(std::make_shared<OverRel>(over));
  Pruned below = PruneExactly(over.inputs[0], needed);
  auto copy = std::make_shared<OverRel>(over);
  copy->inputs = {below.rel};
  copy->schema = below.rel->schema;
  Pruned out;
  out.places = below.places;
  for (int i = width; i < static_cast<int>(over.schema.size()); ++i) {
    out.places.push_back({{i, {}}, static_cast<int>(copy->schema.size())});
    copy->schema.push_back(over.schema[static_cast<size_t>(i)]);
  }
  for (OverCall& call : copy->calls) {
    for (int& k : call.partition_by) k = ColumnIn(below, k);
    for (SortKey& k : call.order_by) k.column = ColumnIn(below, k.column);
    for (int& a : call.aggregate.args) a = ColumnIn(below, a);
    if (call.aggregate.filter >= 0) call.aggregate.filter = ColumnIn(below, call.aggregate.filter);
    for (auto& [column, ascending] : call.aggregate.order_by) column = ColumnIn(below, column);
  }
  out.rel = copy;
  return out;
}

Pruned PruneUnion(const Rel& rel, const Accesses& accesses) {
  std::vector<int> columns;
  for (const Access& a : WholeColumns(accesses)) columns.push_back(a.column);
  auto copy = std::make_shared<Rel>(rel);
  for (RelPtr& in : copy->inputs) in = PruneToColumns(in, columns);
  copy->schema.clear();
  Pruned out;
  for (int c : columns) {
    out.places.push_back({{c, {}}, static_cast<int>(copy->schema.size())});
    copy->schema.push_back(rel.schema[static_cast<size_t>(c)]);
  }
  out.rel = copy;
  return out;
}

Pruned PruneDefault(const RelPtr& rel) {
  std::vector<RelPtr> inputs;
  for (const RelPtr& in : rel->inputs) inputs.push_back(PruneToSame(in));
  Pruned out;
  out.rel = inputs.empty() ? rel : WithInputs(*rel, std::move(inputs));
  out.places = Identity(rel->schema);
  return out;
}

Pruned Prune(const RelPtr& rel, Accesses accesses) {
  switch (rel->kind) {
    case RelKind::kScan: return PruneScan(static_cast<const ScanRel&>(*rel), accesses);
    case RelKind::kProject: return PruneProject(static_cast<const ProjectRel&>(*rel), accesses);
    case RelKind::kFilter: {
      const auto& filter = static_cast<const FilterRel&>(*rel);
      Accesses needed;
      Collect(*filter.condition, needed);
      return PrunePassThrough(filter, accesses, std::move(needed), [&](FilterRel& copy, const Pruned& below) {
        copy.condition = Replace(filter.condition, below);
      });
    }
    case RelKind::kWatermark: {
      const auto& w = static_cast<const WatermarkRel&>(*rel);
      Accesses needed;
      Collect(*w.expression, needed);
      Need(needed, w.column);
      return PrunePassThrough(w, accesses, std::move(needed), [&](WatermarkRel& copy, const Pruned& below) {
        copy.column = ColumnIn(below, w.column);
        copy.expression = Replace(w.expression, below);
        copy.schema[static_cast<size_t>(copy.column)].type = rel->schema[static_cast<size_t>(w.column)].type;
      });
    }
    case RelKind::kWindow: {
      const auto& window = static_cast<const WindowRel&>(*rel);
      Accesses needed;
      Need(needed, window.window.time_column);
      for (int k : window.window.partition_keys) Need(needed, k);
      return PrunePassThrough(window, accesses, std::move(needed), [&](WindowRel& copy, const Pruned& below) {
        copy.window.time_column = ColumnIn(below, window.window.time_column);
        for (int& k : copy.window.partition_keys) k = ColumnIn(below, k);
      });
    }
    case RelKind::kJoin: return PruneJoin(static_cast<const JoinRel&>(*rel), accesses);
    case RelKind::kAggregate: return PruneAggregate(static_cast<const AggregateRel&>(*rel));
    case RelKind::kOver: return PruneOver(static_cast<const OverRel&>(*rel), accesses);
    case RelKind::kUnion: return PruneUnion(*rel, accesses);
    case RelKind::kSort: {
      const auto& sort = static_cast<const SortRel&>(*rel);
      Accesses needed;
      for (const SortKey& k : sort.keys) Need(needed, k.column);
      return PrunePassThrough(sort, WholeColumns(accesses), std::move(needed), [&](SortRel& copy, const Pruned& below) {
        for (SortKey& k : copy.keys) k.column = ColumnIn(below, k.column);
      });
    }
    case RelKind::kCorrelate: {
      const auto& correlate = static_cast<const CorrelateRel&>(*rel);
      Accesses needed;
      Collect(*correlate.call, needed);
      if (correlate.condition) return PruneDefault(rel);
      return PrunePassThrough(correlate, accesses, std::move(needed), [&](CorrelateRel& copy, const Pruned& below) {
        copy.call = Replace(correlate.call, below);
      });
    }
    default: return PruneDefault(rel);
  }
}

}  // namespace

RelPtr PruneColumns(RelPtr rel) { return PruneToSame(rel); }

}  // namespace sluice::engine::sql
