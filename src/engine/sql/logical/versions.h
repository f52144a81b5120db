// What makes a relation a versioned table: its primary key and the time of its versions.
#pragma once

#include <optional>
#include <vector>

#include "engine/sql/logical/rel.h"

namespace sluice::engine::sql {

/// The columns of the primary key of what `rel` shows; nothing if there is none or parts of it are gone.
std::optional<std::vector<int>> PrimaryKeyOf(const Rel& rel);

/// The column with the event time of a version: a time attribute, or the greatest or least of one in each group.
std::optional<int> VersionColumnOf(const Rel& rel);

/// The table below projections, filters and a watermark whose connector can look rows up; null if there is none.
const ScanRel* LookupScanOf(const Rel& rel);

}  // namespace sluice::engine::sql
