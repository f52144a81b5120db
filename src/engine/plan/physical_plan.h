// The physical plan: a graph of operators as pure, versioned, printable data. The contract between SQL and runtime.
// SQL writes it, the job layer turns every node into an operator, the REST API and EXPLAIN print it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "engine/plan/changelog.h"
#include "engine/plan/descriptors.h"
#include "engine/plan/expr.h"
#include "engine/types/data_type.h"

namespace sluice::engine {

inline constexpr int kPlanVersion = 1;

/// How rows reach a node from one of its inputs.
enum class Distribution : uint8_t {
  kForward,    // same subtask (chained where possible)
  kHash,       // by key group of `hash_keys`
  kSingleton,  // all to one subtask
  kBroadcast,
  kRebalance,
};

struct PlanEdge {
  int node = 0;  // index into PhysicalPlan::nodes; always smaller than the reading node's index
  Distribution distribution = Distribution::kForward;
  std::vector<int> hash_keys;  // columns of the producing node's output
};

// --- node payloads -------------------------------------------------------------------------------------------------

/// Reads a table. Output: `schema` of the node. Columns that no one reads are already gone.
struct SourceNode {
  TableDescription table;  // physical columns projected: `projection` indexes into table.physical
  /// Nested projection: for output column k the path into the physical row, {3} or {3, 0, 2}; then metadata columns
  /// follow in table.metadata's order (only those kept by the planner are in it).
  std::vector<std::vector<int>> projection;
  /// Conjunction that may be used to skip data (partition pruning, parser-level skip); a Calc above still filters.
  std::vector<ExprPtr> filter_hints;
  /// A partition predicate: rows are read only from partitions for which it holds; over table.partition_keys in order.
  ExprPtr partition_filter;
  int64_t limit = -1;  // rows enough for the query, -1 = all
};

/// Emits literal rows, once, on subtask 0.
struct ValuesNode {
  std::vector<std::vector<Value>> rows;
};

/// Filter, then project. No projections = all input columns pass.
struct CalcNode {
  ExprPtr condition;  // may be null
  std::vector<ExprPtr> projections;
};

/// What a table's options (scan.watermark.…) ask of a source that makes watermarks by split; others do not look at it.
struct SourceWatermarks {
  int64_t idle_timeout_ms = 0;  // 0: the job's
  bool on_event = false;        // a watermark after every row
  std::string alignment_group;  // empty: none
  int64_t max_drift_ms = 0;
  int64_t update_interval_ms = 1000;
};

/// Generates watermarks from `expression` over the input row; passes rows through.
struct WatermarkNode {
  int rowtime_column = 0;
  ExprPtr expression;
  int64_t idle_timeout_ms = 0;     // 0 = never idle
  int64_t emit_interval_ms = 200;  // 0 = a watermark after every row that advances it
  SourceWatermarks source;
};

struct AggregateCall {
  std::string function;   // canonical name: COUNT, SUM, AVG, MIN, MAX, $SUM0, FIRST_VALUE, …
  std::vector<int> args;  // input columns; none for COUNT(*)
  int filter = -1;        // BOOLEAN input column, -1 = no FILTER clause
  bool distinct = false;
  bool ignore_nulls = false;
  /// MIN or MAX of an argument whose updates only go that way: rows taken back are ignored.
  bool monotonic = false;
  std::vector<std::pair<int, bool>> order_by;  // (column, ascending): WITHIN GROUP / ORDER BY inside the call
  std::vector<Value> literals;  // literal parameters by position where an argument is a literal (LISTAGG separator)
  DataType type;                // result type
  std::vector<DataType> arg_types;
};

/// Unbounded GROUP BY. Output: keys, then one column a call.
struct GroupAggregateNode {
  std::vector<int> keys;
  std::vector<AggregateCall> calls;
  bool emit_update_before = true;  // a consumer needs -U
  bool input_retracts = false;     // input can carry -U/-D
  bool batch = false;              // emit final rows once at end of input, all +I
  int64_t state_ttl_ms = 0;
};

enum class WindowKind : uint8_t { kTumble, kHop, kCumulate, kSession };

/// Window assignment as a TVF. All in ms.
struct WindowSpec {
  WindowKind kind = WindowKind::kTumble;
  int64_t size_ms = 0;   // TUMBLE/HOP size, CUMULATE max size, SESSION gap
  int64_t slide_ms = 0;  // HOP slide, CUMULATE step
  int64_t offset_ms = 0;
  int time_column = -1;  // input column with the event time; -1: the window comes attached (start/end columns below)
  bool processing_time = false;
  int window_start_column = -1;  // for attached windows: input columns that hold them
  int window_end_column = -1;
  std::vector<int> partition_keys;  // SESSION's PARTITION BY
  /// TIMESTAMP_LTZ windows are aligned in this zone (table.local-time-zone); empty for TIMESTAMP.
  std::string time_zone;
};

/// TVF without aggregation: input columns, then window_start, window_end, window_time.
struct WindowTableFunctionNode {
  WindowSpec window;
};

enum class WindowProperty : uint8_t { kStart, kEnd, kRowtime, kProctime };

/// table.exec.emit.*: when a group window shows its result beside at its end.
struct EmitStrategy {
  bool early = false;
  int64_t early_delay_ms = 0;  // of processing time; 0: after every row
  bool late = false;
  int64_t late_delay_ms = 0;
  int64_t lateness_ms = 0;  // rows that are so late still count

