// Where Flink turns time attributes into plain times.
#pragma once

#include "engine/plan/physical_plan.h"

namespace sluice::engine::sql {

/// Takes what enforces constraints of sinks out of the Calcs: in Flink that is a part of the sink. A plan for display.
void DropConstraints(PhysicalPlan& plan);

/// Makes those conversions explicit in a plan that is only shown, as Flink's RelTimeIndicatorConverter does: arguments
/// of calls, the rows that a join keeps, processing times that leave the plan. Added nodes stand behind the others.
void MaterializeTimes(PhysicalPlan& plan);

}  // namespace sluice::engine::sql
