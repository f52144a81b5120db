// Regular joins: equalities become keys, the rest a condition.
#include <fmt/format.h>

#include <algorithm>

#include "engine/functions/type_rules.h"
#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/planner/join_name.h"
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

bool AtMostOneRow(const Rel& rel) {
  if (rel.kind == RelKind::kAggregate)
    return static_cast<const AggregateRel&>(rel).keys.empty() &&
           !static_cast<const AggregateRel&>(rel).has_group_window;
  if (rel.kind == RelKind::kProject || rel.kind == RelKind::kFilter) return AtMostOneRow(*rel.inputs[0]);
  if (rel.kind == RelKind::kValues) return static_cast<const ValuesRel&>(rel).rows.size() <= 1;
  if (rel.kind == RelKind::kSort) return static_cast<const SortRel&>(rel).limit == 1 || AtMostOneRow(*rel.inputs[0]);
  return false;
}

}  // namespace

const char* JoinName(JoinKind kind) {
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

/// The columns of `rel` with `extra` expressions behind them.
RelPtr PhysicalPlanner::WithExtra(const RelPtr& rel, const std::vector<ExprPtr>& extra) {
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

/// Equalities between the sides become keys, with expressions as extra columns behind a side's own; the rest stays a
/// condition over the left side's columns with its extra ones, then the right side's.
PhysicalPlanner::JoinParts PhysicalPlanner::SplitJoin(const JoinRel& rel, const std::vector<ExprPtr>& conjuncts) {
  const auto left_width = static_cast<int>(rel.inputs[0]->schema.size());
  JoinParts parts;
  std::vector<ExprPtr> left_extra, right_extra, stay;
  auto key_column = [](const ExprPtr& e, int shift, const RelPtr& side, std::vector<ExprPtr>& extra) {
    ExprPtr local = ExprShift(e, -shift);
    if (local->kind == ExprKind::kInput) return local->input;
    extra.push_back(local);
    return static_cast<int>(side->schema.size() + extra.size() - 1);
  };
  for (const ExprPtr& c : conjuncts) {
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
    parts.left_keys.push_back(key_column(l, 0, rel.inputs[0], left_extra));
    parts.right_keys.push_back(key_column(r, left_width, rel.inputs[1], right_extra));
    parts.filter_nulls.push_back(c->function == "=");
  }
  parts.left = WithExtra(rel.inputs[0], left_extra);
  parts.right = WithExtra(rel.inputs[1], right_extra);
  parts.left_extra = static_cast<int>(left_extra.size());
  parts.extra = !left_extra.empty() || !right_extra.empty();
  if (stay.empty()) return parts;
  std::vector<ExprPtr> moved;
  const Schema both = BothSides(rel);
  for (size_t i = 0; i < both.size(); ++i) {
    const int at = static_cast<int>(i) + (static_cast<int>(i) >= left_width ? parts.left_extra : 0);
    moved.push_back(Expr::Input(at, both[i].type));
  }
  parts.condition = ExprSubstitute(JoinConjunction(stay), moved);
  return parts;
}

Schema PhysicalPlanner::BothSides(const JoinRel& rel) {
  Schema both = rel.inputs[0]->schema;
  both.insert(both.end(), rel.inputs[1]->schema.begin(), rel.inputs[1]->schema.end());
  return both;
}

/// The columns of both built inputs with the nullability that the join gives them; only the left ones for semi and
/// anti.
Schema PhysicalPlanner::JoinSchema(JoinKind kind, int left, int right) const {
  Schema schema;
  auto nullable = [&](bool is_left) {
    return kind == JoinKind::kFull || kind == (is_left ? JoinKind::kRight : JoinKind::kLeft);
  };
  for (const RowField& f : node(left).schema) {
    schema.push_back({f.name, nullable(true) ? f.type.Nullable() : f.type, ""});
  }
  if (kind == JoinKind::kSemi || kind == JoinKind::kAnti) return schema;
  for (const RowField& f : node(right).schema) {
    schema.push_back({f.name, nullable(false) ? f.type.Nullable() : f.type, ""});
  }
  return schema;
}

std::string PhysicalPlanner::JoinText(const char* node_name, const JoinRel& rel) {
  return fmt::format("{}(joinType=[{}], where=[{}])", node_name, JoinName(rel.join),
                     rel.condition ? ExprToString(*rel.condition, BothSides(rel)) : "true");
}

/// Without the extra key columns.
int PhysicalPlanner::DropExtra(int n, const JoinRel& rel, const JoinParts& parts) {
  if (!parts.extra) return n;
  const size_t left_width = rel.inputs[0]->schema.size();
  std::vector<ExprPtr> columns;
  for (size_t i = 0; i < rel.schema.size(); ++i) {
    const size_t at = i + (i >= left_width ? static_cast<size_t>(parts.left_extra) : 0);
    columns.push_back(ColumnRef(node(n).schema, at));
  }
  return AddCalc(n, nullptr, std::move(columns), rel.schema);
}

Result<int> PhysicalPlanner::BuildJoin(const JoinRel& rel) {
  if (rel.single_right && !AtMostOneRow(*rel.inputs[1])) {
    return Error(ErrorCode::kNotSupported, "not supported yet: a scalar sub-query that is not a global aggregate",
                 rel.position);
  }
  if (IsLookupJoin(rel)) return BuildLookupJoin(rel);
  if (TemporalTimes(rel)) return BuildTemporalJoin(rel);
  if (!batch()) {
    if (auto interval = FindInterval(rel)) return BuildIntervalJoin(rel, *interval);
  }
  const JoinParts parts = SplitJoin(rel, SplitConjunction(rel.condition));
  SLUICE_ASSIGN_OR_RETURN(int left, Build(parts.left));
  SLUICE_ASSIGN_OR_RETURN(int right, Build(parts.right));
  const ChangelogMode lm = node(left).changelog;
  const ChangelogMode rm = node(right).changelog;
  if (!batch() && lm.insert_only() && rm.insert_only()) {
    SLUICE_ASSIGN_OR_RETURN(const int windowed, TryWindowJoin(rel, parts, left, right));
    if (windowed >= 0) return windowed;
  }
  JoinNode join;
  join.kind = rel.join;
  join.batch = batch();
  join.left_ttl_ms = rel.left_ttl_ms >= 0 ? rel.left_ttl_ms : plan_.settings.state_ttl_ms;
  join.right_ttl_ms = rel.right_ttl_ms >= 0 ? rel.right_ttl_ms : plan_.settings.state_ttl_ms;
  join.left_keys = parts.left_keys;
  join.right_keys = parts.right_keys;
  join.filter_nulls = parts.filter_nulls;
  join.condition = parts.condition;
  join.left_retracts = !lm.insert_only();
  join.right_retracts = !rm.insert_only();
  const bool outer = rel.join == JoinKind::kLeft || rel.join == JoinKind::kRight || rel.join == JoinKind::kFull ||
                     rel.join == JoinKind::kAnti;
  ChangelogMode mode;
  if (!batch() && (outer || join.left_retracts || join.right_retracts)) mode = ChangelogMode::All();
  const PlanEdge le = Keyed(left, join.left_keys);
  const PlanEdge re = Keyed(right, join.right_keys);
  const bool singleton = join.left_keys.empty();
  const int n = Add(std::move(join), {le, re}, JoinSchema(rel.join, left, right), mode, JoinText("Join", rel));
  if (singleton) plan_.nodes.back().parallelism = 1;
  return DropExtra(n, rel, parts);
}

}  // namespace sluice::engine::sql
