// What plans and EXPLAIN call a kind of join.
#pragma once

#include "engine/plan/physical_plan.h"

namespace sluice::engine::sql {

/// "InnerJoin", "LeftOuterJoin"
const char* JoinName(JoinKind kind);

}  // namespace sluice::engine::sql
