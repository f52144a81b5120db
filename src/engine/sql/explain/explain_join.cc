// Joins as EXPLAIN prints them.
#include <fmt/format.h>

#include "engine/sql/explain/explain_cost.h"
#include "engine/sql/explain/plan_explainer.h"
#include "engine/sql/logical/rel.h"
#include "engine/sql/planner/join_name.h"
#include "engine/sql/planner/plan_traits.h"

namespace sluice::engine::sql {

std::string PlanExplainer::KeySpec(int input, const std::vector<int>& keys) const {
  const PlanTraits traits = TraitsOf(plan_, input);
  if (traits.upsert_keys.empty()) return "NoUniqueKey";
  return HoldsUpsertKey(traits, keys) ? "JoinKeyContainsUniqueKey" : "HasUniqueKey";
}

template <typename Join>
std::string PlanExplainer::Where(const Join& join, size_t left_width, const Names& both) const {
  std::vector<ExprPtr> all;
  for (size_t k = 0; k < join.left_keys.size(); ++k) {
    const ExprPtr l = Expr::Input(join.left_keys[k], DataType::Integer());
    const ExprPtr r = Expr::Input(join.right_keys[k] + static_cast<int>(left_width), DataType::Integer());
    all.push_back(Expr::Call(join.filter_nulls[k] ? "=" : "IS NOT DISTINCT FROM", {l, r}, DataType::Boolean()));
  }
  if (join.condition) all.push_back(join.condition);
  return all.empty() ? "true" : Text(*JoinConjunction(all), both);
}

Shown PlanExplainer::ShowJoin(int node, const JoinNode& join) {
  const PlanNode& n = At(node);
  std::vector<Shown> in;
  in.push_back(Input(node, 0));
  in.push_back(Input(node, 1));
  const Names both = Unique(in[0].names, in[1].names);
  const Names names = join.kind == JoinKind::kSemi || join.kind == JoinKind::kAnti ? in[0].names : both;
  std::string terms = fmt::format("joinType=[{}], where=[{}], select=[{}]", JoinName(join.kind),
                                  Where(join, in[0].names.size(), both), JoinNames(names));
  if (!join.batch) {
    terms += fmt::format(", leftInputSpec=[{}], rightInputSpec=[{}]", KeySpec(InputOf(node, 0), join.left_keys),
                         KeySpec(InputOf(node, 1), join.right_keys));
    if (plan_.settings.mini_batch) terms += ", miniBatch=[true]";
  }
  ExplainTree line = Line(join.batch ? "HashJoin" : "Join", terms, n.changelog);
  CostFacts& facts = line.facts;
  facts.keys = static_cast<int>(join.left_keys.size());
  for (int k = 0; k < facts.keys; ++k) facts.factor *= kEqualsSelectivity;
  if (join.condition) facts.factor *= Selectivity(*join.condition);
  facts.semi = join.kind == JoinKind::kSemi;
  facts.unknown = join.kind == JoinKind::kAnti || join.kind == JoinKind::kFull || join.kind == JoinKind::kRight;
  facts.outer = join.kind == JoinKind::kLeft;
  return Over(std::move(line), std::move(in), names);
}

Shown PlanExplainer::ShowIntervalJoin(int node, const IntervalJoinNode& join) {
  std::vector<Shown> in;
  in.push_back(Input(node, 0));
  in.push_back(Input(node, 1));
  const Names both = Unique(in[0].names, in[1].names);
  IntervalJoinNode shown = join;
  shown.condition = WithBounds(join, in[0].names.size());
  const std::string terms = fmt::format(
      "joinType=[{}], windowBounds=[isRowTime={}, leftLowerBound={}, leftUpperBound={}, leftTimeIndex={}, "
      "rightTimeIndex={}], where=[{}], select=[{}]",
      JoinName(join.kind), !join.processing_time, join.lower_ms, join.upper_ms, join.left_time, join.right_time,
      Where(shown, in[0].names.size(), both), JoinNames(both));
  return Over(Line("IntervalJoin", terms, At(node).changelog), std::move(in), both);
}

Shown PlanExplainer::ShowLookupJoin(int node, const LookupJoinNode& join) {
  Shown in = Input(node, 0);
  Names found, keys;
  for (const RowField& f : join.row) found.push_back(f.name);
  for (const LookupKey& k : join.keys) {
    keys.push_back(NameAt(found, k.column) + "=" +
                   (k.left >= 0 ? NameAt(in.names, k.left) : ExplainExpr(*k.constant, {}, ExplainStyle::kLogical)));
  }
  Names projected;
  for (size_t i = in.names.size(); i < At(node).schema.size(); ++i) projected.push_back(At(node).schema[i].name);
  const Names both = Unique(in.names, projected);
  std::string terms = fmt::format("table=[{}], joinType=[{}], lookup=[{}]", join.lookup.table.identifier,
                                  join.left_outer ? "LeftOuterJoin" : "InnerJoin", JoinNames(keys));
  if (join.filter) terms += ", where=[" + Text(*join.filter, found) + "]";
  if (join.condition) terms += ", joinCondition=[" + Text(*join.condition, both) + "]";
  terms += ", select=[" + JoinNames(both) + "]";
  if (join.retry_on_miss) {
    terms += fmt::format(", retry=[lookup_miss, FIXED_DELAY, {}ms, {}]", join.retry_delay_ms, join.max_attempts);
  }
  return Over(Line("LookupJoin", terms, At(node).changelog), Wrap(std::move(in)), both);
}

std::string PlanExplainer::TemporalText(const TemporalJoinNode& join, size_t left_width, const Names& names) const {
  auto column = [](int c) { return Expr::Input(c, DataType::Integer()); };
  auto call = [](const char* name, std::vector<ExprPtr> args) {
    return Expr::Call(std::string("__TEMPORAL_JOIN_") + name, std::move(args), DataType::Boolean());
  };
  const auto shift = static_cast<int>(left_width);
  std::vector<ExprPtr> left, right;
  for (const int k : join.left_keys) left.push_back(column(k));
  for (const int k : join.right_keys) right.push_back(column(k + shift));
  TemporalJoinNode shown = join;
  shown.condition =
      call("CONDITION", {column(join.left_time), column(join.right_time + shift), call("CONDITION_PRIMARY_KEY", right),
                         call("LEFT_KEY", left), call("RIGHT_KEY", right)});
  if (join.condition) shown.condition = JoinConjunction({shown.condition, join.condition});
  return fmt::format("joinType=[{}], where=[{}], select=[{}]", join.left_outer ? "LeftOuterJoin" : "InnerJoin",
                     Where(shown, left_width, names), JoinNames(names));
}

std::string PlanExplainer::WindowJoinText(const WindowJoinNode& join, size_t left_width, const Names& names) const {
  return fmt::format("joinType=[{}], where=[{}], select=[{}]", JoinName(join.kind), Where(join, left_width, names),
                     JoinNames(names));
}

}  // namespace sluice::engine::sql
