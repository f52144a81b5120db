// The order in which a java.util.HashMap iterates: Flink's formats collect maps in one, and COLLECT its elements.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/columnar/column.h"

namespace sluice::engine {

/// BinaryStringData.hashCode (MurmurHash3 over the UTF-8 bytes, seed 42).
int32_t BinaryStringHash(std::string_view s);

/// Indices of `keys` in iteration order after they were put one by one. Of equal keys the place of the first and the
/// index of the last counts.
std::vector<size_t> HashMapOrder(const std::vector<std::string>& keys);
/// The same for different keys with these hash codes.
std::vector<size_t> HashMapOrder(std::span<const int32_t> hash_codes);
/// The same in a map that has `buckets` already (a power of two, 16 at first) and keeps them when it is cleared: they
/// grow with the keys.
std::vector<uint32_t> HashMapOrder(std::span<const int32_t> hash_codes, size_t& buckets);

/// The hash code of a row's value in Flink's internal form; nothing for types whose code is not known here.
std::optional<int32_t> JavaHashCode(const Column& column, size_t i);

/// Rows as Flink's BinaryRowData lays them out, for its hashCode, by which Flink's maps of keys are ordered.
class BinaryRowHash {
 public:
  /// Whether rows of these columns can be laid out here.
  static bool Knows(std::span<const ColumnPtr> columns);
  int32_t operator()(std::span<const ColumnPtr> columns, size_t row);

 private:
  void Put(const Column& column, size_t row, size_t slot);
  void PutLong(std::string_view bytes, size_t slot, uint64_t low);

  std::string bytes_;
};

}  // namespace sluice::engine
