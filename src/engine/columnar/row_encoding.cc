#include "engine/columnar/row_encoding.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace sluice::engine {

namespace {

void AppendVarint(std::string& out, uint32_t v) {
  while (v >= 0x80) {
    out += static_cast<char>(v | 0x80);
    v >>= 7;
  }
  out += static_cast<char>(v);
}

bool ReadVarint(std::string_view& bytes, uint32_t* v) {
  *v = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    if (bytes.empty()) return false;
    const auto b = static_cast<unsigned char>(bytes[0]);
    bytes.remove_prefix(1);
    *v |= static_cast<uint32_t>(b & 0x7F) << shift;
    if (b < 0x80) return true;
  }
  return false;
}

template <typename T>
void AppendFixed(std::string& out, T v) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(v)) v = std::numeric_limits<T>::quiet_NaN();  // one NaN, so that equal keys have equal bytes
  }
  const size_t at = out.size();
  out.resize(at + sizeof(T));
  std::memcpy(out.data() + at, &v, sizeof(T));
}

void EncodeTimestamp(std::string& out, const Timestamp& t) {
  AppendFixed(out, t.millis);
  AppendFixed(out, t.nanos);
}

}  // namespace

void EncodeField(const Column& c, size_t row, std::string& out) {
  if (c.IsNull(row)) {
    out += '\0';
    return;
  }
  out += '\1';
  switch (c.physical()) {
    case PhysicalType::kBool: AppendFixed(out, c.at<uint8_t>(row)); break;
    case PhysicalType::kInt8: AppendFixed(out, c.at<int8_t>(row)); break;
    case PhysicalType::kInt16: AppendFixed(out, c.at<int16_t>(row)); break;
    case PhysicalType::kInt32: AppendFixed(out, c.at<int32_t>(row)); break;
    case PhysicalType::kInt64: AppendFixed(out, c.at<int64_t>(row)); break;
    case PhysicalType::kFloat: AppendFixed(out, c.at<float>(row)); break;
    case PhysicalType::kDouble: AppendFixed(out, c.at<double>(row)); break;
    case PhysicalType::kInt128: AppendFixed(out, c.at<int128_t>(row)); break;
    case PhysicalType::kTimestamp: EncodeTimestamp(out, c.at<Timestamp>(row)); break;
    case PhysicalType::kString: {
      const StringRef& s = c.at<StringRef>(row);
      AppendVarint(out, s.size());
      out.append(s.data(), s.size());
      break;
    }
    case PhysicalType::kArray:
    case PhysicalType::kMap: {
      const ListSlice slice = c.at<ListSlice>(row);
      AppendVarint(out, slice.length);
      for (uint32_t k = 0; k < slice.length; ++k) {
        for (size_t n = 0; n < c.child_count(); ++n) EncodeField(*c.child(n), slice.offset + k, out);
      }
      break;
    }
    case PhysicalType::kRow:
      for (size_t n = 0; n < c.child_count(); ++n) EncodeField(*c.child(n), c.index(row), out);
      break;
  }
}

void EncodeRow(std::span<const ColumnPtr> columns, size_t row, std::string& out) {
  for (const ColumnPtr& c : columns) EncodeField(*c, row, out);
}

void EncodeRows(std::span<const ColumnPtr> columns, const Rows& rows, EncodedRows& out) {
  out.bytes.clear();
  out.ends.resize(rows.count);
  for (size_t k = 0; k < rows.count; ++k) {
    EncodeRow(columns, rows[k], out.bytes);
    out.ends[k] = out.bytes.size();
  }
}

