// FOR SYSTEM_TIME AS OF proctime: joins with what the right table's connector looks up.
#include <fmt/format.h>

#include <algorithm>

#include "base/options_registry.h"
#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/errors.h"
#include "engine/sql/logical/versions.h"
#include "engine/sql/planner/physical_planner.h"

namespace sluice::engine::sql {

namespace {

constexpr Option<int32_t> kCapacity{.key = "table.exec.async-lookup.buffer-capacity",
                                    .default_value = "100",
                                    .text = "Rows of a lookup join that may wait for their answers, per subtask."};
constexpr Option<std::chrono::milliseconds> kTimeout{
    .key = "table.exec.async-lookup.timeout",
    .default_value = "3 min",
    .text = "How long a lookup join waits for one answer; then the job fails."};
constexpr Option<std::string> kOutputMode{
    .key = "table.exec.async-lookup.output-mode",
    .default_value = "ORDERED",
    .text =
        "ORDERED: rows leave a lookup join in the order in which they came. ALLOW_UNORDERED: as answers come, if the "
        "input only inserts."};

/// What stands between the join and the table that is looked up, over the table's columns.
struct RightSide {
  const ScanRel* scan = nullptr;
  std::vector<ExprPtr> columns;  // one a column of the join's right input
  std::vector<ExprPtr> filters;
};

RightSide ReadRight(const Rel& rel) {
  if (rel.kind == RelKind::kScan) {
    RightSide side;
    side.scan = &static_cast<const ScanRel&>(rel);
    for (size_t i = 0; i < rel.schema.size(); ++i) side.columns.push_back(ColumnRef(rel.schema, i));
    return side;
  }
  RightSide side = ReadRight(*rel.inputs[0]);
  if (rel.kind == RelKind::kFilter) {
    const ExprPtr condition = ExprSubstitute(static_cast<const FilterRel&>(rel).condition, side.columns);
    for (ExprPtr& c : SplitConjunction(condition)) side.filters.push_back(std::move(c));
  } else if (rel.kind == RelKind::kProject) {
    std::vector<ExprPtr> columns;
    for (const ExprPtr& e : static_cast<const ProjectRel&>(rel).expressions) {
      columns.push_back(ExprSubstitute(e, side.columns));
    }
    side.columns = std::move(columns);
  }
  return side;
}

bool IsEquality(const Expr& e) { return e.kind == ExprKind::kCall && e.function == "=" && e.args.size() == 2; }

/// "column = constant" over the looked-up row, as a key; false if `e` is something else.
bool AsConstantKey(const Expr& e, LookupKey& key) {
  if (!IsEquality(e)) return false;
  for (const size_t c : {size_t{0}, size_t{1}}) {
    const Expr &column = *e.args[c], &constant = *e.args[1 - c];
    if (column.kind != ExprKind::kInput || !ExprInputs(constant).empty()) continue;
    if (constant.kind == ExprKind::kLiteral && constant.value.is_null()) continue;
    key.column = column.input;
    key.constant = Coerce(e.args[1 - c], column.type.Nullable());
    return true;
  }
  return false;
}

bool HasKey(const std::vector<LookupKey>& keys, int column) {
  return std::any_of(keys.begin(), keys.end(), [&](const LookupKey& k) { return k.column == column; });
}

/// Takes the join's conditions apart: keys of the look-up, and what is left for the joined rows.
class LookupConditions {
 public:
  LookupConditions(const JoinRel& rel, RightSide& right)
      : rel_(rel), right_(right), left_width_(static_cast<int>(rel.inputs[0]->schema.size())) {}

  void Add(const ExprPtr& c) {
    if (c->kind == ExprKind::kCall && c->function == kLookupCondition) return;
    if (AddColumnKey(*c)) return;
    const std::vector<int> used = ExprInputs(*c);
    const bool of_right = !used.empty() && used.front() >= left_width_;
    if (of_right) {
      // As good as a filter of the table: it may even be part of the key.
      right_.filters.push_back(ExprSubstitute(ExprShift(c, -left_width_), right_.columns));
    } else {
      rest_.push_back(c);
    }
  }

  /// After all conditions: those filters that are constants of the key.
  void TakeConstants() {
    std::erase_if(right_.filters, [&](const ExprPtr& f) {
      LookupKey key;
      if (!AsConstantKey(*f, key) || HasKey(keys_, key.column)) return false;
      keys_.push_back(key);
      return true;
    });
  }

  std::vector<LookupKey>& keys() { return keys_; }
  const std::vector<ExprPtr>& extra() const { return extra_; }
  /// Over the left columns with the extra ones, then the right ones.
  ExprPtr rest() const {
    if (rest_.empty()) return nullptr;
    std::vector<ExprPtr> moved;
    const auto added = static_cast<int>(extra_.size());
    for (int i = 0; i < left_width_; ++i) moved.push_back(ColumnRef(rel_.inputs[0]->schema, static_cast<size_t>(i)));
    for (size_t i = 0; i < rel_.inputs[1]->schema.size(); ++i) {
      moved.push_back(Expr::Input(left_width_ + added + static_cast<int>(i), rel_.inputs[1]->schema[i].type));
    }
    return ExprSubstitute(JoinConjunction(rest_), moved);
  }

