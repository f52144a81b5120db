#include "engine/formats/avro/avro_writer.h"

#include "engine/formats/avro/avro_schema.h"
#include "engine/formats/text/scalar_text.h"

namespace sluice::engine::avro {

void WriteLong(int64_t v, std::string& out) {
  auto bits = (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
  while (bits >= 0x80) {
    out.push_back(static_cast<char>(bits | 0x80));
    bits >>= 7;
  }
  out.push_back(static_cast<char>(bits));
}

void WriteBytes(std::string_view bytes, std::string& out) {
  WriteLong(static_cast<int64_t>(bytes.size()), out);
  out += bytes;
}

namespace {

template <typename T>
void WriteFixed(const T& v, std::string& out) {
  out.append(reinterpret_cast<const char*>(&v), sizeof(T));
}

/// As BigInteger.toByteArray: the fewest bytes that keep the sign.
void WriteDecimal(int128_t v, std::string& out) {
  char bytes[16];
  for (int k = 15; k >= 0; --k, v >>= 8) bytes[k] = static_cast<char>(v);
  int from = 0;
  while (from < 15 && (bytes[from] == 0 || bytes[from] == -1) && (bytes[from] < 0) == (bytes[from + 1] < 0)) ++from;
  WriteBytes({bytes + from, static_cast<size_t>(16 - from)}, out);
}

Status WriteMap(const Column& column, size_t i, std::string& out) {
  const ListSlice slice = column.at<ListSlice>(i);
  const Column& keys = *column.child(0);
  const bool multiset = column.type().kind() == TypeKind::kMultiset;
  const bool nullable_values = multiset || column.type().child(1).nullable();
  if (slice.length > 0) WriteLong(slice.length, out);
  for (uint32_t k = slice.offset; k < slice.offset + slice.length; ++k) {
    if (keys.IsNull(k)) return Error(ErrorCode::kData, "Avro cannot write a map with a NULL key.");
    WriteBytes(keys.string_at(k), out);
    SLUICE_RETURN_IF_ERROR(WriteValue(*column.child(1), nullable_values, k, out));
  }
  out.push_back(0);
  return {};
}

Status WriteArray(const Column& column, size_t i, std::string& out) {
  const ListSlice slice = column.at<ListSlice>(i);
  const bool nullable = column.type().child(0).nullable();
  if (slice.length > 0) WriteLong(slice.length, out);
  for (uint32_t k = slice.offset; k < slice.offset + slice.length; ++k) {
    SLUICE_RETURN_IF_ERROR(WriteValue(*column.child(0), nullable, k, out));
  }
  out.push_back(0);
  return {};
}

}  // namespace

Status WriteValue(const Column& column, bool nullable, size_t i, std::string& out) {
  const DataType& type = column.type();
  if (column.IsNull(i)) {
    if (!nullable && type.kind() != TypeKind::kNull) {
      return Error(ErrorCode::kData, "null value for (non-nullable) field of type " + type.ToString());
    }
    if (nullable && type.kind() != TypeKind::kNull) out.push_back(0);
    return {};
  }
  if (nullable) WriteLong(1, out);
  switch (type.kind()) {
    case TypeKind::kBoolean: out.push_back(static_cast<char>(column.at<uint8_t>(i))); return {};
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
    case TypeKind::kDate:
    case TypeKind::kTime: WriteLong(text::LoadInt(column, i), out); return {};
    case TypeKind::kFloat: WriteFixed(column.at<float>(i), out); return {};
    case TypeKind::kDouble: WriteFixed(column.at<double>(i), out); return {};
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: {
      const Timestamp t = text::LoadTimestamp(column, i);
      const int64_t per_milli = TimestampUnits(type) / 1000;
      WriteLong(t.millis * per_milli + t.nanos / (1'000'000 / per_milli), out);
      return {};
    }
    case TypeKind::kDecimal: WriteDecimal(column.at<int128_t>(i), out); return {};
    case TypeKind::kArray: return WriteArray(column, i, out);
    case TypeKind::kMap:
    case TypeKind::kMultiset: return WriteMap(column, i, out);
    case TypeKind::kRow:
      for (size_t k = 0; k < column.child_count(); ++k) {
        SLUICE_RETURN_IF_ERROR(WriteValue(*column.child(k), type.child(k).nullable(), i, out));
      }
      return {};
    default: WriteBytes(column.string_at(i), out); return {};
  }
}

}  // namespace sluice::engine::avro
