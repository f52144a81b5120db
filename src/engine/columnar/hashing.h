// Hashes of a batch's key columns, column by column: computed once a batch and carried along (exchange, state).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/columnar/batch.h"
#include "engine/columnar/column.h"

namespace sluice::engine {

/// What a key without columns (a global aggregate) hashes to.
inline constexpr uint64_t kHashSeed = 0x9E3779B97F4A7C15ull;

/// out[k] = hash of row rows[k] over all columns; `out` gets rows.count elements. The same row has the same hash in any
/// batch: HashRow below, one row at a time, agrees.
void HashRows(std::span<const ColumnPtr> columns, const Rows& rows, std::vector<uint64_t>& out);
uint64_t HashRow(std::span<const ColumnPtr> columns, size_t row);

/// Key group 0..max_parallelism-1 of a hash: murmur's finish over the folded hash, as Flink's KeyGroupRangeAssignment
/// does over hashCode(). (The groups themselves are not Flink's: its hash codes come from Java.)
uint32_t KeyGroupOf(uint64_t hash, uint32_t max_parallelism);
/// The subtask that owns a key group, and the groups [first, last] of a subtask, as Flink computes them.
uint32_t SubtaskOfKeyGroup(uint32_t key_group, uint32_t max_parallelism, uint32_t parallelism);
struct KeyGroupRange {
  uint32_t first = 0, last = 0;
};
KeyGroupRange KeyGroupsOfSubtask(uint32_t subtask, uint32_t max_parallelism, uint32_t parallelism);

/// Mixes `value` into `hash`; what HashRows uses between columns.
inline uint64_t MixHash(uint64_t hash, uint64_t value) {
  const auto product = static_cast<uint128_t>(hash ^ value) * 0xD6E8FEB86659FD93ull;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64) ^ value;
}

}  // namespace sluice::engine
