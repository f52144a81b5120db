#include "engine/sql/planner/plan_traits.h"

#include <algorithm>

namespace sluice::engine::sql {

namespace {

using Keys = std::vector<std::vector<int>>;
using Fields = std::optional<std::vector<Monotonicity>>;

const PlanNode& At(const PhysicalPlan& plan, int node) { return plan.nodes[static_cast<size_t>(node)]; }
int InputOf(const PhysicalPlan& plan, int node, size_t i = 0) { return At(plan, node).inputs[i].node; }

Fields AllConstant(const PlanNode& node) {
  if (!node.changelog.insert_only()) return std::nullopt;
  return std::vector<Monotonicity>(node.schema.size(), Monotonicity::kConstant);
}

void AddKey(Keys& keys, std::vector<int> key) {
  std::sort(key.begin(), key.end());
  key.erase(std::unique(key.begin(), key.end()), key.end());
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
}

bool Contains(const std::vector<int>& set, const std::vector<int>& part) {
  return std::all_of(part.begin(), part.end(),
                     [&](int c) { return std::find(set.begin(), set.end(), c) != set.end(); });
}

// --- sources and projections

PlanTraits OfSource(const PlanNode& node, const SourceNode& source) {
  PlanTraits out;
  out.monotonicity = AllConstant(node);
  if (source.table.primary_key.empty()) return out;
  std::vector<int> key;
  for (const std::string& name : source.table.primary_key) {
    for (size_t c = 0; c < source.projection.size(); ++c) {
      if (source.projection[c].size() != 1) continue;
      if (source.table.physical[static_cast<size_t>(source.projection[c][0])].name == name) {
        key.push_back(static_cast<int>(c));
        break;
      }
    }
  }
  if (key.size() == source.table.primary_key.size()) AddKey(out.upsert_keys, std::move(key));
  return out;
}

Monotonicity OfExpression(const Expr& e, const std::vector<Monotonicity>& input) {
  if (e.kind == ExprKind::kInput) return input[static_cast<size_t>(e.input)];
  if (e.kind == ExprKind::kLiteral) return Monotonicity::kConstant;
  if (e.function == "CAST" && e.type.is_numeric() && e.args[0]->type.is_numeric())
    return OfExpression(*e.args[0], input);
  const std::vector<int> used = ExprInputs(e);
  const bool constant = std::all_of(used.begin(), used.end(),
                                    [&](int i) { return input[static_cast<size_t>(i)] == Monotonicity::kConstant; });
  return constant ? Monotonicity::kConstant : Monotonicity::kNone;
}

/// The column that `e` is, itself or under a cast that keeps different values different; -1: none.
int KeptColumn(const Expr& e) {
  if (e.kind == ExprKind::kInput) return e.input;
  if (e.kind != ExprKind::kCall || e.function != "CAST" || e.args[0]->kind != ExprKind::kInput) return -1;
  const DataType &from = e.args[0]->type, &to = e.type;
  const bool text = from.is_character() && to.kind() == TypeKind::kVarchar && to.length() >= from.length();
  const bool number = from.is_exact_integer() && to.is_exact_integer() && to.kind() >= from.kind();
  return text || number ? e.args[0]->input : -1;
}

PlanTraits OfCalc(PlanTraits in, const CalcNode& calc) {
  if (calc.projections.empty()) return in;
  PlanTraits out;
  for (const std::vector<int>& key : in.upsert_keys) {
    std::vector<int> mapped;
    for (const int column : key) {
      const auto is_column = [&](const ExprPtr& e) { return KeptColumn(*e) == column; };
      const auto at = std::find_if(calc.projections.begin(), calc.projections.end(), is_column);
      if (at == calc.projections.end()) break;
      mapped.push_back(static_cast<int>(at - calc.projections.begin()));
    }
    if (mapped.size() == key.size()) AddKey(out.upsert_keys, std::move(mapped));
  }
  if (!in.monotonicity) return out;
  out.monotonicity.emplace();
  for (const ExprPtr& e : calc.projections) out.monotonicity->push_back(OfExpression(*e, *in.monotonicity));
  return out;
}

// --- aggregates

Monotonicity OfCall(const AggregateCall& call) {
  if (call.filter >= 0) return Monotonicity::kNone;
  if (call.function == "COUNT" || call.function == "MAX") return Monotonicity::kIncreasing;
  return call.function == "MIN" ? Monotonicity::kDecreasing : Monotonicity::kNone;
}

/// The calls' directions over an input with `in`; nothing if the input can delete or groups change.
Fields OfCalls(const PlanTraits& in, const ChangelogMode& changelog, const GroupAggregateNode& aggregate) {
  if (!in.monotonicity || changelog.deletes) return std::nullopt;
  std::vector<Monotonicity> out;
  for (const int k : aggregate.keys) {
    out.push_back((*in.monotonicity)[static_cast<size_t>(k)]);
    if (out.back() != Monotonicity::kConstant) return std::nullopt;
  }
  for (const AggregateCall& call : aggregate.calls) {
    Monotonicity m = OfCall(call);
    if (changelog.update_after) {
      // Updates of the argument: only MIN and MAX follow them, where both go the same way.
      const bool follows = (call.function == "MAX" || call.function == "MIN") && call.args.size() == 1 &&
                           (*in.monotonicity)[static_cast<size_t>(call.args[0])] == m;
      if (!follows) m = Monotonicity::kNone;
    }
    out.push_back(m);
  }
  return out;
}

PlanTraits OfAggregate(const PhysicalPlan& plan, int node, const GroupAggregateNode& aggregate) {
  PlanTraits out;
  std::vector<int> key;
  for (size_t i = 0; i < aggregate.keys.size(); ++i) key.push_back(static_cast<int>(i));
  AddKey(out.upsert_keys, std::move(key));
  const int input = InputOf(plan, node);
  out.monotonicity = OfCalls(TraitsOf(plan, input), At(plan, input).changelog, aggregate);
  return out;
}

PlanTraits OfWindowAggregate(const WindowAggregateNode& aggregate) {
  PlanTraits out;
  std::vector<int> key;
  for (size_t i = 0; i < aggregate.keys.size(); ++i) key.push_back(static_cast<int>(i));
  bool bounded = false;
  for (size_t p = 0; p < aggregate.properties.size(); ++p) {
    const WindowProperty property = aggregate.properties[p];
    bounded |=
        property == WindowProperty::kEnd || (aggregate.legacy_group_window && property == WindowProperty::kStart);
    key.push_back(static_cast<int>(aggregate.keys.size() + aggregate.calls.size() + p));
  }
  if (bounded) AddKey(out.upsert_keys, std::move(key));
  return out;
}

// --- ranks and joins

PlanTraits OfRank(const PhysicalPlan& plan, int node, const RankNode& rank) {
  PlanTraits out;
  const int input = InputOf(plan, node);
  if (rank.rank_end == 1 && rank.function == "ROW_NUMBER") AddKey(out.upsert_keys, rank.partition_keys);
  if (rank.output_rank && rank.function == "ROW_NUMBER") {
    std::vector<int> key = rank.partition_keys;
    key.push_back(static_cast<int>(At(plan, node).schema.size()) - 1);
    AddKey(out.upsert_keys, std::move(key));
  }
  for (std::vector<int> key : TraitsOf(plan, input).upsert_keys) {
    if (Contains(key, rank.partition_keys)) AddKey(out.upsert_keys, std::move(key));
  }
  return out;
}

PlanTraits OfJoin(const PhysicalPlan& plan, int node, const JoinNode& join) {
  PlanTraits out;
  const PlanTraits left = TraitsOf(plan, InputOf(plan, node, 0));
  auto with_keys = [](const PlanTraits& side, const std::vector<int>& keys) {
    Keys kept;
    for (const std::vector<int>& key : side.upsert_keys) {
      if (Contains(key, keys)) kept.push_back(key);
    }
    return kept;
  };
  const Keys left_keys = with_keys(left, join.left_keys);
  if (join.kind == JoinKind::kSemi || join.kind == JoinKind::kAnti) {
    out.upsert_keys = left_keys;
    return out;
  }
  const PlanTraits right = TraitsOf(plan, InputOf(plan, node, 1));
  const auto shift = static_cast<int>(At(plan, InputOf(plan, node, 0)).schema.size());
  Keys right_keys = with_keys(right, join.right_keys);
  for (std::vector<int>& key : right_keys) {
    for (int& c : key) c += shift;
  }
  const bool keeps_left = join.kind == JoinKind::kInner || join.kind == JoinKind::kLeft;
  const bool keeps_right = join.kind == JoinKind::kInner || join.kind == JoinKind::kRight;
  if (keeps_left && HoldsUpsertKey(right, join.right_keys)) {
    for (const std::vector<int>& key : left_keys) AddKey(out.upsert_keys, key);
  }
  if (keeps_right && HoldsUpsertKey(left, join.left_keys)) {
    for (const std::vector<int>& key : right_keys) AddKey(out.upsert_keys, key);
  }
  if (join.kind == JoinKind::kFull) return out;
  for (const std::vector<int>& l : left_keys) {
    for (const std::vector<int>& r : right_keys) {
      std::vector<int> both = l;
      both.insert(both.end(), r.begin(), r.end());
      AddKey(out.upsert_keys, std::move(both));
    }
  }
  return out;
}

/// The left row's keys hold where one row at most is found for it.
PlanTraits OfLookupJoin(const PhysicalPlan& plan, int node, const LookupJoinNode& join) {
  PlanTraits out;
  const std::vector<std::string>& primary = join.lookup.table.primary_key;
  auto is_key = [&](const std::string& name) {
    return std::any_of(join.keys.begin(), join.keys.end(),
                       [&](const LookupKey& k) { return join.row[static_cast<size_t>(k.column)].name == name; });
  };
  if (primary.empty() || !std::all_of(primary.begin(), primary.end(), is_key)) return out;
  out.upsert_keys = TraitsOf(plan, InputOf(plan, node)).upsert_keys;
  return out;
}

/// A filter on other columns than a key's lets a row vanish by an update: its -U must come.
bool FiltersByOtherThanKey(const PhysicalPlan& plan, int node, const CalcNode& calc) {
  if (!calc.condition) return false;
  const PlanTraits in = TraitsOf(plan, InputOf(plan, node));
  const std::vector<int> used = ExprInputs(*calc.condition);
  return std::none_of(in.upsert_keys.begin(), in.upsert_keys.end(),
                      [&](const std::vector<int>& key) { return Contains(key, used); });
}

}  // namespace

PlanTraits TraitsOf(const PhysicalPlan& plan, int node) {
  const PlanNode& n = At(plan, node);
  if (const auto* source = std::get_if<SourceNode>(&n.payload)) return OfSource(n, *source);
  if (const auto* calc = std::get_if<CalcNode>(&n.payload)) return OfCalc(TraitsOf(plan, InputOf(plan, node)), *calc);
  if (const auto* aggregate = std::get_if<GroupAggregateNode>(&n.payload)) return OfAggregate(plan, node, *aggregate);
  if (const auto* aggregate = std::get_if<WindowAggregateNode>(&n.payload)) return OfWindowAggregate(*aggregate);
  if (const auto* rank = std::get_if<RankNode>(&n.payload)) return OfRank(plan, node, *rank);
  if (const auto* join = std::get_if<JoinNode>(&n.payload)) return OfJoin(plan, node, *join);
  if (const auto* join = std::get_if<LookupJoinNode>(&n.payload)) return OfLookupJoin(plan, node, *join);
  if (std::holds_alternative<WatermarkNode>(n.payload)) return TraitsOf(plan, InputOf(plan, node));
  PlanTraits out;
  if (const auto* normalize = std::get_if<ChangelogNormalizeNode>(&n.payload)) AddKey(out.upsert_keys, normalize->keys);
  if (std::holds_alternative<SortNode>(n.payload) || std::holds_alternative<LimitNode>(n.payload)) {
    out.upsert_keys = TraitsOf(plan, InputOf(plan, node)).upsert_keys;
  }
  out.monotonicity = AllConstant(n);
  return out;
}

bool HoldsUpsertKey(const PlanTraits& traits, const std::vector<int>& columns) {
  return std::any_of(traits.upsert_keys.begin(), traits.upsert_keys.end(),
                     [&](const std::vector<int>& key) { return Contains(columns, key); });
}

void MarkMonotonicCalls(const PlanTraits& input, const ChangelogMode& changelog, GroupAggregateNode& aggregate) {
  if (!changelog.update_after) return;
  const Fields fields = OfCalls(input, changelog, aggregate);
  if (!fields) return;
  for (size_t i = 0; i < aggregate.calls.size(); ++i) {
    const Monotonicity m = (*fields)[aggregate.keys.size() + i];
    aggregate.calls[i].monotonic = m == Monotonicity::kIncreasing || m == Monotonicity::kDecreasing;
  }
}

bool CanOmitUpdateBefore(const PhysicalPlan& plan, int node) {
  const PlanNode& n = At(plan, node);
  if (!n.changelog.update_before) return true;
  if (const auto* calc = std::get_if<CalcNode>(&n.payload)) {
    return !FiltersByOtherThanKey(plan, node, *calc) && CanOmitUpdateBefore(plan, InputOf(plan, node));
  }
  if (std::holds_alternative<UnionNode>(n.payload)) {
    return std::all_of(n.inputs.begin(), n.inputs.end(),
                       [&](const PlanEdge& e) { return CanOmitUpdateBefore(plan, e.node); });
  }
  return std::holds_alternative<GroupAggregateNode>(n.payload) ||
         std::holds_alternative<WindowAggregateNode>(n.payload) || std::holds_alternative<RankNode>(n.payload) ||
         std::holds_alternative<ChangelogNormalizeNode>(n.payload);
}

void OmitUpdateBefore(PhysicalPlan& plan, int node) {
  PlanNode& n = plan.nodes[static_cast<size_t>(node)];
  if (!n.changelog.update_before) return;
  n.changelog.update_before = false;
  if (auto* aggregate = std::get_if<GroupAggregateNode>(&n.payload)) {
    aggregate->emit_update_before = false;
  } else if (auto* window = std::get_if<WindowAggregateNode>(&n.payload)) {
    window->emit_update_before = false;
  } else if (auto* rank = std::get_if<RankNode>(&n.payload)) {
    rank->emit_update_before = false;
  } else if (auto* normalize = std::get_if<ChangelogNormalizeNode>(&n.payload)) {
    normalize->emit_update_before = false;
  } else {
    for (const PlanEdge& e : n.inputs) OmitUpdateBefore(plan, e.node);
  }
}

}  // namespace sluice::engine::sql
