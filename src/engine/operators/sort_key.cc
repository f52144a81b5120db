#include "engine/operators/sort_key.h"

#include <cstring>
#include <type_traits>

namespace sluice::engine {

namespace {

template <typename U>
void PutBigEndian(U v, std::string& out) {
  for (int shift = static_cast<int>(sizeof(U)) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<uint8_t>(v >> shift));
  }
}

template <typename T, typename U>
void PutSigned(T v, std::string& out) {
  PutBigEndian<U>(static_cast<U>(v) ^ (U{1} << (sizeof(U) * 8 - 1)), out);
}

/// Negative numbers: all bits turned; others: the sign bit. NaN (made positive) is above infinity.
template <typename T, typename U>
void PutFloating(T v, std::string& out) {
  U bits;
  std::memcpy(&bits, &v, sizeof(v));
  constexpr U kSign = U{1} << (sizeof(U) * 8 - 1);
  if (v != v) bits &= ~kSign;
  PutBigEndian<U>(bits & kSign ? ~bits : bits ^ kSign, out);
}

/// 0 bytes are doubled up so that the end (0, 0) is below any continuation.
void PutText(std::string_view s, std::string& out) {
  for (const char c : s) {
    out += c;
    if (c == '\0') out += '\xff';
  }
  out += '\0';
  out += '\0';
}

void PutValue(const Column& c, size_t i, std::string& out) {
  switch (c.physical()) {
    case PhysicalType::kBool: out += static_cast<char>(c.at<uint8_t>(i)); return;
    case PhysicalType::kInt8: return PutSigned<int8_t, uint8_t>(c.at<int8_t>(i), out);
    case PhysicalType::kInt16: return PutSigned<int16_t, uint16_t>(c.at<int16_t>(i), out);
    case PhysicalType::kInt32: return PutSigned<int32_t, uint32_t>(c.at<int32_t>(i), out);
    case PhysicalType::kInt64: return PutSigned<int64_t, uint64_t>(c.at<int64_t>(i), out);
    case PhysicalType::kFloat: return PutFloating<float, uint32_t>(c.at<float>(i), out);
    case PhysicalType::kDouble: return PutFloating<double, uint64_t>(c.at<double>(i), out);
    case PhysicalType::kInt128: return PutSigned<int128_t, uint128_t>(c.at<int128_t>(i), out);
    case PhysicalType::kTimestamp:
      PutSigned<int64_t, uint64_t>(c.at<Timestamp>(i).millis, out);
      return PutSigned<int32_t, uint32_t>(c.at<Timestamp>(i).nanos, out);
    case PhysicalType::kString: return PutText(c.string_at(i), out);
    default: return;
  }
}

}  // namespace

void EncodeSortKey(const std::vector<SortKey>& keys, const std::vector<ColumnPtr>& columns, size_t row,
                   std::string& out) {
  for (const SortKey& key : keys) {
    const Column& c = *columns[static_cast<size_t>(key.column)];
    if (c.IsNull(row)) {
      out += key.nulls_last ? '\2' : '\0';
      continue;
    }
    out += '\1';
    const size_t start = out.size();
    PutValue(c, row, out);
    if (key.ascending) continue;
    for (size_t k = start; k < out.size(); ++k) out[k] = static_cast<char>(~out[k]);
  }
}

bool SortableTypes(const std::vector<SortKey>& keys, const Schema& schema) {
  for (const SortKey& key : keys) {
    if (schema[static_cast<size_t>(key.column)].type.is_nested()) return false;
  }
  return true;
}

}  // namespace sluice::engine
