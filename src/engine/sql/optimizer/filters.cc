#include <algorithm>

#include "engine/sql/optimizer/optimizer.h"

namespace sluice::engine::sql {

namespace {

template <typename T>
RelPtr Copy(const Rel& rel, std::vector<RelPtr> inputs) {
  auto copy = std::make_shared<T>(static_cast<const T&>(rel));
  copy->inputs = std::move(inputs);
  return copy;
}

bool AllDeterministic(const std::vector<ExprPtr>& list, const FunctionRegistry& functions) {
  return std::all_of(list.begin(), list.end(), [&](const ExprPtr& e) { return IsDeterministic(*e, functions); });
}

RelPtr MakeFilterOrNot(RelPtr input, const std::vector<ExprPtr>& conjuncts) {
  return conjuncts.empty() ? input : MakeFilter(std::move(input), JoinConjunction(conjuncts));
}

/// A conjunct over the join's columns goes to the side that has all of them, where the join kind allows it.
RelPtr PushIntoJoin(const JoinRel& join, const std::vector<ExprPtr>& conjuncts) {
  const auto left_width = static_cast<int>(join.inputs[0]->schema.size());
  const bool to_left = join.join == JoinKind::kInner || join.join == JoinKind::kLeft || join.join == JoinKind::kSemi ||
                       join.join == JoinKind::kAnti;
  const bool temporal = IsTemporalJoin(join) || IsLookupJoin(join);
  const bool to_right = join.join == JoinKind::kInner && !join.single_right && !temporal;
  std::vector<ExprPtr> left, right, stay;
  for (const ExprPtr& c : conjuncts) {
    const std::vector<int> used = ExprInputs(*c);
    const bool all_left = std::all_of(used.begin(), used.end(), [&](int i) { return i < left_width; });
    const bool all_right = std::all_of(used.begin(), used.end(), [&](int i) { return i >= left_width; });
    if (all_left && to_left && !used.empty()) {
      left.push_back(c);
    } else if (all_right && to_right && !used.empty()) {
      right.push_back(ExprShift(c, -left_width));
    } else {
      stay.push_back(c);
    }
  }
  auto copy = std::make_shared<JoinRel>(join);
  copy->inputs = {MakeFilterOrNot(join.inputs[0], left), MakeFilterOrNot(join.inputs[1], right)};
  // What is left of an inner join's WHERE is a join condition: equalities there become keys.
  if (join.join == JoinKind::kInner && !stay.empty()) {
    std::vector<ExprPtr> all = SplitConjunction(join.condition);
    all.insert(all.end(), stay.begin(), stay.end());
    copy->condition = JoinConjunction(all);
    stay.clear();
  }
  return MakeFilterOrNot(copy, stay);
}

/// One-sided conjuncts of a join's own condition, for the sides whose rows are not kept when it fails.
RelPtr SplitJoinCondition(const JoinRel& join) {
  if (!join.condition || join.single_right || IsTemporalJoin(join) || IsLookupJoin(join)) return nullptr;
  const JoinKind kind = join.join;
  const bool to_left = kind == JoinKind::kInner || kind == JoinKind::kRight || kind == JoinKind::kSemi;
  const bool to_right = kind != JoinKind::kRight && kind != JoinKind::kFull;
  const auto left_width = static_cast<int>(join.inputs[0]->schema.size());
  std::vector<ExprPtr> left, right, stay;
  for (const ExprPtr& c : SplitConjunction(join.condition)) {
    const std::vector<int> used = ExprInputs(*c);
    if (used.empty()) {
      stay.push_back(c);
    } else if (used.back() < left_width && to_left) {
      left.push_back(c);
    } else if (used.front() >= left_width && to_right) {
      right.push_back(ExprShift(c, -left_width));
    } else {
      stay.push_back(c);
    }
  }
  if (left.empty() && right.empty()) return nullptr;
  auto copy = std::make_shared<JoinRel>(join);
  copy->inputs = {MakeFilterOrNot(join.inputs[0], left), MakeFilterOrNot(join.inputs[1], right)};
  copy->condition = JoinConjunction(stay);
  return copy;
}

RelPtr RewriteFilter(const FilterRel& filter, const FunctionRegistry& functions) {
  const RelPtr& in = filter.inputs[0];
  if (!IsDeterministic(*filter.condition, functions)) return nullptr;
  switch (in->kind) {
    case RelKind::kFilter: {
      const auto& below = static_cast<const FilterRel&>(*in);
      std::vector<ExprPtr> all = SplitConjunction(below.condition);
      for (const ExprPtr& c : SplitConjunction(filter.condition)) all.push_back(c);
      return MakeFilter(below.inputs[0], JoinConjunction(all));
    }
    case RelKind::kProject: {
      const auto& project = static_cast<const ProjectRel&>(*in);
      if (!AllDeterministic(project.expressions, functions)) return nullptr;
      RelPtr pushed = MakeFilter(project.inputs[0], ExprSubstitute(filter.condition, project.expressions));
      return Copy<ProjectRel>(project, {pushed});
    }
    case RelKind::kUnion: {
      std::vector<RelPtr> inputs;
      for (const RelPtr& branch : in->inputs) inputs.push_back(MakeFilter(branch, filter.condition));
      return Copy<Rel>(*in, std::move(inputs));
    }
    case RelKind::kJoin: {
      const auto& join = static_cast<const JoinRel&>(*in);
      if (const JoinKind kind = WithoutPadding(join, filter.condition); kind != join.join && !IsTemporalJoin(join)) {
        auto copy = std::make_shared<JoinRel>(join);
        copy->join = kind;
        return MakeFilter(copy, filter.condition);
      }
      RelPtr pushed = PushIntoJoin(join, SplitConjunction(filter.condition));
      // Nothing moved: stop, or the rule would run for ever.
      if (pushed->kind == RelKind::kFilter &&
          ExprEquals(*static_cast<const FilterRel&>(*pushed).condition, *filter.condition)) {
        return nullptr;
      }
      return pushed;
    }
    default: return nullptr;
  }
}

RelPtr RewriteProject(const ProjectRel& project, const FunctionRegistry& functions) {
  if (project.inputs[0]->kind != RelKind::kProject) return nullptr;
  const auto& below = static_cast<const ProjectRel&>(*project.inputs[0]);
  if (!AllDeterministic(below.expressions, functions)) return nullptr;
  auto copy = std::make_shared<ProjectRel>(project);
  for (ExprPtr& e : copy->expressions) e = ExprSubstitute(e, below.expressions);
  copy->inputs = below.inputs;
  return copy;
}

}  // namespace

bool IsDeterministic(const Expr& e, const FunctionRegistry& functions) {
  if (e.kind == ExprKind::kCall) {
    const ScalarFunction* f = functions.FindScalar(e.function);
    if (f != nullptr && !f->deterministic) return false;
  }
  return std::all_of(e.args.begin(), e.args.end(), [&](const ExprPtr& a) { return IsDeterministic(*a, functions); });
}

RelPtr WithInputs(const Rel& rel, std::vector<RelPtr> inputs) {
  switch (rel.kind) {
    case RelKind::kScan: return Copy<ScanRel>(rel, std::move(inputs));
    case RelKind::kValues: return Copy<ValuesRel>(rel, std::move(inputs));
    case RelKind::kProject: return Copy<ProjectRel>(rel, std::move(inputs));
    case RelKind::kFilter: return Copy<FilterRel>(rel, std::move(inputs));
    case RelKind::kWatermark: return Copy<WatermarkRel>(rel, std::move(inputs));
    case RelKind::kAggregate: return Copy<AggregateRel>(rel, std::move(inputs));
    case RelKind::kWindow: return Copy<WindowRel>(rel, std::move(inputs));
    case RelKind::kUnion: return Copy<Rel>(rel, std::move(inputs));
    case RelKind::kSetOp: return Copy<SetOpRel>(rel, std::move(inputs));
    case RelKind::kSort: return Copy<SortRel>(rel, std::move(inputs));
    case RelKind::kOver: return Copy<OverRel>(rel, std::move(inputs));
    case RelKind::kJoin: return Copy<JoinRel>(rel, std::move(inputs));
    case RelKind::kCorrelate: return Copy<CorrelateRel>(rel, std::move(inputs));
    case RelKind::kExpand: return Copy<ExpandRel>(rel, std::move(inputs));
    case RelKind::kMatch: return Copy<MatchRel>(rel, std::move(inputs));
  }
  return nullptr;
}

RelPtr PushFilters(RelPtr rel, const FunctionRegistry& functions) {
  for (;;) {
    RelPtr next;
    if (rel->kind == RelKind::kFilter) next = RewriteFilter(static_cast<const FilterRel&>(*rel), functions);
    if (rel->kind == RelKind::kProject) next = RewriteProject(static_cast<const ProjectRel&>(*rel), functions);
    if (rel->kind == RelKind::kJoin) next = SplitJoinCondition(static_cast<const JoinRel&>(*rel));
    if (next == nullptr) break;
    rel = std::move(next);
  }
  std::vector<RelPtr> inputs;
  bool changed = false;
  for (const RelPtr& in : rel->inputs) {
    inputs.push_back(PushFilters(in, functions));
    changed |= inputs.back() != in;
  }
  if (!changed) return rel;
  rel = WithInputs(*rel, std::move(inputs));
  // A child that became a projection can merge with its parent now.
  if (rel->kind == RelKind::kProject) {
    if (RelPtr merged = RewriteProject(static_cast<const ProjectRel&>(*rel), functions))
      return PushFilters(merged, functions);
  }
  if (rel->kind == RelKind::kFilter) {
    if (RelPtr moved = RewriteFilter(static_cast<const FilterRel&>(*rel), functions))
      return PushFilters(moved, functions);
  }
  return rel;
}

RelPtr PrunePartitions(RelPtr rel, const FunctionRegistry& functions) {
  std::vector<RelPtr> inputs;
  for (const RelPtr& in : rel->inputs) inputs.push_back(PrunePartitions(in, functions));
  if (!inputs.empty()) rel = WithInputs(*rel, std::move(inputs));
  if (rel->kind != RelKind::kFilter || rel->inputs[0]->kind != RelKind::kScan) return rel;
  const auto& scan = static_cast<const ScanRel&>(*rel->inputs[0]);
  if (scan.table.partition_keys.empty()) return rel;
  // Scan column → place among the partition keys.
  std::vector<int> key_of(scan.schema.size(), -1);
  for (size_t c = 0; c < scan.paths.size(); ++c) {
    if (scan.paths[c].size() != 1) continue;
    const std::string& name = scan.table.physical[static_cast<size_t>(scan.paths[c][0])].name;
    const auto at = std::find(scan.table.partition_keys.begin(), scan.table.partition_keys.end(), name);
    if (at != scan.table.partition_keys.end()) key_of[c] = static_cast<int>(at - scan.table.partition_keys.begin());
  }
  std::vector<ExprPtr> usable;
  for (const ExprPtr& c : SplitConjunction(static_cast<const FilterRel&>(*rel).condition)) {
    const std::vector<int> used = ExprInputs(*c);
    const bool only_keys =
        std::all_of(used.begin(), used.end(), [&](int i) { return key_of[static_cast<size_t>(i)] >= 0; });
    if (!only_keys || used.empty() || !IsDeterministic(*c, functions)) continue;
    std::vector<ExprPtr> to_keys;
    for (size_t i = 0; i < scan.schema.size(); ++i)
      to_keys.push_back(Expr::Input(std::max(key_of[i], 0), scan.schema[i].type));
    usable.push_back(ExprSubstitute(c, to_keys));
  }
  if (usable.empty()) return rel;
  auto pruned = std::make_shared<ScanRel>(scan);
  pruned->partition_filter = JoinConjunction(usable);
  return WithInputs(*rel, {pruned});
}

RelPtr Optimize(RelPtr rel, const FunctionRegistry& functions) {
  rel = PushFilters(std::move(rel), functions);
  rel = PrunePartitions(std::move(rel), functions);
  rel = ReduceAggregates(PruneColumns(std::move(rel)), functions);
  return PushFilters(std::move(rel), functions);
}

}  // namespace sluice::engine::sql