namespace {

template <typename T>
bool ReadFixed(std::string_view& bytes, T* v) {
  if (bytes.size() < sizeof(T)) return false;
  std::memcpy(v, bytes.data(), sizeof(T));
  bytes.remove_prefix(sizeof(T));
  return true;
}

/// Fills element `row`, which exists and is valid and zero.
bool DecodeInto(std::string_view& bytes, Column& c, size_t row) {
  uint8_t present = 0;
  if (!ReadFixed(bytes, &present) || present > 1) return false;
  if (present == 0) {
    c.SetNull(row);
    return true;
  }
  switch (c.physical()) {
    case PhysicalType::kTimestamp: {
      Timestamp& t = c.data<Timestamp>()[row];
      return ReadFixed(bytes, &t.millis) && ReadFixed(bytes, &t.nanos);
    }
    case PhysicalType::kString: {
      uint32_t size = 0;
      if (!ReadVarint(bytes, &size) || bytes.size() < size) return false;
      c.SetString(row, bytes.substr(0, size));
      bytes.remove_prefix(size);
      return true;
    }
    case PhysicalType::kArray:
    case PhysicalType::kMap: {
      uint32_t length = 0;
      if (!ReadVarint(bytes, &length) || length > bytes.size()) return false;
      c.data<ListSlice>()[row] = {static_cast<uint32_t>(c.child(0)->size()), length};
      for (uint32_t k = 0; k < length; ++k) {
        for (size_t n = 0; n < c.child_count(); ++n) {
          if (!DecodeField(bytes, *c.child(n))) return false;
        }
      }
      return true;
    }
    case PhysicalType::kRow:
      for (size_t n = 0; n < c.child_count(); ++n) {
        if (!DecodeInto(bytes, *c.child(n), row)) return false;
      }
      return true;
    default: {
      const size_t width = PhysicalWidth(c.physical());
      if (bytes.size() < width) return false;
      std::memcpy(c.data<char>() + row * width, bytes.data(), width);
      bytes.remove_prefix(width);
      return true;
    }
  }
}

bool SkipBytes(std::string_view& bytes, size_t count) {
  if (bytes.size() < count) return false;
  bytes.remove_prefix(count);
  return true;
}

/// Moves behind a field of `c`'s type.
bool SkipField(std::string_view& bytes, const Column& c) {
  uint8_t present = 0;
  if (!ReadFixed(bytes, &present) || present > 1) return false;
  if (present == 0) return true;
  uint32_t length = 0;
  switch (c.physical()) {
    case PhysicalType::kTimestamp: return SkipBytes(bytes, sizeof(Timestamp::millis) + sizeof(Timestamp::nanos));
    case PhysicalType::kString: return ReadVarint(bytes, &length) && SkipBytes(bytes, length);
    case PhysicalType::kArray:
    case PhysicalType::kMap:
      if (!ReadVarint(bytes, &length) || length > bytes.size()) return false;
      break;
    case PhysicalType::kRow: length = 1; break;
    default: return SkipBytes(bytes, PhysicalWidth(c.physical()));
  }
  for (uint32_t k = 0; k < length; ++k) {
    for (size_t n = 0; n < c.child_count(); ++n) {
      if (!SkipField(bytes, *c.child(n))) return false;
    }
  }
  return true;
}

}  // namespace

bool DecodeField(std::string_view& bytes, Column& column) {
  column.Resize(column.size() + 1);
  return DecodeInto(bytes, column, column.size() - 1);
}

bool DecodeRow(std::string_view bytes, std::span<const ColumnPtr> columns) {
  for (const ColumnPtr& c : columns) {
    if (!DecodeField(bytes, *c)) return false;
  }
  return bytes.empty();
}

bool DecodeColumns(std::span<std::string_view> rows, std::span<const ColumnPtr> columns,
                   std::span<const uint8_t> needed) {
  size_t end = columns.size();
  while (end > 0 && needed[end - 1] == 0) --end;
  for (size_t c = 0; c < end; ++c) {
    Column& column = *columns[c];
    if (needed[c] == 0) {
      for (std::string_view& row : rows) {
        if (!SkipField(row, column)) return false;
      }
      continue;
    }
    size_t at = column.size();
    column.Resize(at + rows.size());
    for (std::string_view& row : rows) {
      if (!DecodeInto(row, column, at++)) return false;
    }
  }
  return true;
}

}  // namespace sluice::engine
