// What a plan's node shows of an aggregate.
#pragma once

#include <string>

#include "engine/sql/logical/rel.h"

namespace sluice::engine::sql {

/// "groupBy=[a], select=[a, COUNT(*) AS n]"
std::string AggregateText(const AggregateRel& rel);

}  // namespace sluice::engine::sql
