// Moving chosen rows between columns in step: merging the branches of CASE, COALESCE and unions.
#pragma once

#include "engine/columnar/batch.h"
#include "engine/columnar/column.h"

namespace sluice::engine {

/// to[i] = from[i] for every i of `rows`, nulls included; strings share `from`'s bytes. Same physical type; `from` may
/// be constant.
void CopyRows(Column& to, const Column& from, const Rows& rows);

}  // namespace sluice::engine
