// Logical plan → physical plan: chooses operators, derives changelog modes, distributions and keys.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/functions/function.h"
#include "engine/plan/physical_plan.h"
#include "engine/sql/logical/rel.h"
#include "engine/sql/logical/windows.h"

namespace sluice::engine::sql {

/// Builds one plan out of one query or several inserts. What the engine cannot run is refused with kNotSupported; what
/// Flink itself refuses, with Flink's sentence as kValidation.
class PhysicalPlanner {
 public:
  PhysicalPlanner(PlanSettings settings, const FunctionRegistry& functions) : functions_(functions) {
    plan_.settings = std::move(settings);
  }

  /// The query's rows to whoever runs the plan; `length_enforcer` as for a sink.
  Status AddCollect(const RelPtr& rel, const std::string& length_enforcer = "IGNORE", bool drop_nulls = false);
  /// The query's rows into a table; `rel` has exactly the sink's columns and types.
  /// `on_conflict`: of INSERT … ON CONFLICT DO, empty if it was not said.
  Status AddSink(const RelPtr& rel, SinkNode sink, const TableCapability& capability,
                 const std::string& on_conflict = "");
  /// The finished plan, with uids.
  PhysicalPlan Finish(std::string job_name);

 private:
  Result<int> Build(const RelPtr& rel);
  int AddSinkConstraints(int input, const SinkNode& sink);
  /// Of the sink's key, or of all columns if it has none, where the session wants that checked.
  Status RequireDeterminism(int input, std::vector<int> key) const;
  /// The sink's primary key is one of the input's upsert keys, or there is none: an update finds its row without -U.
  bool SinkKeyIsUpsertKey(int input, const SinkNode& sink) const;
  Result<int> BuildScan(const ScanRel& rel);
  /// True if the table's changelog must be made regular first.
  Result<bool> NeedsNormalize(const ScanRel& rel) const;
  /// The scan with a ChangelogNormalize behind it that also filters by `condition` (may be null).
  Result<int> BuildNormalized(const ScanRel& rel, const ExprPtr& condition);
  Result<int> BuildCalc(const RelPtr& rel);
  Result<int> BuildWatermark(const WatermarkRel& rel);
  Result<int> BuildUnion(const Rel& rel);
  Result<int> BuildAggregate(const AggregateRel& rel);
  // plan_window_aggregate.cc
  /// Sessions cut by other keys than the aggregate groups by: rows get their sessions first, and the groups are
  /// ordinary ones.
  static bool SessionsOfOtherKeys(const AggregateRel& rel);
  Result<int> BuildWindowAggregate(const AggregateRel& rel);
  Result<int> BuildGroupWindow(const AggregateRel& rel);
  Result<int> BuildSort(const SortRel& rel);
  void PushLimit(int input, int64_t rows);
  Result<int> BuildJoin(const JoinRel& rel);
  /// A join's condition taken apart; see SplitJoin.
  struct JoinParts {
    std::vector<int> left_keys, right_keys;
    std::vector<bool> filter_nulls;
    ExprPtr condition;
    RelPtr left, right;  // with extra columns for keys that are expressions
    int left_extra = 0;
    bool extra = false;
  };
  static JoinParts SplitJoin(const JoinRel& rel, const std::vector<ExprPtr>& conjuncts);
  static Schema BothSides(const JoinRel& rel);
  Schema JoinSchema(JoinKind kind, int left, int right) const;
  static std::string JoinText(const char* node_name, const JoinRel& rel);
  int DropExtra(int n, const JoinRel& rel, const JoinParts& parts);
  // plan_time_join.cc
  struct Interval {
    std::vector<ExprPtr> rest;  // conjuncts without the bounds
    int left_time = -1, right_time = -1;
    int64_t lower_ms = 0, upper_ms = 0;
    bool processing_time = false;
  };
  static std::optional<Interval> FindInterval(const JoinRel& rel);
  /// The left and the right time column of a FOR SYSTEM_TIME AS OF join.
  static std::optional<std::pair<int, int>> TemporalTimes(const JoinRel& rel);
  Status RequireInserts(const char* physical_name, int input, TextPosition position) const;
  Result<int> BuildIntervalJoin(const JoinRel& rel, const Interval& interval);
  Result<int> BuildTemporalJoin(const JoinRel& rel);
  Result<int> BuildLookupJoin(const JoinRel& rel);
  Status ApplyLookupSettings(const JoinRel& rel, LookupJoinNode& join) const;
  /// `rel` with further columns behind its own.
  static RelPtr WithExtra(const RelPtr& rel, const std::vector<ExprPtr>& extra);
  /// Keeps the rows of each of the sink's keys where the changes themselves do not tell them apart.
  Result<int> AddSinkMaterializer(int input, const SinkNode& sink, const std::string& on_conflict);
  /// -1 if the rows' windows do not join.
  Result<int> TryWindowJoin(const JoinRel& rel, const JoinParts& parts, int left, int right);
  Result<int> BuildSetOp(const SetOpRel& rel);
  Result<int> BuildSetOpAll(const SetOpRel& rel);
  Result<int> BuildCorrelate(const CorrelateRel& rel);
  Result<int> BuildOver(const OverRel& over);
  Result<int> BuildMatch(const MatchRel& match);
  Result<OverTime> CheckStreamingOver(const OverRel& over, const std::vector<OverGroup>& groups);
  /// The node below projections and unions that makes the changes of `input`, for messages.
  const PlanNode& ProducerOfChanges(int input) const;
  /// One ranking call whose result the condition bounds from above.
  bool IsTopN(const OverRel& over, const ExprPtr& condition) const;
  Result<int> BuildWindowRank(const OverRel& over, const WindowColumns& windows, int64_t first, int64_t last,
                              bool rank_used);
  // plan_rank.cc
  /// The rank that the condition bounds; conjuncts that are no bounds go to `rest`.
  Result<RankNode> RankWithin(const OverRel& over, const ExprPtr& condition, std::vector<ExprPtr>* rest) const;
  Result<int> BuildRank(const OverRel& over, const ExprPtr& condition, bool rank_used, std::vector<ExprPtr>* rest);
  /// Node `n`'s columns as consumers of `over` count them, with a rank.
  int AsOver(int n, const OverRel& over, bool with_rank);
  /// Over updates whose order only gets better, a rank needs no retractions (Flink's UpdateFast strategy).
  void ChooseUpsertRank(int input, RankNode& rank);
  int Add(PlanPayload payload, std::vector<PlanEdge> inputs, Schema schema, ChangelogMode changelog, std::string name);
  int AddCalc(int input, ExprPtr condition, std::vector<ExprPtr> projections, Schema schema);
  const PlanNode& node(int i) const { return plan_.nodes[static_cast<size_t>(i)]; }
  PlanEdge Keyed(int input, const std::vector<int>& keys) const;
  bool batch() const { return plan_.settings.batch; }

  const FunctionRegistry& functions_;
  PhysicalPlan plan_;
  std::set<int> takes_limit_, takes_filters_;  // source nodes whose connector does
};

/// ROW_NUMBER() and its like without ORDER BY.
Error RankNeedsOrder(TextPosition position);

}  // namespace sluice::engine::sql
