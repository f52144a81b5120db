#include "engine/columnar/copy_rows.h"

namespace sluice::engine {

namespace {

template <typename T>
void CopyFixed(Column& to, const Column& from, const Rows& rows) {
  T* out = to.data<T>();
  const T* in = from.data<T>();
  rows.ForEach([&](size_t i) { out[i] = in[from.index(i)]; });
}

}  // namespace

void CopyRows(Column& to, const Column& from, const Rows& rows) {
  if (from.physical() == PhysicalType::kArray || from.physical() == PhysicalType::kMap ||
      from.physical() == PhysicalType::kRow) {
    rows.ForEach([&](size_t i) { to.CopyRow(i, from, i); });
    return;
  }
  switch (PhysicalWidth(from.physical())) {
    case 1: CopyFixed<uint8_t>(to, from, rows); break;
    case 2: CopyFixed<uint16_t>(to, from, rows); break;
    case 4: CopyFixed<uint32_t>(to, from, rows); break;
    case 8: CopyFixed<uint64_t>(to, from, rows); break;
    default: CopyFixed<uint128_t>(to, from, rows);
  }
  if (from.physical() == PhysicalType::kString) to.RetainBuffersOf(from);
  if (!from.has_nulls() && !to.has_nulls()) return;
  rows.ForEach([&](size_t i) {
    if (from.IsNull(i)) {
      to.SetNull(i);
    } else {
      to.SetValid(i);
    }
  });
}

}  // namespace sluice::engine
