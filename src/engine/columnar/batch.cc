#include "engine/columnar/batch.h"

namespace sluice::engine {

const char* RowKindText(RowKind kind) {
  constexpr const char* kTexts[] = {"+I", "-U", "+U", "-D"};
  return kTexts[static_cast<size_t>(kind)];
}

void Batch::Compact() {
  if (!selected) return;
  const size_t count = selection.size();
  for (ColumnPtr& column : columns) column = Column::Gather(*column, selection.data(), count);
  auto gather = [&](auto& per_row) {
    if (per_row.empty()) return;
    for (size_t k = 0; k < count; ++k) per_row[k] = per_row[selection[k]];
    per_row.resize(count);
  };
  gather(kinds);
  gather(watermark_before);
  length = count;
  selected = false;
  selection.clear();
}

}  // namespace sluice::engine
