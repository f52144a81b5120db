// Regular joins: equalities become keys, the rest a condition.
#include <fmt/format.h>

#include <algorithm>

#include "engine/functions/type_rules.h"
#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/logical/windows.h"
#include "engine/sql/planner/physical_planner.h"

namespace sluice::engine::sql {

namespace {

enum class Side : uint8_t { kNone, kLeft, kRight, kBoth };

Side SideOf(const Expr& e, int left_width) {
  const std::vector<int> used = ExprInputs(e);
  if (used.empty()) return Side::kNone;
  if (used.back() < left_width) return Side::kLeft;
  return used.front() >= left_width ? Side::kRight : Side::kBoth;
}

/// How a condition bounds the time of the left side by the time of the right side.
struct TimeBounds {
  bool upper = false;  // left <= right + …
  bool lower = false;  // left >= right + …
};

/// Flink plans an interval join when time attributes of both sides bound each other from both directions; with one
/// bound only, it is a regular join.
void AddTimeBounds(const Expr& e, const Schema& both, int left_width, TimeBounds& bounds) {
  if (e.kind != ExprKind::kCall || e.args.size() != 2) return;
  const bool less = e.function == "<" || e.function == "<=";
  const bool greater = e.function == ">" || e.function == ">=";
  if (!less && !greater && e.function != "=") return;
  auto time_side = [&](const Expr& arg) {
    for (int i : ExprInputs(arg)) {
      const DataType& t = both[static_cast<size_t>(i)].type;
      if (t.is_rowtime() || t.is_proctime()) return i < left_width ? Side::kLeft : Side::kRight;
    }
    return Side::kNone;
  };
  const Side a = time_side(*e.args[0]);
  const Side b = time_side(*e.args[1]);
  if (a == Side::kNone || b == Side::kNone || a == b) return;
  const bool left_first = a == Side::kLeft;
  if (e.function == "=" || less == left_first) bounds.upper = true;
  if (e.function == "=" || greater == left_first) bounds.lower = true;
}

bool AtMostOneRow(const Rel& rel) {
  if (rel.kind == RelKind::kAggregate)
    return static_cast<const AggregateRel&>(rel).keys.empty() &&
           !static_cast<const AggregateRel&>(rel).has_group_window;
  if (rel.kind == RelKind::kProject || rel.kind == RelKind::kFilter) return AtMostOneRow(*rel.inputs[0]);
  if (rel.kind == RelKind::kValues) return static_cast<const ValuesRel&>(rel).rows.size() <= 1;
  if (rel.kind == RelKind::kSort) return static_cast<const SortRel&>(rel).limit == 1 || AtMostOneRow(*rel.inputs[0]);
  return false;
}

/// The columns of `rel` with `extra` expressions behind them.
RelPtr WithExtra(const RelPtr& rel, const std::vector<ExprPtr>& extra) {
  if (extra.empty()) return rel;
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  for (size_t i = 0; i < rel->schema.size(); ++i) {
    columns.push_back(ColumnRef(rel->schema, i));
    names.push_back(rel->schema[i].name);
  }
  for (const ExprPtr& e : extra) {
    columns.push_back(e);
    names.push_back("$key" + std::to_string(columns.size()));
  }
  return MakeProject(rel, std::move(columns), std::move(names));
}

const char* KindName(JoinKind kind) {
  switch (kind) {
    case JoinKind::kInner: return "InnerJoin";
    case JoinKind::kLeft: return "LeftOuterJoin";
    case JoinKind::kRight: return "RightOuterJoin";
    case JoinKind::kFull: return "FullOuterJoin";
    case JoinKind::kSemi: return "LeftSemiJoin";
    case JoinKind::kAnti: return "LeftAntiJoin";
  }
  return "";
}

}  // namespace

Result<int> PhysicalPlanner::BuildJoin(const JoinRel& rel) {
  if (rel.single_right && !AtMostOneRow(*rel.inputs[1])) {
    return Error(ErrorCode::kNotSupported, "not supported yet: a scalar sub-query that is not a global aggregate",
                 rel.position);
  }
  const auto left_width = static_cast<int>(rel.inputs[0]->schema.size());
  Schema both = rel.inputs[0]->schema;
  both.insert(both.end(), rel.inputs[1]->schema.begin(), rel.inputs[1]->schema.end());
  JoinNode join;
  join.kind = rel.join;
  join.batch = batch();
  join.left_ttl_ms = join.right_ttl_ms = plan_.settings.state_ttl_ms;
  std::vector<ExprPtr> left_extra, right_extra, stay;
  TimeBounds bounds;
  auto key_column = [](const ExprPtr& e, int shift, const RelPtr& side, std::vector<ExprPtr>& extra) {
    ExprPtr local = ExprShift(e, -shift);
    if (local->kind == ExprKind::kInput) return local->input;
    extra.push_back(local);
    return static_cast<int>(side->schema.size() + extra.size() - 1);
  };
  for (const ExprPtr& c : SplitConjunction(rel.condition)) {
    if (!batch()) AddTimeBounds(*c, both, left_width, bounds);
    if (bounds.upper && bounds.lower) {
      return Error(ErrorCode::kNotSupported,
                   "not supported yet: interval joins (time attributes of both sides bound each other)", rel.position);
    }
    const bool equal = c->kind == ExprKind::kCall && (c->function == "=" || c->function == "IS NOT DISTINCT FROM");
    if (!equal) {
      stay.push_back(c);
      continue;
    }
    const Side a = SideOf(*c->args[0], left_width);
    const Side b = SideOf(*c->args[1], left_width);
    if (!((a == Side::kLeft && b == Side::kRight) || (a == Side::kRight && b == Side::kLeft))) {
      stay.push_back(c);
      continue;
    }
    ExprPtr l = a == Side::kLeft ? c->args[0] : c->args[1];
    ExprPtr r = a == Side::kLeft ? c->args[1] : c->args[0];
    // Keys meet as bytes: both sides need one type.
    const DataType pair[] = {l->type, r->type};
    if (auto common = CommonType(pair); common && !l->type.SameIgnoringNullability(r->type)) {
      l = Coerce(l, *common);
      r = Coerce(r, *common);
    }
    join.left_keys.push_back(key_column(l, 0, rel.inputs[0], left_extra));
    join.right_keys.push_back(key_column(r, left_width, rel.inputs[1], right_extra));
    join.filter_nulls.push_back(c->function == "=");
  }
  if (!batch() && rel.join != JoinKind::kInner) {
    auto lw = FindWindowColumns(*rel.inputs[0]);
    auto rw = FindWindowColumns(*rel.inputs[1]);
    for (size_t k = 0; lw && rw && k < join.left_keys.size(); ++k) {
      if (lw->end.contains(join.left_keys[k]) && rw->end.contains(join.right_keys[k])) {
        return Error(ErrorCode::kNotSupported, "not supported yet: window joins other than INNER", rel.position);
      }
    }
  }
  const auto shift = static_cast<int>(left_extra.size());
  RelPtr left_rel = WithExtra(rel.inputs[0], left_extra);
  RelPtr right_rel = WithExtra(rel.inputs[1], right_extra);
  if (!stay.empty()) {
    std::vector<ExprPtr> moved;
    for (size_t i = 0; i < both.size(); ++i) {
      const int at = static_cast<int>(i) + (static_cast<int>(i) >= left_width ? shift : 0);
      moved.push_back(Expr::Input(at, both[i].type));
    }
    join.condition = ExprSubstitute(JoinConjunction(stay), moved);
  }
  SLUICE_ASSIGN_OR_RETURN(int left, Build(left_rel));
  SLUICE_ASSIGN_OR_RETURN(int right, Build(right_rel));
  const ChangelogMode lm = node(left).changelog;
  const ChangelogMode rm = node(right).changelog;
  join.left_retracts = !lm.insert_only();
  join.right_retracts = !rm.insert_only();
  const bool outer = rel.join == JoinKind::kLeft || rel.join == JoinKind::kRight || rel.join == JoinKind::kFull ||
                     rel.join == JoinKind::kAnti;
  ChangelogMode mode;
  if (!batch() && (outer || join.left_retracts || join.right_retracts)) mode = ChangelogMode::All();
  const bool one_sided = rel.join == JoinKind::kSemi || rel.join == JoinKind::kAnti;
  Schema schema;
  auto nullable = [&](bool is_left) {
    return rel.join == JoinKind::kFull || (is_left ? rel.join == JoinKind::kRight : rel.join == JoinKind::kLeft);
  };
  for (const RowField& f : node(left).schema)
    schema.push_back({f.name, nullable(true) ? f.type.Nullable() : f.type, ""});
  if (!one_sided) {
    for (const RowField& f : node(right).schema)
      schema.push_back({f.name, nullable(false) ? f.type.Nullable() : f.type, ""});
  }
  const std::string name = fmt::format("Join(joinType=[{}], where=[{}])", KindName(rel.join),
                                       rel.condition ? ExprToString(*rel.condition, both) : "true");
  const PlanEdge le = Keyed(left, join.left_keys);
  const PlanEdge re = Keyed(right, join.right_keys);
  const bool singleton = join.left_keys.empty();
  const int n = Add(std::move(join), {le, re}, schema, mode, name);
  if (singleton) plan_.nodes.back().parallelism = 1;
  if (left_extra.empty() && right_extra.empty()) return n;
  std::vector<ExprPtr> columns;
  for (size_t i = 0; i < rel.schema.size(); ++i) {
    const size_t at = i + (static_cast<int>(i) >= left_width ? left_extra.size() : 0);
    columns.push_back(ColumnRef(schema, at));
  }
  return AddCalc(n, nullptr, std::move(columns), rel.schema);
}

}  // namespace sluice::engine::sql
