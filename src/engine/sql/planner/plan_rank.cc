// ROW_NUMBER() … <= n and its like: Top-N, deduplication.
#include <fmt/format.h>

#include <algorithm>

#include "engine/sql/errors.h"
#include "engine/sql/logical/windows.h"
#include "engine/sql/optimizer/optimizer.h"
#include "engine/sql/planner/physical_planner.h"
#include "engine/sql/planner/plan_traits.h"

namespace sluice::engine::sql {

namespace {

constexpr int64_t kNoEnd = INT64_MAX;

bool IsRankFunction(const std::string& f) { return f == "ROW_NUMBER" || f == "RANK" || f == "DENSE_RANK"; }

const Expr* WithoutCasts(const Expr* e) {
  while (e->kind == ExprKind::kCall && e->function == "CAST") e = e->args[0].get();
  return e;
}

/// rank <op> literal → bounds [first, last]; false if it is no such condition.
bool RankBounds(const Expr& e, int rank_column, int64_t* first, int64_t* last) {
  if (e.kind != ExprKind::kCall || e.args.size() != 2) return false;
  const Expr* a = WithoutCasts(e.args[0].get());
  const Expr* b = WithoutCasts(e.args[1].get());
  std::string op = e.function;
  if (b->kind == ExprKind::kInput) {
    std::swap(a, b);
    op = op == "<" ? ">" : op == "<=" ? ">=" : op == ">" ? "<" : op == ">=" ? "<=" : op;
  }
  if (a->kind != ExprKind::kInput || a->input != rank_column || b->kind != ExprKind::kLiteral || b->value.is_null() ||
      !b->type.is_exact_integer()) {
    return false;
  }
  const int64_t n = b->value.as_int();
  if (op == "<=")
    *last = std::min(*last, n);
  else if (op == "<")
    *last = std::min(*last, n - 1);
  else if (op == ">=")
    *first = std::max(*first, n);
  else if (op == ">")
    *first = std::max(*first, n + 1);
  else if (op == "=")
    *first = std::max(*first, n), *last = std::min(*last, n);
  else
    return false;
  return true;
}

/// The input column of rn <= column; -1 if `e` is something else. Flink takes rn < column for the same.
int BoundingColumn(const Expr& e, int rank_column) {
  if (e.kind != ExprKind::kCall || e.args.size() != 2) return -1;
  const bool less = e.function == "<=" || e.function == "<";
  const bool greater = e.function == ">=" || e.function == ">";
  if (!less && !greater) return -1;
  const Expr* rank = WithoutCasts(e.args[less ? 0 : 1].get());
  const Expr* bound = WithoutCasts(e.args[less ? 1 : 0].get());
  const bool columns = rank->kind == ExprKind::kInput && bound->kind == ExprKind::kInput;
  if (!columns || rank->input != rank_column || bound->input == rank_column || !bound->type.is_exact_integer())
    return -1;
  return bound->input;
}

/// The columns of `rel`, then the group keys that a projection above an aggregate left out: a rank finds a group's row
/// again by them, as Flink keeps the unique key of a rank's input.
RelPtr WithGroupKeys(const RelPtr& rel) {
  if (rel->kind != RelKind::kProject || rel->inputs[0]->kind != RelKind::kAggregate) return rel;
  const auto& project = static_cast<const ProjectRel&>(*rel);
  const auto& aggregate = static_cast<const AggregateRel&>(*rel->inputs[0]);
  if (aggregate.has_group_window) return rel;
  std::vector<ExprPtr> columns = project.expressions;
  std::vector<std::string> names;
  for (const RowField& f : rel->schema) names.push_back(f.name);
  for (size_t k = 0; k < aggregate.keys.size(); ++k) {
    const auto is_key = [&](const ExprPtr& e) {
      return e->kind == ExprKind::kInput && e->input == static_cast<int>(k);
    };
    if (std::any_of(columns.begin(), columns.end(), is_key)) continue;
    columns.push_back(ColumnRef(aggregate.schema, k));
    names.push_back(aggregate.schema[k].name);
  }
  if (columns.size() == project.expressions.size()) return rel;
  return MakeProject(rel->inputs[0], std::move(columns), std::move(names));
}

/// The row that replaces a key's first is an update without -U: Flink takes every first row for one that stays, unless
/// it is the last by one column. (Right for deduplication by time; what it is for other orders, Flink's answers have
/// too.)
bool KeepsFirstRow(const RankNode& rank) {
  const bool one = rank.rank_start == 1 && rank.rank_end == 1 && rank.function == "ROW_NUMBER";
  const bool keeps_last = rank.order.size() == 1 && !rank.order[0].ascending;
  return one && !keeps_last && !rank.input_retracts;
}

std::string RankText(const RankNode& rank, const Schema& schema) {
  std::string order;
  for (const SortKey& k : rank.order) {
    order +=
        (order.empty() ? "" : ", ") + schema[static_cast<size_t>(k.column)].name + (k.ascending ? " ASC" : " DESC");
  }
  return fmt::format("Rank(rankType=[{}], orderBy=[{}])", rank.function, order);
}

/// Rows are ranked within each window.
bool RanksWindows(const OverCall& call, const WindowColumns& windows) {
  auto has = [&](const std::set<int>& columns) {
    return std::any_of(call.partition_by.begin(), call.partition_by.end(), [&](int k) { return columns.contains(k); });
  };
  return has(windows.start) && has(windows.end);
}

}  // namespace

void PhysicalPlanner::ChooseUpsertRank(int input, RankNode& rank) {
  if (!rank.input_retracts || !CanOmitUpdateBefore(plan_, input)) return;
  const PlanTraits traits = TraitsOf(plan_, input);
  if (!traits.monotonicity) return;
  for (const SortKey& k : rank.order) {
    const Monotonicity m = (*traits.monotonicity)[static_cast<size_t>(k.column)];
    const bool better = k.ascending ? m == Monotonicity::kDecreasing : m == Monotonicity::kIncreasing;
    if (!better && m != Monotonicity::kConstant) return;
  }
  for (const std::vector<int>& key : traits.upsert_keys) {
    const bool within = std::all_of(rank.partition_keys.begin(), rank.partition_keys.end(),
                                    [&](int p) { return std::find(key.begin(), key.end(), p) != key.end(); });
    if (!within || key.empty()) continue;
    rank.upsert_key = key;
    OmitUpdateBefore(plan_, input);
    return;
  }
}

bool PhysicalPlanner::IsTopN(const OverRel& over, const ExprPtr& condition) const {
  if (over.calls.size() != 1 || !IsRankFunction(over.calls[0].function)) return false;
  const int rank_column = static_cast<int>(over.schema.size()) - 1;
  int64_t first = 1, last = kNoEnd;
  for (const ExprPtr& c : SplitConjunction(condition)) {
    RankBounds(*c, rank_column, &first, &last);
    if (!batch() && BoundingColumn(*c, rank_column) >= 0) return true;
  }
  return last != kNoEnd || (!batch() && first > 1);
}

Result<RankNode> PhysicalPlanner::RankWithin(const OverRel& over, const ExprPtr& condition,
                                             std::vector<ExprPtr>* rest) const {
  const OverCall& call = over.calls[0];
  if (over.calls.size() != 1 || !IsRankFunction(call.function)) return NotYet("OVER aggregates", over.position);
  if (!batch() && call.order_by.empty()) return RankNeedsOrder(over.position);
  const int rank_column = static_cast<int>(over.schema.size()) - 1;
  RankNode rank;
  rank.partition_keys = call.partition_by;
  rank.order = call.order_by;
  rank.function = call.function;
  rank.batch = batch();
  rank.state_ttl_ms = plan_.settings.state_ttl_ms;
  rank.rank_start = 1;
  rank.rank_end = kNoEnd;
  for (const ExprPtr& c : SplitConjunction(condition)) {
    if (RankBounds(*c, rank_column, &rank.rank_start, &rank.rank_end)) continue;
    const int bound = batch() ? -1 : BoundingColumn(*c, rank_column);
    if (bound >= 0 && rank.rank_end_column < 0) {
      rank.rank_end_column = bound;
    } else {
      rest->push_back(c);
    }
  }
  if (rank.rank_end == kNoEnd && rank.rank_end_column < 0) {
    return Invalid(
        "Rank end is not specified. Currently rank only support TopN, which means the rank end must be specified: add "
        "a condition like rn <= 10.",
        over.position);
  }
  if (rank.rank_end <= 0) {
    return Invalid(fmt::format("Rank end should not less than zero, but now is {}", rank.rank_end), over.position);
  }
  return rank;
}

Result<int> PhysicalPlanner::BuildRank(const OverRel& over, const ExprPtr& condition, bool rank_used,
                                       std::vector<ExprPtr>* rest) {
  SLUICE_ASSIGN_OR_RETURN(RankNode rank, RankWithin(over, condition, rest));
  const int rank_column = static_cast<int>(over.schema.size()) - 1;
  for (const ExprPtr& c : *rest) {
    for (int i : ExprInputs(*c)) rank_used |= i == rank_column;
  }
  if (auto windows = FindWindowColumns(*over.inputs[0]); windows && !batch() && rank.rank_end_column < 0) {
    if (RanksWindows(over.calls[0], *windows))
      return BuildWindowRank(over, *windows, rank.rank_start, rank.rank_end, rank_used);
  }
  SLUICE_ASSIGN_OR_RETURN(int input, Build(batch() ? over.inputs[0] : WithGroupKeys(over.inputs[0])));
  // A rank that is the only one is a constant: it need not be tracked.
  const bool constant = rank.rank_start == rank.rank_end && rank.rank_end_column < 0 && rank.function == "ROW_NUMBER";
  rank.output_rank = rank_used && !constant;
  rank.input_retracts = !node(input).changelog.insert_only();
  ChangelogMode mode = batch() ? ChangelogMode::InsertOnly() : ChangelogMode::All();
  if (!batch() && KeepsFirstRow(rank) && !plan_.settings.mini_batch) {
    mode = ChangelogMode::InsertOnly();
    rank.emit_update_before = false;
  }
  if (!batch() && rank.rank_end_column < 0) ChooseUpsertRank(input, rank);
  Schema schema = node(input).schema;
  if (rank.output_rank) schema.push_back(over.schema.back());
  const bool with_rank = rank.output_rank;
  const std::vector<int> keys = rank.partition_keys;
  const std::string text = RankText(rank, schema);
  const int n = Add(std::move(rank), {Keyed(input, keys)}, std::move(schema), mode, text);
  if (keys.empty()) plan_.nodes.back().parallelism = 1;
  return AsOver(n, over, with_rank);
}

int PhysicalPlanner::AsOver(int n, const OverRel& over, bool with_rank) {
  const Schema schema = node(n).schema;
  if (with_rank && schema.size() == over.schema.size()) return n;
  std::vector<ExprPtr> columns;
  for (size_t i = 0; i + 1 < over.schema.size(); ++i) columns.push_back(ColumnRef(schema, i));
  // Nobody reads a rank that is not there, unless it is the only one.
  const int64_t only = std::get<RankNode>(node(n).payload).rank_start;
  columns.push_back(with_rank ? ColumnRef(schema, schema.size() - 1)
                              : Expr::Literal(Value::Int(only), DataType::Bigint().NotNull()));
  return AddCalc(n, nullptr, std::move(columns), over.schema);
}

}  // namespace sluice::engine::sql
