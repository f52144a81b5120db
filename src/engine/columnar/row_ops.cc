#include "engine/columnar/row_ops.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/columnar/hashing.h"
#include "engine/types/decimal.h"

namespace sluice::engine {

namespace {

template <typename T>
int Order(T a, T b) {
  return a < b ? -1 : (a > b ? 1 : 0);
}

/// Double.compare: -0.0 before 0.0, NaN after everything.
template <typename T>
int OrderFloat(T a, T b) {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a == b) return static_cast<int>(std::signbit(b)) - static_cast<int>(std::signbit(a));
  return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
}

int OrderBytes(std::string_view a, std::string_view b) {
  const int c = std::memcmp(a.data(), b.data(), std::min(a.size(), b.size()));
  return c != 0 ? c : Order(a.size(), b.size());
}

int OrderLists(const Column& a, ListSlice x, const Column& b, ListSlice y) {
  const uint32_t n = std::min(x.length, y.length);
  for (uint32_t k = 0; k < n; ++k) {
    for (size_t c = 0; c < a.child_count(); ++c) {
      if (int o = CompareAt(*a.child(c), x.offset + k, *b.child(c), y.offset + k); o != 0) return o;
    }
  }
  return Order(x.length, y.length);
}

template <typename T>
uint64_t FloatBits(T v) {
  if (std::isnan(v)) v = std::numeric_limits<T>::quiet_NaN();
  if constexpr (sizeof(T) == 4) {
    return std::bit_cast<uint32_t>(v);
  } else {
    return std::bit_cast<uint64_t>(v);
  }
}

uint64_t HashInt(uint64_t v) { return MixHash(kHashSeed, v); }

}  // namespace

bool EqualsAt(const Column& a, size_t i, const Column& b, size_t j) {
  const bool null = a.IsNull(i);
  if (null || b.IsNull(j)) return null == b.IsNull(j);
  switch (a.physical()) {
    case PhysicalType::kString: return a.at<StringRef>(i) == b.at<StringRef>(j);
    case PhysicalType::kFloat: return FloatBits(a.at<float>(i)) == FloatBits(b.at<float>(j));
    case PhysicalType::kDouble: return FloatBits(a.at<double>(i)) == FloatBits(b.at<double>(j));
    case PhysicalType::kArray:
    case PhysicalType::kMap: {
      const ListSlice x = a.at<ListSlice>(i), y = b.at<ListSlice>(j);
      if (x.length != y.length) return false;
      for (uint32_t k = 0; k < x.length; ++k) {
        for (size_t c = 0; c < a.child_count(); ++c) {
          if (!EqualsAt(*a.child(c), x.offset + k, *b.child(c), y.offset + k)) return false;
        }
      }
      return true;
    }
    case PhysicalType::kRow:
      for (size_t c = 0; c < a.child_count(); ++c) {
        if (!EqualsAt(*a.child(c), a.index(i), *b.child(c), b.index(j))) return false;
      }
      return true;
    default: return CompareAt(a, i, b, j) == 0;
  }
}

int CompareAt(const Column& a, size_t i, const Column& b, size_t j) {
  const bool null = a.IsNull(i);
  if (null || b.IsNull(j)) return static_cast<int>(b.IsNull(j)) - static_cast<int>(null);
  switch (a.physical()) {
    case PhysicalType::kBool: return Order(a.at<uint8_t>(i), b.at<uint8_t>(j));
    case PhysicalType::kInt8: return Order(a.at<int8_t>(i), b.at<int8_t>(j));
    case PhysicalType::kInt16: return Order(a.at<int16_t>(i), b.at<int16_t>(j));
    case PhysicalType::kInt32: return Order(a.at<int32_t>(i), b.at<int32_t>(j));
    case PhysicalType::kInt64: return Order(a.at<int64_t>(i), b.at<int64_t>(j));
    case PhysicalType::kFloat: return OrderFloat(a.at<float>(i), b.at<float>(j));
    case PhysicalType::kDouble: return OrderFloat(a.at<double>(i), b.at<double>(j));
    case PhysicalType::kInt128:
      return CompareDecimals(a.at<int128_t>(i), a.type().scale(), b.at<int128_t>(j), b.type().scale());
    case PhysicalType::kTimestamp: {
      const Timestamp& x = a.at<Timestamp>(i);
      const Timestamp& y = b.at<Timestamp>(j);
      return x < y ? -1 : (x == y ? 0 : 1);
    }
    case PhysicalType::kString: return OrderBytes(a.string_at(i), b.string_at(j));
    case PhysicalType::kArray:
    case PhysicalType::kMap: return OrderLists(a, a.at<ListSlice>(i), b, b.at<ListSlice>(j));
    case PhysicalType::kRow:
      for (size_t c = 0; c < a.child_count(); ++c) {
        if (int o = CompareAt(*a.child(c), a.index(i), *b.child(c), b.index(j)); o != 0) return o;
      }
      return 0;
  }
  return 0;
}

