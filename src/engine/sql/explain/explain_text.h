// Parts of the digests that EXPLAIN prints.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/physical_plan.h"

namespace sluice::engine::sql {

/// Of a node's columns.
using Names = std::vector<std::string>;

std::string NameAt(const Names& names, int column);
Names Pick(const Names& names, const std::vector<int>& columns);
/// The right side's names with a number behind those that the left side has too: id, id0.
Names Unique(const Names& left, const Names& right);
std::string Order(const std::vector<SortKey>& order, const Names& names);
/// As Flink's TimeUtils.formatWithHighestUnit.
std::string Span(int64_t ms);
std::string WindowText(const WindowSpec& w, const std::string& time, const Names& names);
std::string WindowTime(const WindowSpec& w, const Names& names);
const char* PropertyText(WindowProperty p);
/// Flink counts and sums in two steps where it can; here it is one operator.
bool TwoPhases(const WindowAggregateNode& w, const PlanSettings& settings);
std::string Lower(std::string text);
/// The names of the local step's columns, one a call: "sum$0", "count1$1", "(sum$2, count$3)".
Names Accumulators(const std::vector<AggregateCall>& calls, bool retracts);
/// The arguments of DISTINCT calls, each once: what was seen of them is one view to all their calls.
std::vector<std::vector<int>> DistinctViews(const std::vector<AggregateCall>& calls);
/// "distinct$0 " before what a DISTINCT call takes in either step.
std::string ViewText(const std::vector<std::vector<int>>& views, const AggregateCall& call);
/// "SUM", "SUM_RETRACT"
std::string FunctionText(const AggregateCall& call, bool retracts);
bool CountsRows(const std::vector<AggregateCall>& calls);
std::string FrameEdgeText(FrameEdge edge, const Value& offset, bool start);
/// The bounds of the sides' times as the comparisons that they were made of.
ExprPtr WithBounds(const IntervalJoinNode& join, size_t left_width);

}  // namespace sluice::engine::sql
