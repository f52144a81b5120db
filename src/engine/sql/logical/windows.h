// Which columns of a relation are the bounds of the windows its rows belong to.
#pragma once

#include <optional>
#include <set>

#include "engine/sql/logical/rel.h"

namespace sluice::engine::sql {

struct WindowColumns {
  std::set<int> start, end, time;
  WindowSpec spec;
  /// The WindowRel itself if only projections and filters are between; else the windows came attached from an
  /// aggregate below.
  const WindowRel* source = nullptr;
};

/// Nothing if the relation's rows do not belong to windows.
std::optional<WindowColumns> FindWindowColumns(const Rel& rel);

/// The same windows, whatever the columns are.
bool SameWindows(const WindowSpec& a, const WindowSpec& b);

/// True if `aggregate` groups by both bounds of a window.
bool IsWindowAggregate(const AggregateRel& aggregate);

}  // namespace sluice::engine::sql
