// The order in which a java.util.HashMap of StringData iterates; Flink's formats collect maps in one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::engine::text {

/// BinaryStringData.hashCode (MurmurHash3 over the UTF-8 bytes, seed 42).
int32_t BinaryStringHash(std::string_view s);

/// Indices of `keys` in iteration order after they were put one by one. Of equal keys the place of the first and the
/// index of the last counts.
std::vector<size_t> HashMapOrder(const std::vector<std::string>& keys);

}  // namespace sluice::engine::text
