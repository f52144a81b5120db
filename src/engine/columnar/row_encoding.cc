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

namespace {

size_t VarintBytes(uint32_t v) {
  size_t bytes = 1;
  for (; v >= 0x80; v >>= 7) ++bytes;
  return bytes;
}

char* PutVarint(char* to, uint32_t v) {
  for (; v >= 0x80; v >>= 7) *to++ = static_cast<char>(v | 0x80);
  *to++ = static_cast<char>(v);
  return to;
}

/// Fields of a column of strings: sizes[k] grows by the field's bytes.
void AddStringSizes(const Column& c, const Rows& rows, size_t* sizes) {
  for (size_t k = 0; k < rows.count; ++k) {
    const size_t i = rows[k];
    if (c.IsNull(i)) {
      ++sizes[k];
      continue;
    }
    const uint32_t size = c.at<StringRef>(i).size();
    sizes[k] += 1 + VarintBytes(size) + size;
  }
}

void PutStrings(const Column& c, const Rows& rows, char** at) {
  for (size_t k = 0; k < rows.count; ++k) {
    const size_t i = rows[k];
    char* to = at[k];
    if (c.IsNull(i)) {
      *to++ = 0;
    } else {
      const StringRef& s = c.at<StringRef>(i);
      *to++ = 1;
      to = PutVarint(to, s.size());
      if (s.size() > 0) std::memcpy(to, s.data(), s.size());
      to += s.size();
    }
    at[k] = to;
  }
}

template <typename T>
void AddFixedSizes(const Column& c, const Rows& rows, size_t* sizes) {
  if (!c.has_nulls()) {
    for (size_t k = 0; k < rows.count; ++k) sizes[k] += 1 + sizeof(T);
    return;
  }
  for (size_t k = 0; k < rows.count; ++k) sizes[k] += c.IsNull(rows[k]) ? 1 : 1 + sizeof(T);
}

template <typename T>
void PutFixedFields(const Column& c, const Rows& rows, char** at) {
  for (size_t k = 0; k < rows.count; ++k) {
    const size_t i = rows[k];
    char* to = at[k];
    const bool null = c.IsNull(i);
    *to++ = null ? 0 : 1;
    if (!null) {
      T v = c.at<T>(i);
      if constexpr (std::is_floating_point_v<T>) {
        if (std::isnan(v)) v = std::numeric_limits<T>::quiet_NaN();
      }
      std::memcpy(to, &v, sizeof(T));
      to += sizeof(T);
    }
    at[k] = to;
  }
}

/// Calls f with a value of the C++ type of a column whose fields are that value's bytes; false for other columns.
template <typename F>
bool WithFixedType(PhysicalType physical, F&& f) {
  switch (physical) {
    case PhysicalType::kBool: f(uint8_t{}); return true;
    case PhysicalType::kInt8: f(int8_t{}); return true;
    case PhysicalType::kInt16: f(int16_t{}); return true;
    case PhysicalType::kInt32: f(int32_t{}); return true;
    case PhysicalType::kInt64: f(int64_t{}); return true;
    case PhysicalType::kFloat: f(float{}); return true;
    case PhysicalType::kDouble: f(double{}); return true;
    case PhysicalType::kInt128: f(int128_t{}); return true;
    default: return false;
  }
}

}  // namespace

