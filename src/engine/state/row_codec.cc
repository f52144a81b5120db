#include "engine/state/row_codec.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "base/result.h"

namespace sluice::engine {

namespace {

template <typename T>
void Put(const T& v, std::string& out) {
  out.append(reinterpret_cast<const char*>(&v), sizeof(T));
}

template <typename T>
T Take(std::string_view& bytes) {
  INVARIANT(bytes.size() >= sizeof(T), "encoded row is cut off");
  T v;
  std::memcpy(&v, bytes.data(), sizeof(T));
  bytes.remove_prefix(sizeof(T));
  return v;
}

template <typename T>
T Canonical(T v) {
  return v != v ? std::numeric_limits<T>::quiet_NaN() : v;
}

uint64_t Mix(uint64_t h) {
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdULL;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53ULL;
  h ^= h >> 33;
  return h;
}

constexpr uint64_t kNullHash = 0x9e3779b97f4a7c15ULL;
constexpr uint64_t kNoColumns = 0x2545f4914f6cdd1dULL;

uint64_t Fold(uint64_t a, uint64_t b) {
  const uint128_t product = static_cast<uint128_t>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

/// Calls f(position, 64-bit hash of the value) for rows that are not NULL, f(position, kNullHash) for the others.
template <typename F>
void HashColumn(const Column& c, const Rows& rows, F&& f) {
  auto values = [&](auto&& hash_at) {
    if (!c.has_nulls()) {
      rows.ForEach([&](size_t i) { f(i, hash_at(c.index(i))); });
    } else {
      rows.ForEach([&](size_t i) { f(i, c.IsNull(i) ? kNullHash : hash_at(c.index(i))); });
    }
  };
  switch (c.physical()) {
    case PhysicalType::kBool: return values([&](size_t i) { return Mix(c.data<uint8_t>()[i]); });
    case PhysicalType::kInt8: return values([&](size_t i) { return Mix(static_cast<uint64_t>(c.data<int8_t>()[i])); });
    case PhysicalType::kInt16: return values([&](size_t i) { return Mix(static_cast<uint64_t>(c.data<int16_t>()[i])); });
    case PhysicalType::kInt32: return values([&](size_t i) { return Mix(static_cast<uint64_t>(c.data<int32_t>()[i])); });
    case PhysicalType::kInt64: return values([&](size_t i) { return Mix(static_cast<uint64_t>(c.data<int64_t>()[i])); });
    case PhysicalType::kString: return values([&](size_t i) { return HashBytes(c.data<StringRef>()[i].view()); });
    case PhysicalType::kInt128:
      return values([&](size_t i) {
        const auto v = static_cast<uint128_t>(c.data<int128_t>()[i]);
        return Mix(static_cast<uint64_t>(v) ^ Mix(static_cast<uint64_t>(v >> 64)));
      });
    case PhysicalType::kTimestamp:
      return values([&](size_t i) {
        const Timestamp& t = c.data<Timestamp>()[i];
        return Mix(static_cast<uint64_t>(t.millis) * 1000003 + static_cast<uint64_t>(t.nanos));
      });
    default: break;
  }
  std::string bytes;
  rows.ForEach([&](size_t i) {
    bytes.clear();
    EncodeField(c, i, bytes);
    f(i, HashBytes(bytes));
  });
}

void EncodeList(const Column& column, size_t row, std::string& out) {
  const ListSlice slice = column.at<ListSlice>(row);
  Put(slice.length, out);
  for (uint32_t k = 0; k < slice.length; ++k) {
    for (size_t c = 0; c < column.child_count(); ++c) EncodeField(*column.child(c), slice.offset + k, out);
  }
}

}  // namespace

uint64_t HashBytes(std::string_view bytes) {
  uint64_t h = 0x8ebc6af09c88c6e3ULL ^ bytes.size();
  const char* p = bytes.data();
  size_t n = bytes.size();
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    h = Fold(h ^ word, 0xe7037ed1a0b428dbULL);
  }
  uint64_t tail = 0;
  if (n > 0) std::memcpy(&tail, p, n);
  return Mix(Fold(h ^ tail, 0x589965cc75374cc3ULL));
}

void HashRows(const std::vector<ColumnPtr>& columns, const Rows& rows, uint64_t* hashes) {
  if (columns.empty()) {
    rows.ForEach([&](size_t i) { hashes[i] = kNoColumns; });
    return;
  }
  HashColumn(*columns[0], rows, [&](size_t i, uint64_t h) { hashes[i] = h; });
  for (size_t c = 1; c < columns.size(); ++c) {
    HashColumn(*columns[c], rows, [&](size_t i, uint64_t h) { hashes[i] = Mix(hashes[i] * 31 + h); });
  }
}

void EncodeField(const Column& column, size_t row, std::string& out) {
  if (column.IsNull(row)) {
    out += '\0';
    return;
  }
  out += '\1';
  switch (column.physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kInt8: return Put(column.at<int8_t>(row), out);
    case PhysicalType::kInt16: return Put(column.at<int16_t>(row), out);
    case PhysicalType::kInt32: return Put(column.at<int32_t>(row), out);
    case PhysicalType::kInt64: return Put(column.at<int64_t>(row), out);
    case PhysicalType::kFloat: return Put(Canonical(column.at<float>(row)), out);
    case PhysicalType::kDouble: return Put(Canonical(column.at<double>(row)), out);
    case PhysicalType::kInt128: return Put(column.at<int128_t>(row), out);
    case PhysicalType::kTimestamp:
      Put(column.at<Timestamp>(row).millis, out);
      return Put(column.at<Timestamp>(row).nanos, out);
    case PhysicalType::kString: {
      const std::string_view s = column.string_at(row);
      Put(static_cast<uint32_t>(s.size()), out);
      out += s;
      return;
    }
    case PhysicalType::kArray:
    case PhysicalType::kMap: return EncodeList(column, row, out);
    case PhysicalType::kRow:
      for (size_t c = 0; c < column.child_count(); ++c) EncodeField(*column.child(c), column.index(row), out);
      return;
  }
}

void EncodeRow(const std::vector<ColumnPtr>& columns, size_t row, std::string& out) {
  for (const ColumnPtr& c : columns) EncodeField(*c, row, out);
}

void DecodeField(std::string_view& bytes, Column& out, size_t row) {
  if (Take<char>(bytes) == '\0') {
    out.SetNull(row);
    return;
  }
  out.SetValid(row);
  switch (out.physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kInt8: out.data<int8_t>()[row] = Take<int8_t>(bytes); return;
    case PhysicalType::kInt16: out.data<int16_t>()[row] = Take<int16_t>(bytes); return;
    case PhysicalType::kInt32: out.data<int32_t>()[row] = Take<int32_t>(bytes); return;
    case PhysicalType::kInt64: out.data<int64_t>()[row] = Take<int64_t>(bytes); return;
    case PhysicalType::kFloat: out.data<float>()[row] = Take<float>(bytes); return;
    case PhysicalType::kDouble: out.data<double>()[row] = Take<double>(bytes); return;
    case PhysicalType::kInt128: out.data<int128_t>()[row] = Take<int128_t>(bytes); return;
    case PhysicalType::kTimestamp: {
      Timestamp t;
      t.millis = Take<int64_t>(bytes);
      t.nanos = Take<int32_t>(bytes);
      out.data<Timestamp>()[row] = t;
      return;
    }
    case PhysicalType::kString: {
      const auto size = Take<uint32_t>(bytes);
      INVARIANT(bytes.size() >= size, "encoded row is cut off");
      out.SetString(row, bytes.substr(0, size));
      bytes.remove_prefix(size);
      return;
    }
    case PhysicalType::kArray:
    case PhysicalType::kMap: {
      const auto length = Take<uint32_t>(bytes);
      const auto offset = static_cast<uint32_t>(out.child(0)->size());
      for (size_t c = 0; c < out.child_count(); ++c) out.child(c)->Resize(offset + length);
      for (uint32_t k = 0; k < length; ++k) {
        for (size_t c = 0; c < out.child_count(); ++c) DecodeField(bytes, *out.child(c), offset + k);
      }
      out.data<ListSlice>()[row] = {offset, length};
      return;
    }
    case PhysicalType::kRow:
      for (size_t c = 0; c < out.child_count(); ++c) DecodeField(bytes, *out.child(c), row);
      return;
  }
}

void DecodeRow(std::string_view bytes, const std::vector<ColumnPtr>& out, size_t row) {
  for (const ColumnPtr& c : out) DecodeField(bytes, *c, row);
}

std::vector<ColumnPtr> SelectColumns(const Batch& batch, const std::vector<int>& indices) {
  std::vector<ColumnPtr> out;
  out.reserve(indices.size());
  for (int i : indices) out.push_back(batch.columns[static_cast<size_t>(i)]);
  return out;
}

}  // namespace sluice::engine
