// Where mini-batches begin in a plan.
#pragma once

#include "engine/plan/physical_plan.h"

namespace sluice::engine::sql {

/// With table.exec.mini-batch.enabled: behind every source a node that says where bundles end, by the clock, or by
/// event time where something above goes by watermarks (Flink's MiniBatchIntervalInferRule). After AssignUids, so that
/// state is found again when mini-batches are switched on or off. Nodes move; edges are corrected.
void PlaceMiniBatches(PhysicalPlan& plan);

}  // namespace sluice::engine::sql
