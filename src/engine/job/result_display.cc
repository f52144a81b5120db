#include "engine/job/result_display.h"

#include "engine/columnar/display.h"
#include "engine/types/time_zone.h"

namespace sluice::engine {

ResultDisplay::ResultDisplay(std::string_view time_zone) : zone_(TimeZone::FindOrGmt(time_zone)) {}

std::vector<DisplayedRow> ResultDisplay::Rows(const Batch& batch) const {
  std::vector<DisplayedRow> rows;
  rows.reserve(batch.row_count());
  batch.rows().ForEach([&](size_t i) {
    DisplayedRow& row = rows.emplace_back();
    row.kind = batch.kind(i);
    row.fields.reserve(batch.columns.size());
    for (const ColumnPtr& column : batch.columns) row.fields.push_back(FieldText(*column, i, *zone_));
  });
  return rows;
}

}  // namespace sluice::engine