  bool updates() const { return early || late; }
};

/// GROUP BY window_start, window_end, keys. Output: keys, one column a call, then the properties.
struct WindowAggregateNode {
  WindowSpec window;
  std::vector<int> keys;
  std::vector<AggregateCall> calls;
  std::vector<WindowProperty> properties;
  bool input_retracts = false;
  bool batch = false;
  bool legacy_group_window = false;  // GROUP BY TUMBLE(..): late rows and -U rules of the old operator
  EmitStrategy emit;                 // of group windows; with updates() the result is updated
  bool emit_update_before = true;
};

/// Forwards rows of all inputs (same schema).
struct UnionNode {};

/// Repeats each input row for every grouping set: columns not in the set become NULL, last column is the id.
struct ExpandNode {
  std::vector<std::vector<ExprPtr>> projections;
};

struct SortKey {
  int column = 0;
  bool ascending = true;
  bool nulls_last = false;
};

/// Batch: sort of the whole input, then offset/limit. Streaming: only what Flink allows (rowtime ascending first).
struct SortNode {
  std::vector<SortKey> keys;
  int64_t offset = 0;
  int64_t limit = -1;  // -1 = none
  bool batch = false;
  int rowtime_column = -1;
};

/// First `limit` rows after `offset` without order.
struct LimitNode {
  int64_t offset = 0;
  int64_t limit = -1;
  bool batch = false;
  bool emit_update_before = true;
  bool input_retracts = false;
};

/// ROW_NUMBER/RANK/DENSE_RANK with a bound, and deduplication (rank 1 over a time attribute).
struct RankNode {
  std::vector<int> partition_keys;
  std::vector<SortKey> order;
  std::string function = "ROW_NUMBER";
  int64_t rank_start = 1;
  int64_t rank_end = 1;
  /// A BIGINT column that bounds the rank beside rank_end: rn <= column. -1: none.
  int rank_end_column = -1;
  bool output_rank = false;
  bool emit_update_before = true;
  bool input_retracts = false;
  /// Not empty: the input is an upsert stream by these columns (+I and +U only), whose order columns only get better.
  std::vector<int> upsert_key;
  bool batch = false;
  int64_t state_ttl_ms = 0;
};

enum class JoinKind : uint8_t { kInner, kLeft, kRight, kFull, kSemi, kAnti };

/// Regular join of two inputs. Output: left columns, right columns (left only for semi/anti).
struct JoinNode {
  JoinKind kind = JoinKind::kInner;
  std::vector<int> left_keys, right_keys;
  std::vector<bool> filter_nulls;  // one a key: true = NULL keys never match (=), false = IS NOT DISTINCT FROM
  ExprPtr condition;               // over left then right columns; may be null
  bool left_retracts = false, right_retracts = false;
  std::vector<std::vector<int>> left_unique_keys, right_unique_keys;
  bool emit_update_before = true;
  bool batch = false;
  int64_t left_ttl_ms = 0, right_ttl_ms = 0;
};

/// The table function of INTERSECT ALL and EXCEPT ALL: its argument (BIGINT) says how often the row comes.
inline constexpr const char* kReplicateRows = "$REPLICATE_ROWS";

enum class FrameEdge : uint8_t { kUnbounded, kPreceding, kCurrentRow, kFollowing };

/// Of an OVER window, from `start` to `end`, both inclusive. RANGE goes by the value of the one order column.
struct OverFrame {
  bool rows = false;
  FrameEdge start = FrameEdge::kUnbounded;
  FrameEdge end = FrameEdge::kCurrentRow;
  Value start_offset, end_offset;  // for kPreceding and kFollowing: rows, ms, or a difference of the order column