 private:
  bool AddColumnKey(const Expr& c) {
    if (!IsEquality(c)) return false;
    for (const size_t r : {size_t{0}, size_t{1}}) {
      const Expr& right = *c.args[r];
      const ExprPtr& left = c.args[1 - r];
      if (right.kind != ExprKind::kInput || right.input < left_width_) continue;
      const std::vector<int> used = ExprInputs(*left);
      if (used.empty() || used.back() >= left_width_) continue;
      const Expr& column = *right_.columns[static_cast<size_t>(right.input - left_width_)];
      if (column.kind != ExprKind::kInput || HasKey(keys_, column.input)) continue;
      if (!left->type.SameIgnoringNullability(column.type) &&
          !(left->type.is_character() && column.type.is_character())) {
        continue;
      }
      LookupKey key;
      key.column = column.input;
      if (left->kind == ExprKind::kInput) {
        key.left = left->input;
      } else {
        extra_.push_back(left);
        key.left = left_width_ + static_cast<int>(extra_.size()) - 1;
      }
      keys_.push_back(key);
      return true;
    }
    return false;
  }

  const JoinRel& rel_;
  RightSide& right_;
  const int left_width_;
  std::vector<LookupKey> keys_;
  std::vector<ExprPtr> extra_, rest_;
};

bool IsIdentity(const std::vector<ExprPtr>& columns, size_t width) {
  if (columns.size() != width) return false;
  for (size_t i = 0; i < width; ++i) {
    if (columns[i]->kind != ExprKind::kInput || columns[i]->input != static_cast<int>(i)) return false;
  }
  return true;
}

std::string LookupText(const LookupJoinNode& join, const Schema& left) {
  std::string keys;
  for (const LookupKey& k : join.keys) {
    keys += (keys.empty() ? "" : ", ") + join.row[static_cast<size_t>(k.column)].name + "=" +
            (k.left >= 0 ? left[static_cast<size_t>(k.left)].name : ExprToString(*k.constant, left));
  }
  return fmt::format("LookupJoin(table=[{}], joinType=[{}], lookup=[{}])", join.lookup.table.identifier,
                     join.left_outer ? "LeftOuterJoin" : "InnerJoin", keys);
}

}  // namespace

Status PhysicalPlanner::ApplyLookupSettings(const JoinRel& rel, LookupJoinNode& join) const {
  const OptionValues values(plan_.settings.options.begin(), plan_.settings.options.end());
  SLUICE_ASSIGN_OR_RETURN(const int32_t capacity, GetOption(values, kCapacity));
  SLUICE_ASSIGN_OR_RETURN(const auto timeout, GetOption(values, kTimeout));
  SLUICE_ASSIGN_OR_RETURN(const std::string mode, GetOption(values, kOutputMode));
  const LookupHint& hint = rel.lookup;
  join.capacity = hint.capacity > 0 ? hint.capacity : capacity;
  join.timeout_ms = hint.timeout_ms > 0 ? hint.timeout_ms : timeout.count();
  join.ordered = hint.given_order ? hint.ordered : mode != "ALLOW_UNORDERED";
  join.retry_on_miss = hint.retry_on_miss;
  join.retry_delay_ms = hint.retry_delay_ms;
  join.max_attempts = hint.max_attempts;
  return {};
}

Result<int> PhysicalPlanner::BuildLookupJoin(const JoinRel& rel) {
  if (rel.join != JoinKind::kInner && rel.join != JoinKind::kLeft) {
    return Invalid("Temporal table join currently only supports INNER JOIN and LEFT JOIN, but was " +
                       std::string(rel.join == JoinKind::kRight  ? "RIGHT JOIN"
                                   : rel.join == JoinKind::kFull ? "FULL JOIN"
                                                                 : "SEMI or ANTI JOIN"),
                   rel.position);
  }
  RightSide right = ReadRight(*rel.inputs[1]);
  LookupConditions conditions(rel, right);
  for (const ExprPtr& c : SplitConjunction(rel.condition)) conditions.Add(c);
  conditions.TakeConstants();
  if (conditions.keys().empty()) {
    return Invalid(fmt::format("Temporal table join requires an equality condition on fields of table [{}].",
                               right.scan->table.identifier),
                   rel.position);
  }
  SLUICE_ASSIGN_OR_RETURN(int left, Build(WithExtra(rel.inputs[0], conditions.extra())));
  LookupJoinNode join;
  SLUICE_RETURN_IF_ERROR(ApplyLookupSettings(rel, join));
  join.left_outer = rel.join == JoinKind::kLeft;
  join.ordered |= !node(left).changelog.insert_only();
  join.lookup.table = right.scan->table;
  join.lookup.projection = right.scan->paths;
  join.row = right.scan->schema;
  join.keys = std::move(conditions.keys());
  join.filter = JoinConjunction(right.filters);
  if (!IsIdentity(right.columns, join.row.size())) join.projections = right.columns;
  join.condition = conditions.rest();
  Schema schema = node(left).schema;
  for (const RowField& f : rel.inputs[1]->schema) {
    schema.push_back({f.name, join.left_outer ? f.type.Nullable() : f.type, ""});
  }
  std::string text = LookupText(join, node(left).schema);
  const int n = Add(std::move(join), {{left, Distribution::kForward, {}}}, std::move(schema), node(left).changelog,
                    std::move(text));
  JoinParts parts;
  parts.extra = !conditions.extra().empty();
  parts.left_extra = static_cast<int>(conditions.extra().size());
  return DropExtra(n, rel, parts);
}

}  // namespace sluice::engine::sql
