#include "engine/operators/changelog_rows.h"

#include <algorithm>

#include "engine/columnar/row_ops.h"
#include "engine/functions/aggregate_owned.h"

namespace sluice::engine {

namespace {

/// Flink compares arrays element by element with SQL's =, under which a NULL element equals nothing.
bool HasNullElement(const Column& c, size_t i) {
  if (c.physical() != PhysicalType::kArray) return false;
  const ListSlice slice = c.at<ListSlice>(i);
  for (uint32_t k = 0; k < slice.length; ++k) {
    if (c.child(0)->IsNull(slice.offset + k)) return true;
  }
  return false;
}

}  // namespace

void MarkChanged(const Column& a, const Column& b, const Rows& rows, uint8_t* changed) {
  auto mark = [&](auto&& differ) {
    if (!a.has_nulls() && !b.has_nulls()) {
      rows.ForEach([&](size_t i) { changed[i] |= differ(i) ? 1 : 0; });
      return;
    }
    rows.ForEach([&](size_t i) {
      const bool a_null = a.IsNull(i), b_null = b.IsNull(i);
      changed[i] |= a_null != b_null || (!a_null && differ(i)) ? 1 : 0;
    });
  };
  if (a.type().is_nested()) {
    return mark([&](size_t i) { return HasNullElement(a, i) || !EqualsAt(a, i, b, i); });
  }
  WithStorageType(a.physical(), [&]<typename T>(T*) {
    if constexpr (std::is_same_v<T, StringRef>) {
      mark([&](size_t i) { return a.string_at(i) != b.string_at(i); });
    } else {
      mark([&](size_t i) { return !(a.at<T>(i) == b.at<T>(i)); });
    }
  });
}

ColumnPtr ChangelogRows::Take(const Column& before, const Column& after) const {
  if (&before == &after) {
    std::vector<uint32_t> positions(sources.size());
    for (size_t k = 0; k < sources.size(); ++k) positions[k] = sources[k] & ~kAfter;
    return Column::Gather(before, positions.data(), positions.size());
  }
  ColumnPtr out = Column::Make(before.type(), sources.size());
  auto from = [&](size_t k) -> const Column& { return sources[k] & kAfter ? after : before; };
  if (before.type().is_nested()) {
    for (size_t k = 0; k < sources.size(); ++k) out->CopyRow(k, from(k), sources[k] & ~kAfter);
    return out;
  }
  if (before.physical() == PhysicalType::kString) {
    out->RetainBuffersOf(before);
    out->RetainBuffersOf(after);
  }
  WithStorageType(before.physical(), [&]<typename T>(T*) {
    T* to = out->data<T>();
    const T* sides[] = {before.data<T>(), after.data<T>()};
    for (size_t k = 0; k < sources.size(); ++k) to[k] = sides[sources[k] >> 31][sources[k] & ~kAfter];
  });
  if (before.has_nulls() || after.has_nulls()) {
    for (size_t k = 0; k < sources.size(); ++k) {
      if (from(k).IsNull(sources[k] & ~kAfter)) out->SetNull(k);
    }
  }
  return out;
}

std::vector<int64_t> ChangelogRows::TakeWatermarks(const std::vector<int64_t>& watermark_before) const {
  std::vector<int64_t> out;
  if (watermark_before.empty()) return out;
  out.reserve(sources.size());
  for (const uint32_t s : sources) out.push_back(watermark_before[s & ~kAfter]);
  return out;
}

bool ChangelogRows::AllInserts() const {
  return std::all_of(kinds.begin(), kinds.end(), [](RowKind k) { return k == RowKind::kInsert; });
}

}  // namespace sluice::engine
