// What event time or windows bound: interval, temporal and window joins, Top-N per window, MATCH_RECOGNIZE.
#include <fmt/format.h>

#include <algorithm>

#include "engine/sql/errors.h"
#include "engine/sql/logical/versions.h"
#include "engine/sql/logical/windows.h"
#include "engine/sql/planner/physical_planner.h"

namespace sluice::engine::sql {

namespace {

/// A time attribute moved by a constant.
struct TimeTerm {
  int column;
  int64_t offset_ms;
  bool processing_time;
};

std::optional<int64_t> IntervalMs(const Expr& e) {
  if (e.kind != ExprKind::kLiteral || e.type.kind() != TypeKind::kIntervalDayTime || e.value.is_null()) return {};
  return e.value.as_int();
}

std::optional<TimeTerm> TimeTermOf(const Expr& e) {
  if (e.kind == ExprKind::kInput) {
    if (!e.type.is_rowtime() && !e.type.is_proctime()) return std::nullopt;
    return TimeTerm{e.input, 0, e.type.is_proctime()};
  }
  if (e.kind != ExprKind::kCall || e.args.size() != 2 || (e.function != "+" && e.function != "-")) return std::nullopt;
  for (const size_t time : {size_t{0}, size_t{1}}) {
    const auto by = IntervalMs(*e.args[1 - time]);
    if (!by || (time == 1 && e.function == "-")) continue;
    auto term = TimeTermOf(*e.args[time]);
    if (term) term->offset_ms += e.function == "+" ? *by : -*by;
    return term;
  }
  return std::nullopt;
}

/// Adds the right side's columns that are compared as wider integers: they are as unique as they were.
void AddWidenedColumns(const std::vector<ExprPtr>& conjuncts, int left_width, std::vector<int>& columns) {
  for (const ExprPtr& c : conjuncts) {
    if (c->kind != ExprKind::kCall || c->function != "=") continue;
    for (const size_t side : {0U, 1U}) {
      const Expr* from = c->args[side].get();
      if (from->kind == ExprKind::kCall && from->function == "CAST") from = from->args[0].get();
      if (from->kind != ExprKind::kInput || from->input < left_width) continue;
      const DataType& as = c->args[1 - side]->type;
      if (from->type.is_exact_integer() && as.is_exact_integer() && from->type.kind() <= as.kind()) {
        columns.push_back(from->input - left_width);
      }
    }
  }
}

}  // namespace

// --- interval joins

std::optional<PhysicalPlanner::Interval> PhysicalPlanner::FindInterval(const JoinRel& rel) {
  if (rel.join == JoinKind::kSemi || rel.join == JoinKind::kAnti) return std::nullopt;
  const auto left_width = static_cast<int>(rel.inputs[0]->schema.size());
  Interval out;
  int lower = 0, upper = 0;
  for (const ExprPtr& c : SplitConjunction(rel.condition)) {
    std::optional<TimeTerm> a, b;
    if (c->kind == ExprKind::kCall && c->args.size() == 2) {
      a = TimeTermOf(*c->args[0]);
      b = TimeTermOf(*c->args[1]);
    }
    std::string op = c->function;
    const bool compares = op == "<" || op == "<=" || op == ">" || op == ">=" || op == "=";
    if (!a || !b || !compares || (a->column < left_width) == (b->column < left_width) ||
        a->processing_time != b->processing_time) {
      out.rest.push_back(c);
      continue;
    }
    if (a->column >= left_width) {
      std::swap(a, b);
      op = op == "<" ? ">" : op == "<=" ? ">=" : op == ">" ? "<" : op == ">=" ? "<=" : op;
    }
    // left + a op right + b: left is bounded by right + (b - a).
    const int64_t bound = b->offset_ms - a->offset_ms;
    if (op == "<" || op == "<=" || op == "=") {
      ++upper;
      out.upper_ms = op == "<" ? bound - 1 : bound;
    }
    if (op == ">" || op == ">=" || op == "=") {
      ++lower;
      out.lower_ms = op == ">" ? bound + 1 : bound;
    }
    out.left_time = a->column;
    out.right_time = b->column - left_width;
    out.processing_time = a->processing_time;
  }
  // Flink plans an interval join for exactly one bound from each direction; else it is a regular join.
  if (lower != 1 || upper != 1) return std::nullopt;
  return out;
}

Status PhysicalPlanner::RequireInserts(const char* physical_name, int input, TextPosition position) const {
  const ChangelogMode in = node(input).changelog;
  if (in.insert_only()) return {};
  const bool updates = in.update_after || in.update_before;
  return Invalid(fmt::format("{} doesn't support consuming {} changes which is produced by node {}", physical_name,
                             updates && in.deletes ? "update and delete"
                             : updates             ? "update"
                                                   : "delete",
                             ProducerOfChanges(input).name),
                 position);
}

Result<int> PhysicalPlanner::BuildIntervalJoin(const JoinRel& rel, const Interval& interval) {
  const JoinParts parts = SplitJoin(rel, interval.rest);
  SLUICE_ASSIGN_OR_RETURN(int left, Build(parts.left));
  SLUICE_ASSIGN_OR_RETURN(int right, Build(parts.right));
  SLUICE_RETURN_IF_ERROR(RequireInserts("StreamPhysicalIntervalJoin", left, rel.position));
  SLUICE_RETURN_IF_ERROR(RequireInserts("StreamPhysicalIntervalJoin", right, rel.position));
  IntervalJoinNode join;
  join.kind = rel.join;
  join.left_keys = parts.left_keys;
  join.right_keys = parts.right_keys;
  join.filter_nulls = parts.filter_nulls;
  join.condition = parts.condition;
  join.processing_time = interval.processing_time;
  join.left_time = interval.left_time;
  join.right_time = interval.right_time;
  join.lower_ms = interval.lower_ms;
  join.upper_ms = interval.upper_ms;
  const int n = Add(std::move(join), {Keyed(left, parts.left_keys), Keyed(right, parts.right_keys)},
                    JoinSchema(rel.join, left, right), ChangelogMode::InsertOnly(), JoinText("IntervalJoin", rel));
  if (parts.left_keys.empty()) plan_.nodes.back().parallelism = 1;
  return DropExtra(n, rel, parts);
}

// --- temporal joins

std::optional<std::pair<int, int>> PhysicalPlanner::TemporalTimes(const JoinRel& rel) {
  const auto left_width = static_cast<int>(rel.inputs[0]->schema.size());
  for (const ExprPtr& c : SplitConjunction(rel.condition)) {
    if (c->kind == ExprKind::kCall && c->function == kTemporalCondition) {
      return std::pair(c->args[0]->input, c->args[1]->input - left_width);
    }
  }
  return std::nullopt;
}

Result<int> PhysicalPlanner::BuildTemporalJoin(const JoinRel& rel) {
  if (batch()) {
    return Error(ErrorCode::kNotSupported, "not supported yet: temporal joins in batch mode", rel.position);
  }
  if (rel.join != JoinKind::kInner && rel.join != JoinKind::kLeft) {
    return Invalid("Temporal table join currently only supports INNER JOIN and LEFT JOIN, but was " +
                       std::string(rel.join == JoinKind::kRight  ? "RIGHT JOIN"
                                   : rel.join == JoinKind::kFull ? "FULL JOIN"
                                                                 : "SEMI or ANTI JOIN"),
                   rel.position);
  }
  std::vector<ExprPtr> conjuncts = SplitConjunction(rel.condition);
  std::erase_if(conjuncts, [](const ExprPtr& c) { return c->function == kTemporalCondition; });
  const JoinParts parts = SplitJoin(rel, conjuncts);
  if (parts.left_keys.empty()) {
    return Invalid("Currently the join key in Temporal Table Join can not be empty.", rel.position);
  }
  const auto key = PrimaryKeyOf(*rel.inputs[1]);
  std::vector<int> joined = parts.right_keys;
  AddWidenedColumns(conjuncts, static_cast<int>(rel.inputs[0]->schema.size()), joined);
  const bool covered = key && std::all_of(key->begin(), key->end(), [&](int k) {
                         return std::find(joined.begin(), joined.end(), k) != joined.end();
                       });
  if (!covered) {
    return Invalid("Temporal Table Join requires primary key in versioned table, but no primary key can be found.",
                   rel.position);
  }
  SLUICE_ASSIGN_OR_RETURN(int left, Build(parts.left));
  SLUICE_ASSIGN_OR_RETURN(int right, Build(parts.right));
  TemporalJoinNode join;
  join.left_outer = rel.join == JoinKind::kLeft;
  join.left_keys = parts.left_keys;
  join.right_keys = parts.right_keys;
  join.filter_nulls = parts.filter_nulls;
  join.condition = parts.condition;
  join.left_time = TemporalTimes(rel)->first;
  join.right_time = TemporalTimes(rel)->second;
  join.state_ttl_ms = plan_.settings.state_ttl_ms;
  const int n = Add(std::move(join), {Keyed(left, parts.left_keys), Keyed(right, parts.right_keys)},
                    JoinSchema(rel.join, left, right), node(left).changelog, JoinText("TemporalJoin", rel));
  return DropExtra(n, rel, parts);
}

// --- window joins

Result<int> PhysicalPlanner::TryWindowJoin(const JoinRel& rel, const JoinParts& parts, int left, int right) {
  const auto lw = FindWindowColumns(*rel.inputs[0]);
  const auto rw = FindWindowColumns(*rel.inputs[1]);
  if (!lw || !rw || !SameWindows(lw->spec, rw->spec)) return -1;
  WindowJoinNode join;
  bool starts = false;
  for (size_t k = 0; k < parts.left_keys.size(); ++k) {
    const int l = parts.left_keys[k], r = parts.right_keys[k];
    if (lw->start.contains(l) && rw->start.contains(r)) {
      starts = true;
    } else if (lw->end.contains(l) && rw->end.contains(r)) {
      join.left_window_end = l;
      join.right_window_end = r;
    } else {
      join.left_keys.push_back(l);
      join.right_keys.push_back(r);
      join.filter_nulls.push_back(parts.filter_nulls[k]);
    }
  }
  if (!starts || join.left_window_end < 0) return -1;
  if (lw->spec.processing_time) {
    return Invalid("Processing time Window Join is not supported yet.", rel.position);
  }
  join.kind = rel.join;
  join.condition = parts.condition;
  const PlanEdge le = Keyed(left, join.left_keys);
  const PlanEdge re = Keyed(right, join.right_keys);
  const bool singleton = join.left_keys.empty();
  const int n = Add(std::move(join), {le, re}, JoinSchema(rel.join, left, right), ChangelogMode::InsertOnly(),
                    JoinText("WindowJoin", rel));
  if (singleton) plan_.nodes.back().parallelism = 1;
  return DropExtra(n, rel, parts);
}

// --- Top-N and deduplication per window

Result<int> PhysicalPlanner::BuildWindowRank(const OverRel& over, const WindowColumns& windows, int64_t first,
                                             int64_t last, bool rank_used) {
  const OverCall& call = over.calls[0];
  if (call.function != "ROW_NUMBER") {
    return Invalid(
        call.function + "() function is not supported on Window TopN currently, only ROW_NUMBER() is supported.",
        over.position);
  }
  if (windows.spec.processing_time) {
    return Invalid("Processing time Window TopN is not supported yet.", over.position);
  }
  SLUICE_ASSIGN_OR_RETURN(int input, Build(over.inputs[0]));
  SLUICE_RETURN_IF_ERROR(RequireInserts("StreamPhysicalWindowRank", input, over.position));
  WindowRankNode rank;
  for (const int k : call.partition_by) {
    if (!windows.start.contains(k) && !windows.end.contains(k)) rank.partition_keys.push_back(k);
    if (windows.end.contains(k)) rank.window_end = k;
  }
  rank.order = call.order_by;
  rank.rank_start = first;
  rank.rank_end = last;
  const Schema& in = node(input).schema;
  const bool by_time = rank.order.size() == 1 && in[static_cast<size_t>(rank.order[0].column)].type.is_rowtime();
  rank.last_of_equals = last == 1 && by_time && !rank.order[0].ascending;
  const bool constant = first == 1 && last == 1;
  rank.output_rank = rank_used && !constant;
  const bool with_rank = rank.output_rank;
  Schema schema = in;
  if (with_rank) schema.push_back(over.schema.back());
  const std::vector<int> keys = rank.partition_keys;
  std::string order;
  for (const SortKey& k : rank.order) {
    order +=
        (order.empty() ? "" : ", ") + schema[static_cast<size_t>(k.column)].name + (k.ascending ? " ASC" : " DESC");
  }
  const int n = Add(std::move(rank), {Keyed(input, keys)}, schema, ChangelogMode::InsertOnly(),
                    fmt::format("WindowRank(orderBy=[{}])", order));
  if (keys.empty()) plan_.nodes.back().parallelism = 1;
  if (with_rank) return n;
  std::vector<ExprPtr> columns;
  for (size_t i = 0; i < schema.size(); ++i) columns.push_back(ColumnRef(schema, i));
  columns.push_back(Expr::Literal(Value::Int(1), DataType::Bigint().NotNull()));
  return AddCalc(n, nullptr, std::move(columns), over.schema);
}

// --- MATCH_RECOGNIZE

Result<int> PhysicalPlanner::BuildMatch(const MatchRel& match) {
  SLUICE_ASSIGN_OR_RETURN(int input, Build(match.inputs[0]));
  SLUICE_RETURN_IF_ERROR(RequireInserts("Match Recognize", input, match.position));
  std::string pattern;
  for (const PatternElement& e : match.match.pattern) {
    pattern += (pattern.empty() ? "" : " ") + match.match.variables[static_cast<size_t>(e.variable)];
  }
  const std::vector<int>& keys = match.match.partition_keys;
  const int n = Add(match.match, {Keyed(input, keys)}, match.schema, ChangelogMode::InsertOnly(),
                    fmt::format("Match(pattern=[({})])", pattern));
  if (keys.empty()) plan_.nodes.back().parallelism = 1;
  return n;
}

}  // namespace sluice::engine::sql
