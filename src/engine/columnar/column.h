// A column: the values of one type for the rows of a batch, contiguous, with a validity bitmap.
//
// Layout (Arrow's, except that BOOLEAN takes a byte a value and lists are (offset, length) pairs so that rows can be
// gathered without copying elements):
//   validity   bit i set = row i is not null; no words at all = no nulls
//   data       one element of PhysicalType a row; for kRow there is none
//   children   kArray: elements; kMap: keys, values (MULTISET: elements, INT counts); kRow: one a field, same length
//   buffers    the bytes that StringRefs longer than 12 point into; kept alive by the column
//
// A column under construction belongs to one thread. Once it is in a Batch that left its builder it is immutable
// and shared (ColumnPtr), on any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/types/data_type.h"
#include "engine/types/value.h"

namespace sluice::engine {

/// 16 bytes: up to 12 bytes in place, else a 4-byte prefix and a pointer into a buffer of the column.
/// view() of a short string points into the StringRef itself: keep the StringRef where it is while using the view.
class StringRef {
 public:
  static constexpr uint32_t kInline = 12;

  StringRef() : size_(0) { std::memset(bytes_, 0, sizeof(bytes_)); }
  /// The bytes must outlive the ref unless they are at most kInline.
  explicit StringRef(std::string_view s) : size_(static_cast<uint32_t>(s.size())) {
    if (size_ <= kInline) {
      std::memset(bytes_, 0, sizeof(bytes_));
      if (size_ > 0) std::memcpy(bytes_, s.data(), size_);
    } else {
      std::memcpy(bytes_, s.data(), 4);
      const char* p = s.data();
      std::memcpy(bytes_ + 4, &p, sizeof(p));
    }
  }

  uint32_t size() const { return size_; }
  bool is_inline() const { return size_ <= kInline; }
  const char* data() const {
    if (is_inline()) return bytes_;
    const char* p;
    std::memcpy(&p, bytes_ + 4, sizeof(p));
    return p;
  }
  std::string_view view() const { return {data(), size_}; }

  friend bool operator==(const StringRef& a, const StringRef& b) {
    if (a.size_ != b.size_ || std::memcmp(a.bytes_, b.bytes_, 4) != 0) return false;
    return std::memcmp(a.data(), b.data(), a.size_) == 0;
  }

 private:
  uint32_t size_;
  char bytes_[12];
};
static_assert(sizeof(StringRef) == 16);

/// Elements [offset, offset + length) of the child column(s).
struct ListSlice {
  uint32_t offset = 0;
  uint32_t length = 0;
};

/// Bytes that string columns point into: an input chunk, or an arena block. Immutable once shared.
class Buffer {
 public:
  explicit Buffer(size_t size) : bytes_(new char[size]), size_(size) {}
  char* data() { return bytes_.get(); }
  const char* data() const { return bytes_.get(); }
  size_t size() const { return size_; }

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_;
};
using BufferPtr = std::shared_ptr<Buffer>;

class Column;
using ColumnPtr = std::shared_ptr<Column>;

class Column {
 public:
  /// `size` rows, all valid, values zeroed (strings empty, lists empty, children sized for kRow).
  static ColumnPtr Make(const DataType& type, size_t size);
  /// `size` rows that all have `value`; keeps one element only (see constant()).
  static ColumnPtr MakeConstant(const DataType& type, const Value& value, size_t size);

  const DataType& type() const { return type_; }
  PhysicalType physical() const { return physical_; }
  size_t size() const { return size_; }

  /// A constant column keeps element 0 only: read element i at index(i). Kernels that take the raw data() pointer must
  /// use index(i), or call Flatten first.
  bool constant() const { return constant_; }
  size_t index(size_t i) const { return i & index_mask_; }

  /// Raw elements; T must be the C++ type of physical(). Not for kRow.
  template <typename T>
  T* data() {
    return reinterpret_cast<T*>(data_.data());
  }
  template <typename T>
  const T* data() const {
    return reinterpret_cast<const T*>(data_.data());
  }
  template <typename T>
  const T& at(size_t i) const {
    return data<T>()[i & index_mask_];
  }
  std::string_view string_at(size_t i) const { return at<StringRef>(i).view(); }

