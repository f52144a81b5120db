#include "engine/formats/avro/avro_value.h"

#include <cstring>

#include "engine/columnar/java_hash_order.h"
#include "engine/formats/avro/avro_schema.h"
#include "engine/formats/text/scalar_text.h"
#include "engine/types/decimal.h"

namespace sluice::engine::avro {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 28;  // a block that claims more is broken

template <typename T>
bool ReadFixed(const char*& at, const char* limit, T* out) {
  if (static_cast<size_t>(limit - at) < sizeof(T)) return false;
  std::memcpy(out, at, sizeof(T));
  at += sizeof(T);
  return true;
}

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

bool ValueReader::ReadLong(int64_t* out) {
  uint64_t v = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (at_ >= limit_) return false;
    const auto byte = static_cast<unsigned char>(*at_++);
    v |= static_cast<uint64_t>(byte & 0x7f) << (shift < 64 ? shift : 63);
    if (byte < 0x80) {
      *out = static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
      return true;
    }
  }
  return false;
}

bool ValueReader::ReadBytes(std::string_view* out) {
  int64_t size = 0;
  if (!ReadLong(&size) || size < 0 || size > limit_ - at_) return false;
  *out = {at_, static_cast<size_t>(size)};
  at_ += size;
  return true;
}

bool ValueReader::ReadUnion(bool nullable, bool* present) {
  *present = true;
  if (!nullable) return true;
  int64_t branch = 0;
  if (!ReadLong(&branch) || (branch != 0 && branch != 1)) return false;
  *present = branch == 1;
  return true;
}

/// Arrays and maps come in blocks of items; a negative count is followed by the block's size in bytes.
template <typename F>
bool ValueReader::ReadBlocks(F&& item) {
  while (true) {
    int64_t count = 0, bytes = 0;
    if (!ReadLong(&count)) return false;
    if (count == 0) return true;
    if (count < 0 && (count == INT64_MIN || !ReadLong(&bytes))) return false;
    if (count < 0) count = -count;
    if (count > kMostElements) return false;
    for (int64_t k = 0; k < count; ++k) {
      if (!item()) return false;
    }
  }
}

bool ValueReader::Read(Column& column, size_t i) {
  bool present = false;
  if (!ReadUnion(column.type().nullable(), &present)) return false;
  if (!present || column.type().kind() == TypeKind::kNull) {
    column.SetNull(i);
    if (column.physical() == PhysicalType::kRow) {
      for (size_t k = 0; k < column.child_count(); ++k) column.child(k)->SetNull(i);
    }
    return true;
  }
  column.SetValid(i);
  return ReadPresent(column, i);
}

bool ValueReader::ReadPresent(Column& column, size_t i) {
  switch (column.type().kind()) {
    case TypeKind::kBoolean:
      if (at_ >= limit_) return false;
      column.data<uint8_t>()[i] = *at_++ == 1;
      return true;
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
    case TypeKind::kDate:
    case TypeKind::kTime: {
      int64_t v = 0;
      if (!ReadLong(&v)) return false;
      text::StoreInt(column, i, v);
      return true;
    }
    case TypeKind::kFloat: return ReadFixed(at_, limit_, &column.data<float>()[i]);
    case TypeKind::kDouble: return ReadFixed(at_, limit_, &column.data<double>()[i]);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: return ReadTimestamp(column, i);
    case TypeKind::kDecimal: return ReadDecimal(column, i);
    case TypeKind::kArray: return ReadArray(column, i);
    case TypeKind::kMap:
    case TypeKind::kMultiset: return ReadMap(column, i);
    case TypeKind::kRow: return ReadRow(column, i);
    default: break;
  }
  std::string_view text;
  if (!ReadBytes(&text)) return false;
  if (text.size() > StringRef::kInline && chunk_) {
    column.Retain(chunk_);
    column.data<StringRef>()[i] = StringRef(text);
  } else {
    column.SetString(i, text);
  }
  return true;
}

bool ValueReader::ReadTimestamp(Column& column, size_t i) {
  int64_t v = 0;
  if (!ReadLong(&v)) return false;
  const int64_t per_milli = TimestampUnits(column.type()) / 1000;
  Timestamp t;
  t.millis = FloorDiv(v, per_milli);
  t.nanos = static_cast<int32_t>((v - t.millis * per_milli) * (1'000'000 / per_milli));
  text::StoreTimestamp(column, i, t);
  return true;
}

/// The unscaled value, big end first, in two's complement.
bool ValueReader::ReadDecimal(Column& column, size_t i) {
  std::string_view bytes;
  if (!ReadBytes(&bytes) || bytes.empty() || bytes.size() > 16) return false;
  int128_t value = static_cast<signed char>(bytes[0]) < 0 ? -1 : 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  if (FitsPrecision(value, column.type().precision())) {
    column.data<int128_t>()[i] = value;
  } else {
    column.SetNull(i);
  }
  return true;
}

bool ValueReader::ReadArray(Column& column, size_t i) {
  Column& elements = *column.child(0);
  const size_t offset = elements.size();
  const bool ok = ReadBlocks([&] {
    elements.Resize(elements.size() + 1);
    return Read(elements, elements.size() - 1);
  });
  column.data<ListSlice>()[i] = {static_cast<uint32_t>(offset), static_cast<uint32_t>(elements.size() - offset)};
  return ok;
}

bool ValueReader::ReadMap(Column& column, size_t i) {
  const DataType value_type =
      column.type().kind() == TypeKind::kMultiset ? DataType::Integer().NotNull() : column.child(1)->type();
  std::vector<std::string> names;
  const ColumnPtr read = Column::Make(value_type, 0);
  const bool ok = ReadBlocks([&] {
    std::string_view name;
    if (!ReadBytes(&name)) return false;
    names.emplace_back(name);
    read->Resize(read->size() + 1);
    return Read(*read, read->size() - 1);
  });
  if (!ok) return false;
  Column& keys = *column.child(0);
  const size_t offset = keys.size();
  for (const size_t k : HashMapOrder(names)) {
    keys.AppendString(names[k]);
    column.child(1)->AppendFrom(*read, k);
  }
  column.data<ListSlice>()[i] = {static_cast<uint32_t>(offset), static_cast<uint32_t>(keys.size() - offset)};
  return true;
}

bool ValueReader::ReadRow(Column& column, size_t i) {
  for (size_t k = 0; k < column.child_count(); ++k) {
    if (!Read(*column.child(k), i)) return false;
  }
  return true;
}

bool ValueReader::Skip(const DataType& type) {
  bool present = false;
  if (!ReadUnion(type.nullable(), &present)) return false;
  if (!present) return true;
  int64_t number = 0;
  std::string_view text;
  switch (type.kind()) {
    case TypeKind::kNull: return true;
    case TypeKind::kBoolean: return at_++ < limit_;
    case TypeKind::kFloat: at_ += 4; return at_ <= limit_;
    case TypeKind::kDouble: at_ += 8; return at_ <= limit_;
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: return ReadLong(&number);
    case TypeKind::kArray: return ReadBlocks([&] { return Skip(type.child(0)); });
    case TypeKind::kMap: return ReadBlocks([&] { return ReadBytes(&text) && Skip(type.child(1)); });
    case TypeKind::kMultiset: return ReadBlocks([&] { return ReadBytes(&text) && ReadLong(&number); });
    case TypeKind::kRow:
      for (size_t k = 0; k < type.child_count(); ++k) {
        if (!Skip(type.child(k))) return false;
      }
      return true;
    default: return ReadBytes(&text);
  }
}

// --- writing

namespace {

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
  const bool nullable_values = !multiset && column.type().child(1).nullable();
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