void EncodeRows(std::span<const ColumnPtr> columns, const Rows& rows, EncodedRows& out) {
  out.ends.assign(rows.count, 0);
  std::vector<EncodedRows> others;  // by column, if there are any: fields of types without a loop of their own
  for (size_t c = 0; c < columns.size(); ++c) {
    const Column& column = *columns[c];
    if (column.physical() == PhysicalType::kString) {
      AddStringSizes(column, rows, out.ends.data());
      continue;
    }
    if (WithFixedType(column.physical(), [&](auto v) { AddFixedSizes<decltype(v)>(column, rows, out.ends.data()); })) {
      continue;
    }
    others.resize(columns.size());
    for (size_t k = 0; k < rows.count; ++k) {
      EncodeField(column, rows[k], others[c].bytes);
      others[c].ends.push_back(others[c].bytes.size());
      out.ends[k] += others[c][k].size();
    }
  }
  size_t total = 0;
  for (size_t& end : out.ends) end = total += end;
  out.bytes.resize(total);
  out.at.resize(rows.count);
  for (size_t k = 0; k < rows.count; ++k) out.at[k] = out.bytes.data() + (k == 0 ? 0 : out.ends[k - 1]);
  for (size_t c = 0; c < columns.size(); ++c) {
    const Column& column = *columns[c];
    if (column.physical() == PhysicalType::kString) {
      PutStrings(column, rows, out.at.data());
    } else if (!WithFixedType(column.physical(),
                              [&](auto v) { PutFixedFields<decltype(v)>(column, rows, out.at.data()); })) {
      for (size_t k = 0; k < rows.count; ++k) {
        const std::string_view field = others[c][k];
        std::memcpy(out.at[k], field.data(), field.size());
        out.at[k] += field.size();
      }
    }
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

/// Fills element `row`, which exists and is valid and zero. Strings are copied, or `in_place`: the caller has the
/// column keep what the bytes lie in.
bool DecodeInto(std::string_view& bytes, Column& c, size_t row, bool in_place) {
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
      if (in_place) {
        c.data<StringRef>()[row] = StringRef(bytes.substr(0, size));
      } else {
        c.SetString(row, bytes.substr(0, size));
      }
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
          Column& child = *c.child(n);
          child.Resize(child.size() + 1);
          if (!DecodeInto(bytes, child, child.size() - 1, in_place)) return false;
        }
      }
      return true;
    }
    case PhysicalType::kRow:
      for (size_t n = 0; n < c.child_count(); ++n) {
        if (!DecodeInto(bytes, *c.child(n), row, in_place)) return false;
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

/// As DecodeInto for all rows, into the elements from `at` on.
template <typename T>
bool DecodeFixed(std::span<std::string_view> rows, Column& c, size_t at) {
  T* to = c.data<T>() + at;
  for (std::string_view& row : rows) {
    if (row.size() > sizeof(T) && row[0] == 1) {
      std::memcpy(to, row.data() + 1, sizeof(T));
      row.remove_prefix(1 + sizeof(T));
    } else if (!row.empty() && row[0] == 0) {
      c.SetNull(at);
      row.remove_prefix(1);
    } else {
      return false;
    }
    ++to;
    ++at;
  }
  return true;
}

void RetainDeep(Column& c, const std::shared_ptr<const Buffer>& owner) {
  if (c.physical() == PhysicalType::kString) c.Retain(owner);
  for (size_t n = 0; n < c.child_count(); ++n) RetainDeep(*c.child(n), owner);
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
  return DecodeInto(bytes, column, column.size() - 1, false);
}

bool DecodeRow(std::string_view bytes, std::span<const ColumnPtr> columns) {
  for (const ColumnPtr& c : columns) {
    if (!DecodeField(bytes, *c)) return false;
  }
  return bytes.empty();
}

bool DecodeColumns(std::span<std::string_view> rows, std::span<const ColumnPtr> columns,
                   std::span<const uint8_t> needed, const std::shared_ptr<const Buffer>& owner) {
  const auto is_needed = [&](size_t c) { return needed.empty() || needed[c] != 0; };
  size_t end = columns.size();
  while (end > 0 && !is_needed(end - 1)) --end;
  for (size_t c = 0; c < end; ++c) {
    Column& column = *columns[c];
    if (!is_needed(c)) {
      for (std::string_view& row : rows) {
        if (!SkipField(row, column)) return false;
      }
      continue;
    }
    if (owner != nullptr) RetainDeep(column, owner);
    size_t at = column.size();
    column.Resize(at + rows.size());
    bool whole = true;
    if (WithFixedType(column.physical(), [&](auto v) { whole = DecodeFixed<decltype(v)>(rows, column, at); })) {
      if (!whole) return false;
      continue;
    }
    for (std::string_view& row : rows) {
      if (!DecodeInto(row, column, at++, owner != nullptr)) return false;
    }
  }
  return true;
}

}  // namespace sluice::engine
