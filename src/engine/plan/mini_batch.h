// Mini-batches in a plan. What ends the bundles of the operators that gather rows is a WatermarkNode without an
// expression (Flink's MiniBatchAssigner): by the clock, or by event time.
#pragma once

#include <algorithm>
#include <string>

#include "engine/plan/physical_plan.h"

namespace sluice::engine {

/// A mark every `interval_ms` of the clock. The marks are watermarks; those of the input, which nobody behind needs, go
/// no further.
inline WatermarkNode ClockMarks(int64_t interval_ms) {
  WatermarkNode marks;
  marks.rowtime_column = -1;
  marks.emit_interval_ms = interval_ms;
  return marks;
}

/// Of the input's watermarks those that reach the end of an interval of `interval_ms`.
inline WatermarkNode EventTimeMarks(int column, int64_t interval_ms) {
  WatermarkNode marks;
  marks.rowtime_column = column;
  marks.emit_interval_ms = interval_ms;
  return marks;
}

/// Whether the node is one of the above.
inline bool EndsBundles(const WatermarkNode& node) { return node.expression == nullptr; }
inline bool EndsBundlesByClock(const WatermarkNode& node) { return EndsBundles(node) && node.rowtime_column < 0; }

/// The user wants no aggregate in two steps.
inline bool IsOnePhase(const PlanSettings& settings) {
  const auto phase = settings.options.find("table.optimizer.agg-phase-strategy");
  return phase != settings.options.end() && (phase->second == "ONE_PHASE" || phase->second == "one_phase");
}

/// Whether Flink gathers the aggregate locally first, by rows, and then globally, by keys (its
/// TwoStageOptimizedAggregateRule).
inline bool HasTwoPhases(const GroupAggregateNode& aggregate, const PlanSettings& settings) {
  if (IsOnePhase(settings)) return false;
  // Flink has no merge() for some.
  return std::none_of(aggregate.calls.begin(), aggregate.calls.end(), [](const AggregateCall& call) {
    return call.function == "FIRST_VALUE" || call.function == "LAST_VALUE" || call.function == "SINGLE_VALUE" ||
           call.function.starts_with("JSON_ARRAYAGG");
  });
}

}  // namespace sluice::engine
