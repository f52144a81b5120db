// The logical plan: relational algebra over bound expressions. The binder makes it, the optimiser rewrites it, the
// physical planner reads it. Nodes are immutable once built and shared.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/plan/descriptors.h"
#include "engine/plan/expr.h"
#include "engine/plan/physical_plan.h"
#include "engine/types/data_type.h"

namespace sluice::engine::sql {

enum class RelKind : uint8_t {
  kScan,       // ScanRel
  kValues,     // ValuesRel
  kProject,    // ProjectRel
  kFilter,     // FilterRel
  kWatermark,  // WatermarkRel
  kAggregate,  // AggregateRel
  kWindow,     // WindowRel: a window table function
  kUnion,      // Rel: UNION ALL of its inputs
  kSetOp,      // SetOpRel: INTERSECT, EXCEPT
  kSort,       // SortRel
  kOver,       // OverRel
  kJoin,       // JoinRel
  kCorrelate,  // CorrelateRel: a table function for each row
  kExpand,     // ExpandRel: rows repeated for grouping sets
  kMatch,      // MatchRel: MATCH_RECOGNIZE
};

struct Rel;
using RelPtr = std::shared_ptr<const Rel>;

struct Rel {
  explicit Rel(RelKind k) : kind(k) {}
  virtual ~Rel() = default;
  RelKind kind;
  std::vector<RelPtr> inputs;
  Schema schema;
  TextPosition position;
  const Schema& input_schema(size_t i = 0) const { return inputs[i]->schema; }
};

/// A table: its physical columns, then `table.metadata` in order.
struct ScanRel : Rel {
  ScanRel() : Rel(RelKind::kScan) {}
  TableDescription table;
  TableCapability capability;
  std::vector<std::vector<int>> paths;  // into the physical row; one an output column, before the metadata ones
  ExprPtr partition_filter;             // over the partition keys
};

struct ValuesRel : Rel {
  ValuesRel() : Rel(RelKind::kValues) {}
  std::vector<std::vector<Value>> rows;
};

struct ProjectRel : Rel {
  ProjectRel() : Rel(RelKind::kProject) {}
  std::vector<ExprPtr> expressions;
};

struct FilterRel : Rel {
  FilterRel() : Rel(RelKind::kFilter) {}
  ExprPtr condition;
};

struct WatermarkRel : Rel {
  WatermarkRel() : Rel(RelKind::kWatermark) {}
  int column = 0;
  ExprPtr expression;
};

/// Output: one column a key, then one a call, then (legacy group windows) the window properties.
struct AggregateRel : Rel {
  AggregateRel() : Rel(RelKind::kAggregate) {}
  std::vector<int> keys;
  std::vector<AggregateCall> calls;
  /// GROUP BY TUMBLE(ts, …): the group window; properties are output columns after the calls.
  bool has_group_window = false;
  WindowSpec group_window;
  std::vector<WindowProperty> properties;
  int64_t state_ttl_ms = -1;  // STATE_TTL hint; -1: the session's
};

/// Input columns, then window_start, window_end, window_time.
struct WindowRel : Rel {
  WindowRel() : Rel(RelKind::kWindow) {}
  WindowSpec window;
};

struct SetOpRel : Rel {
  SetOpRel() : Rel(RelKind::kSetOp) {}
  bool intersect = true;  // else EXCEPT
  bool all = false;
};

struct SortRel : Rel {
  SortRel() : Rel(RelKind::kSort) {}
  std::vector<SortKey> keys;  // none: only offset/limit
  int64_t offset = 0;
  int64_t limit = -1;
};

/// One OVER call of an OverRel.
struct OverCall {
  std::string function;     // ROW_NUMBER, RANK, DENSE_RANK, LAG, LEAD, NTILE, … or an aggregate
  AggregateCall aggregate;  // args, filter, type; also used for the ranking functions
  std::vector<int> partition_by;
  std::vector<SortKey> order_by;
  bool has_frame = false;
  OverFrame frame;
  DataType start_type, end_type;  // of the frame's offsets
};

/// Input columns, then one a call.
struct OverRel : Rel {
  OverRel() : Rel(RelKind::kOver) {}
  std::vector<OverCall> calls;
};

/// Output: partition keys, then the measures. The node's column numbers are those of the input.
struct MatchRel : Rel {
  MatchRel() : Rel(RelKind::kMatch) {}
  MatchNode match;
};

/// What a LOOKUP hint says of a join with a table that is looked up. -1: the session's.
struct LookupHint {
  bool ordered = true;
  bool given_order = false;  // `ordered` was said
  int64_t capacity = -1;
  int64_t timeout_ms = -1;
  bool retry_on_miss = false;
  int64_t retry_delay_ms = 0;
  int64_t max_attempts = 1;
};

/// A conjunct kLookupCondition(left time) makes a join one with rows that the right table's connector looks up.
inline constexpr const char* kLookupCondition = "$LOOKUP";

/// A conjunct kTemporalCondition(left time, right time) makes a join one of FOR SYSTEM_TIME AS OF: each left row meets
/// only the version of the right row that held at its time. Filters must not move to the right side of such a join.
inline constexpr const char* kTemporalCondition = "$TEMPORAL";

/// Output: left columns, right columns; only left ones for semi and anti.
struct JoinRel : Rel {
  JoinRel() : Rel(RelKind::kJoin) {}
  JoinKind join = JoinKind::kInner;
  ExprPtr condition;  // over left then right columns; null = TRUE
  /// Scalar sub-query: at most one right row may match (else a run-time error).
  bool single_right = false;
  int64_t left_ttl_ms = -1, right_ttl_ms = -1;  // STATE_TTL hints; -1: the session's
  LookupHint lookup;
};

/// Input columns, then the columns of the table function's rows.
struct CorrelateRel : Rel {
  CorrelateRel() : Rel(RelKind::kCorrelate) {}
  ExprPtr call;
  bool left_outer = false;
  ExprPtr condition;
};

/// Each input row once a projection list; the last column is the grouping set's id.
struct ExpandRel : Rel {
  ExpandRel() : Rel(RelKind::kExpand) {}
  std::vector<std::vector<ExprPtr>> projections;
};

bool IsTemporalJoin(const JoinRel& join);
bool IsLookupJoin(const JoinRel& join);

// Makers: fill in kind, inputs and schema.
RelPtr MakeProject(RelPtr input, std::vector<ExprPtr> expressions, std::vector<std::string> names);
RelPtr MakeFilter(RelPtr input, ExprPtr condition);
RelPtr MakeUnion(std::vector<RelPtr> inputs, Schema schema);

/// Input reference to column i of `schema`.
inline ExprPtr ColumnRef(const Schema& schema, size_t i) { return Expr::Input(static_cast<int>(i), schema[i].type); }

/// The conjuncts of `condition`; none for null.
std::vector<ExprPtr> SplitConjunction(const ExprPtr& condition);
/// TRUE literal-free conjunction; null for none.
ExprPtr JoinConjunction(const std::vector<ExprPtr>& conjuncts);

/// A tree as text, one node a line: EXPLAIN's "Abstract Syntax Tree" and tests.
std::string RelToText(const Rel& rel);

}  // namespace sluice::engine::sql
