// Logical plan → physical plan: chooses operators, derives changelog modes, distributions and keys.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/functions/function.h"
#include "engine/plan/physical_plan.h"
#include "engine/sql/logical/rel.h"

namespace sluice::engine::sql {

/// Builds one plan out of one query or several inserts. What the engine cannot run is refused with kNotSupported; what
/// Flink itself refuses, with Flink's sentence as kValidation.
class PhysicalPlanner {
 public:
  PhysicalPlanner(PlanSettings settings, const FunctionRegistry& functions) : functions_(functions) {
    plan_.settings = std::move(settings);
  }

  /// The query's rows to whoever runs the plan.
  Status AddCollect(const RelPtr& rel);
  /// The query's rows into a table; `rel` has exactly the sink's columns and types.
  Status AddSink(const RelPtr& rel, SinkNode sink, const TableCapability& capability);
  /// The finished plan, with uids.
  PhysicalPlan Finish(std::string job_name);

 private:
  Result<int> Build(const RelPtr& rel);
  int AddSinkConstraints(int input, const SinkNode& sink);
  Result<int> BuildScan(const ScanRel& rel);
  Result<int> BuildCalc(const RelPtr& rel);
  Result<int> BuildWatermark(const WatermarkRel& rel);
  Result<int> BuildUnion(const Rel& rel);
  Result<int> BuildAggregate(const AggregateRel& rel);
  Result<int> BuildWindowAggregate(const AggregateRel& rel);
  Result<int> BuildGroupWindow(const AggregateRel& rel);
  Result<int> BuildSort(const SortRel& rel);
  Result<int> BuildJoin(const JoinRel& rel);
  Result<int> BuildSetOp(const SetOpRel& rel);
  Result<int> BuildCorrelate(const CorrelateRel& rel);
  Result<int> BuildRank(const OverRel& over, const ExprPtr& condition, bool rank_used, std::vector<ExprPtr>* rest);

  int Add(PlanPayload payload, std::vector<PlanEdge> inputs, Schema schema, ChangelogMode changelog, std::string name);
  int AddCalc(int input, ExprPtr condition, std::vector<ExprPtr> projections, Schema schema);
  const PlanNode& node(int i) const { return plan_.nodes[static_cast<size_t>(i)]; }
  PlanEdge Keyed(int input, const std::vector<int>& keys) const;
  bool batch() const { return plan_.settings.batch; }

  const FunctionRegistry& functions_;
  PhysicalPlan plan_;
};

}  // namespace sluice::engine::sql
