#include "engine/job/result_display.h"

#include "engine/columnar/display.h"
#include "engine/formats/text/utf8.h"
#include "engine/types/time_zone.h"

namespace sluice::engine {

ResultDisplay::ResultDisplay(std::string_view time_zone, bool legacy)
    : zone_(TimeZone::FindOrGmt(time_zone)), legacy_(legacy) {}

std::vector<DisplayedRow> ResultDisplay::Rows(const Batch& batch) const {
  std::vector<DisplayedRow> rows;
  rows.reserve(batch.row_count());
  batch.rows().ForEach([&](size_t i) {
    DisplayedRow& row = rows.emplace_back();
    row.kind = batch.kind(i);
    row.fields.reserve(batch.columns.size());
    for (const ColumnPtr& column : batch.columns) {
      std::string text = FieldText(*column, i, *zone_, legacy_ ? TextStyle::kLegacyDisplay : TextStyle::kDisplay);
      // Java's clients decode what they show.
      if (!text::IsValidUtf8(text)) text = text::ReplaceInvalidUtf8(text);
      row.fields.push_back(std::move(text));
    }
  });
  return rows;
}

}  // namespace sluice::engine
