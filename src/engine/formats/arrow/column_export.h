// Columns as Arrow arrays.
#pragma once

#include <vector>

#include "base/result.h"
#include "engine/columnar/batch.h"
#include "engine/formats/arrow/c_data.h"
#include "engine/types/data_type.h"

namespace sluice::engine::arrow_files {

struct ExportRules {
  /// What timestamps count: 'm', 'u' or 'n'; 0: 'u' up to TIMESTAMP(6), else 'n'.
  char timestamp_unit = 0;
};

/// The schema as one struct. `schema` must outlive the answer. All fields may be NULL but the keys of maps.
void ExportSchema(const Schema& schema, const ExportRules& rules, ArrowSchema* out);

/// Rows of flat columns as one struct; the answer keeps alive what it points to. kData if a timestamp does not fit.
Status ExportRows(const Schema& schema, const std::vector<ColumnPtr>& columns, const Rows& rows,
                  const ExportRules& rules, ArrowArray* out);

}  // namespace sluice::engine::arrow_files
