// Parts of plans that Flink computes once.
#pragma once

#include <vector>

#include "engine/sql/explain/explain_rel.h"

namespace sluice::engine::sql {

/// Marks the first of equal parts with (reuse_id=[n]) and puts Reused(reference_id=[n]) in the place of the others. A
/// part that several of the trees have becomes a tree of its own before them.
void ShareParts(std::vector<ExplainTree>& trees);

}  // namespace sluice::engine::sql