uint64_t HashAt(const Column& c, size_t i) {
  if (c.IsNull(i)) return 0;
  switch (c.physical()) {
    case PhysicalType::kBool: return HashInt(c.at<uint8_t>(i));
    case PhysicalType::kInt8: return HashInt(static_cast<uint64_t>(c.at<int8_t>(i)));
    case PhysicalType::kInt16: return HashInt(static_cast<uint64_t>(c.at<int16_t>(i)));
    case PhysicalType::kInt32: return HashInt(static_cast<uint64_t>(c.at<int32_t>(i)));
    case PhysicalType::kInt64: return HashInt(static_cast<uint64_t>(c.at<int64_t>(i)));
    case PhysicalType::kFloat: return HashInt(FloatBits(c.at<float>(i)));
    case PhysicalType::kDouble: return HashInt(FloatBits(c.at<double>(i)));
    case PhysicalType::kInt128: {
      const auto v = static_cast<uint128_t>(c.at<int128_t>(i));
      return MixHash(HashInt(static_cast<uint64_t>(v)), static_cast<uint64_t>(v >> 64));
    }
    case PhysicalType::kTimestamp: {
      const Timestamp& t = c.at<Timestamp>(i);
      return MixHash(HashInt(static_cast<uint64_t>(t.millis)), static_cast<uint64_t>(t.nanos));
    }
    case PhysicalType::kString: {
      const StringRef& s = c.at<StringRef>(i);
      return XXH3_64bits(s.data(), s.size());
    }
    case PhysicalType::kArray:
    case PhysicalType::kMap: {
      const ListSlice slice = c.at<ListSlice>(i);
      uint64_t h = HashInt(slice.length);
      for (uint32_t k = 0; k < slice.length; ++k) {
        for (size_t n = 0; n < c.child_count(); ++n) h = MixHash(h, HashAt(*c.child(n), slice.offset + k));
      }
      return h;
    }
    case PhysicalType::kRow: {
      uint64_t h = kHashSeed;
      for (size_t n = 0; n < c.child_count(); ++n) h = MixHash(h, HashAt(*c.child(n), c.index(i)));
      return h;
    }
  }
  return 0;
}

bool RowEquals(std::span<const ColumnPtr> a, size_t i, std::span<const ColumnPtr> b, size_t j) {
  for (size_t c = 0; c < a.size(); ++c) {
    if (!EqualsAt(*a[c], i, *b[c], j)) return false;
  }
  return true;
}

namespace {

template <typename T>
void HashNumbers(const Column& c, const Rows& rows, uint64_t* out) {
  const T* data = c.data<T>();
  if (!c.constant() && !c.has_nulls()) {
    for (size_t k = 0; k < rows.count; ++k) {
      out[k] = MixHash(out[k], HashInt(static_cast<uint64_t>(data[rows[k]])));
    }
    return;
  }
  for (size_t k = 0; k < rows.count; ++k) {
    const size_t i = rows[k];
    out[k] = MixHash(out[k], c.IsNull(i) ? 0 : HashInt(static_cast<uint64_t>(data[c.index(i)])));
  }
}

}  // namespace

void HashRows(std::span<const ColumnPtr> columns, const Rows& rows, std::vector<uint64_t>& out) {
  out.assign(rows.count, kHashSeed);
  for (const ColumnPtr& column : columns) {
    switch (column->physical()) {
      case PhysicalType::kInt32: HashNumbers<int32_t>(*column, rows, out.data()); break;
      case PhysicalType::kInt64: HashNumbers<int64_t>(*column, rows, out.data()); break;
      default:
        for (size_t k = 0; k < rows.count; ++k) out[k] = MixHash(out[k], HashAt(*column, rows[k]));
    }
  }
}

uint64_t HashRow(std::span<const ColumnPtr> columns, size_t row) {
  uint64_t h = kHashSeed;
  for (const ColumnPtr& column : columns) h = MixHash(h, HashAt(*column, row));
  return h;
}

uint32_t KeyGroupOf(uint64_t hash, uint32_t max_parallelism) {
  auto h = static_cast<uint32_t>(hash ^ hash >> 32);
  h ^= h >> 16;
  h *= 0x85EBCA6Bu;
  h ^= h >> 13;
  h *= 0xC2B2AE35u;
  h ^= h >> 16;
  return h % max_parallelism;
}

uint32_t SubtaskOfKeyGroup(uint32_t key_group, uint32_t max_parallelism, uint32_t parallelism) {
  return key_group * parallelism / max_parallelism;
}

KeyGroupRange KeyGroupsOfSubtask(uint32_t subtask, uint32_t max_parallelism, uint32_t parallelism) {
  return {(subtask * max_parallelism + parallelism - 1) / parallelism,
          ((subtask + 1) * max_parallelism - 1) / parallelism};
}

}  // namespace sluice::engine