  // --- nulls
  bool has_nulls() const { return !validity_.empty(); }  // "may have": the bitmap exists
  bool IsNull(size_t i) const {
    if (validity_.empty()) return false;
    i &= index_mask_;
    return (validity_[i >> 6] >> (i & 63) & 1) == 0;
  }
  void SetNull(size_t i) {
    if (validity_.empty()) MakeValidity();
    validity_[i >> 6] &= ~(uint64_t{1} << (i & 63));
  }
  void SetValid(size_t i) {
    if (!validity_.empty()) validity_[i >> 6] |= uint64_t{1} << (i & 63);
  }
  void SetAllNull();
  /// Makes every row NULL that is NULL in `other`, which has the same size (or is constant).
  void AddNullsOf(const Column& other);
  /// Words of the bitmap, null if there is none. Bits past size() are unspecified.
  const uint64_t* validity() const { return validity_.empty() ? nullptr : validity_.data(); }

  // --- strings
  /// Copies the bytes into the column's arena and sets element i.
  void SetString(size_t i, std::string_view s) { data<StringRef>()[i] = Intern(s); }
  /// A ref whose bytes the column keeps alive (copied unless short).
  StringRef Intern(std::string_view s);
  /// Room for `size` bytes that live as long as the column; the caller fills it and makes a StringRef of it.
  char* AllocateBytes(size_t size);
  /// Keeps a foreign buffer alive, so that refs into it may be stored without a copy.
  void Retain(std::shared_ptr<const Buffer> buffer);
  /// Keeps everything alive that `other`'s refs point to.
  void RetainBuffersOf(const Column& other);

  // --- nested
  size_t child_count() const { return children_.size(); }
  const ColumnPtr& child(size_t i) const { return children_[i]; }
  ColumnPtr& child(size_t i) { return children_[i]; }

  // --- growing (builders; not for constant columns)
  void Reserve(size_t rows);
  /// New rows are valid and zeroed.
  void Resize(size_t rows);
  template <typename T>
  void Append(const T& v) {
    Resize(size_ + 1);
    data<T>()[size_ - 1] = v;
  }
  void AppendString(std::string_view s) { Append(Intern(s)); }
  void AppendNull();
  void AppendValue(const Value& v);
  /// Appends row i of `source` (same physical type; nested deep copy; string bytes shared by RetainBuffersOf).
  void AppendFrom(const Column& source, size_t i);
  /// Sets row `i`, which exists, to row `j` of `source`. Lists append their elements to the child.
  void CopyRow(size_t i, const Column& source, size_t j);

  /// Row i as a boxed value (literals, display of nested values, tests).
  Value GetValue(size_t i) const;
  void SetValue(size_t i, const Value& v);

  /// A column with element i at position i; itself unless constant.
  static ColumnPtr Flatten(const ColumnPtr& column);
  /// The same constant with another size.
  static ColumnPtr ResizeConstant(const ColumnPtr& constant, size_t size);
  /// The rows `indices[0..count)` of `source`, dense. String bytes are shared, list elements too.
  static ColumnPtr Gather(const Column& source, const uint32_t* indices, size_t count);
  /// The same values under another DataType of the same physical type (nullability, names, time attribute, precision).
  static ColumnPtr Relabel(const ColumnPtr& column, const DataType& type);

  /// Bytes held by this column, children and own arena; shared buffers counted in full.
  size_t memory_bytes() const;

 private:
  Column(const DataType& type, size_t size);
  void MakeValidity();

  DataType type_;
  PhysicalType physical_;
  bool constant_ = false;
  size_t size_ = 0;
  size_t index_mask_ = ~size_t{0};
  std::vector<uint64_t> validity_;
  std::vector<std::byte> data_;
  std::vector<ColumnPtr> children_;
  std::vector<std::shared_ptr<const Buffer>> buffers_;
  BufferPtr arena_;  // the last block; also in buffers_
  size_t arena_used_ = 0;
};

/// Bytes of one element in Column::data(); 0 for kRow.
size_t PhysicalWidth(PhysicalType type);

}  // namespace sluice::engine