  bool operator==(const OverFrame&) const = default;
};

/// Calls over the same window.
struct OverGroup {
  std::vector<int> partition_keys;
  std::vector<SortKey> order;
  OverFrame frame;
  /// Ranking functions (ROW_NUMBER, LAG, …) are calls too.
  std::vector<AggregateCall> calls;
};

enum class OverTime : uint8_t { kEventTime, kProcessingTime, kNone };

/// OVER windows. Output: input columns, then one a call, group by group. Streaming: one group, which ends with the
/// current row; over a time attribute (insert-only input), else unbounded before the current row.
struct OverAggregateNode {
  std::vector<OverGroup> groups;
  OverTime time = OverTime::kNone;
  bool input_retracts = false;
  bool batch = false;
  int64_t state_ttl_ms = 0;
};

/// A join whose sides' times bound each other: right time + lower <= left time <= right time + upper. Both inputs only
/// insert. Kinds: inner, left, right, full. Output: left columns, right columns.
struct IntervalJoinNode {
  JoinKind kind = JoinKind::kInner;
  std::vector<int> left_keys, right_keys;
  std::vector<bool> filter_nulls;  // as JoinNode
  ExprPtr condition;               // without the bounds; may be null
  bool processing_time = false;
  int left_time = -1, right_time = -1;
  int64_t lower_ms = 0, upper_ms = 0;
};

/// JOIN versioned_table FOR SYSTEM_TIME AS OF left.rowtime. Output: left columns, right columns.
struct TemporalJoinNode {
  bool left_outer = false;
  std::vector<int> left_keys, right_keys;
  std::vector<bool> filter_nulls;
  ExprPtr condition;
  int left_time = -1, right_time = -1;
  int64_t state_ttl_ms = 0;
};

/// A join of rows of the same window: both inputs carry their windows' bounds. Output as JoinNode's.
struct WindowJoinNode {
  JoinKind kind = JoinKind::kInner;
  std::vector<int> left_keys, right_keys;  // without the bounds
  std::vector<bool> filter_nulls;
  ExprPtr condition;
  int left_window_end = -1, right_window_end = -1;
};

/// Top-N and deduplication (N = 1 over the event time) of rows that carry their window's end. Output as RankNode's.
struct WindowRankNode {
  std::vector<int> partition_keys;  // without the window's bounds
  std::vector<SortKey> order;
  int window_end = -1;
  int64_t rank_start = 1;
  int64_t rank_end = 1;
  bool output_rank = false;
  bool last_of_equals =
      false;  // deduplication that keeps the last row: of rows with the same time the one that came last
};

/// One part of the key that rows are looked up by: a column of the left row, or a constant.
struct LookupKey {
  int column = 0;    // of the looked-up row
  int left = -1;     // the left row's column; -1: `constant`
  ExprPtr constant;  // a literal of the column's type, or null
};

/// JOIN table FOR SYSTEM_TIME AS OF left.proctime: each left row with what the table's connector finds by `keys`.
/// Output: left columns, then `projections` of the looked-up row.
struct LookupJoinNode {
  bool left_outer = false;
  SourceNode lookup;                 // the table, and which of its columns are asked for
  Schema row;                        // of what is looked up
  std::vector<LookupKey> keys;       // at least one; a left value that is NULL finds nothing
  ExprPtr filter;                    // over `row`; may be null
  std::vector<ExprPtr> projections;  // over `row`; none: all of it
  ExprPtr condition;                 // over the output; may be null
  // Requests under way (table.exec.async-lookup.*) and what the LOOKUP hint says.
  bool ordered = true;
  int64_t capacity = 100;
  int64_t timeout_ms = 180000;
  bool retry_on_miss = false;
  int64_t retry_delay_ms = 0;
  int64_t max_attempts = 1;
};

/// In front of a sink whose primary key is not a key of the changes: keeps each key's rows in the order in which they
/// came and tells the sink of the last one (Flink's SinkUpsertMaterializer).
struct SinkMaterializeNode {
  std::vector<int> keys;        // the sink's primary key
  std::vector<int> upsert_key;  // of the input; empty: whole rows are compared
  int64_t state_ttl_ms = 0;
};

/// What an expression of MATCH_RECOGNIZE takes from the rows that a variable was matched to: a value of the first or
/// last of them (moved by `offset` towards the others), or an aggregate over all.
struct MatchRef {
  int variable = -1;  // index into MatchNode::variables; -1: the rows of all variables
  bool first = false;
  int64_t offset = 0;
  ExprPtr value;  // over the input row; unused by aggregates
  bool aggregate = false;
  AggregateCall call;              // args are indices into `arguments`
  std::vector<ExprPtr> arguments;  // over the input row
  DataType type;
};

/// `expr` is over the values of `refs`; null: TRUE.
struct MatchExpr {
  ExprPtr expr;
  std::vector<MatchRef> refs;
};

struct PatternElement {
  int variable = 0;
  int64_t min = 1;
  int64_t max = 1;  // -1: unbounded
  bool greedy = true;
};

/// AFTER MATCH SKIP …
enum class MatchSkip : uint8_t { kToNextRow, kPastLastRow, kToFirst, kToLast };

/// One row a match. Output: partition keys, then one column a measure. The input only inserts.
struct MatchNode {
  std::vector<int> partition_keys;
  std::vector<SortKey> order;  // between rows of the same time
  int time_column = -1;
  bool processing_time = false;
  std::vector<std::string> variables;
  std::vector<PatternElement> pattern;
  std::vector<MatchExpr> defines;  // one a variable
  std::vector<MatchExpr> measures;
  MatchSkip skip = MatchSkip::kToNextRow;
  int skip_variable = -1;
  int64_t within_ms = 0;  // 0: none
};

/// Row-wise table function (UNNEST, …): for each input row the rows of `call`, appended to it (kReplicateRows appends
/// nothing). `condition` is over the output's columns: rows that fail it do not count as rows of the function.
struct CorrelateNode {
  ExprPtr call;
  bool left_outer = false;
  ExprPtr condition;
};

/// Makes a changelog with repeated events, or of upserts, regular by the last row of each key; -U is not looked at.
struct ChangelogNormalizeNode {
  std::vector<int> keys;
  ExprPtr condition;  // may be null; rows that fail it are as if deleted
  bool emit_update_before = true;
  int64_t state_ttl_ms = 0;
};

/// Writes a table. Input columns: physical columns in order, then writable metadata columns in table.metadata's order.
struct SinkNode {
  TableDescription table;
  bool overwrite = false;
  std::vector<std::pair<std::string, std::string>> static_partition;
  std::vector<int> upsert_key;  // columns; empty if none
  /// NOT NULL columns and how to enforce them: table.exec.sink.not-null-enforcer.
  bool drop_null_violations = false;
  std::vector<int> not_null_columns;
  /// table.exec.sink.type-length-enforcer: IGNORE | TRIM_PAD | ERROR
  std::string length_enforcer = "IGNORE";
};

/// Hands rows to whoever asked the query: the shell, `sluice test`, a gateway session.
struct CollectNode {};

using PlanPayload =
    std::variant<SourceNode, ValuesNode, CalcNode, WatermarkNode, GroupAggregateNode, WindowTableFunctionNode,
                 WindowAggregateNode, UnionNode, ExpandNode, SortNode, LimitNode, RankNode, JoinNode, CorrelateNode,
                 SinkNode, CollectNode, OverAggregateNode, IntervalJoinNode, TemporalJoinNode, WindowJoinNode,
                 WindowRankNode, ChangelogNormalizeNode, MatchNode, LookupJoinNode, SinkMaterializeNode>;

struct PlanNode {
  /// Stable over re-planning of the same shape: state is found again by it. Filled by AssignUids.
  std::string uid;
  std::string name;  // as the web page shows it: "GroupAggregate(groupBy=[k], select=[k, COUNT(*) AS c])"
  PlanPayload payload;
  std::vector<PlanEdge> inputs;
  Schema schema;
  ChangelogMode changelog;
  int parallelism = 0;  // 0 = the job's
};

/// Facts of the session that operators need; part of the plan so that a restored job computes the same.
struct PlanSettings {
  bool batch = false;
  std::string time_zone = "UTC";  // table.local-time-zone
  bool legacy_cast = false;       // table.exec.legacy-cast-behaviour
  int64_t auto_watermark_interval_ms = 200;
  int64_t state_ttl_ms = 0;
  bool mini_batch = false;
  int64_t mini_batch_size = -1;
  int64_t mini_batch_latency_ms = 0;
  OptionMap options;  // all SET options, for REST /config and connectors
};

struct PhysicalPlan {
  int version = kPlanVersion;
  std::string job_name;
  PlanSettings settings;
  std::vector<PlanNode> nodes;  // inputs before readers

  /// Nodes that are nobody's input (sinks, collect).
  std::vector<int> Roots() const;
};

/// Gives every node its uid from its kind, its payload and its inputs' uids.
void AssignUids(PhysicalPlan& plan);

/// Flink-like tree, as EXPLAIN's "Optimized Execution Plan" prints it.
std::string PlanToText(const PhysicalPlan& plan);

/// Versioned JSON and back. Reading refuses a newer version and says so.
std::string PlanToJson(const PhysicalPlan& plan);
Result<PhysicalPlan> PlanFromJson(std::string_view json);

/// "Source", "Calc", "GroupAggregate", … for messages and metrics.
std::string_view PlanNodeKind(const PlanPayload& payload);

}  // namespace sluice::engine
