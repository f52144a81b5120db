// Key groups: the unit in which keyed state and keyed exchange are divided among subtasks, as in Flink's
// KeyGroupRangeAssignment.
#pragma once

#include <cstdint>

namespace sluice::engine {

/// MathUtils.murmurHash: mixes a 32-bit hash code to a non-negative int.
inline uint32_t MurmurMix(uint32_t code) {
  auto rotate = [](uint32_t v, int by) { return (v << by) | (v >> (32 - by)); };
  code *= 0xcc9e2d51u;
  code = rotate(code, 15);
  code *= 0x1b873593u;
  code = rotate(code, 13);
  code = code * 5 + 0xe6546b64u;
  code ^= 4;
  code ^= code >> 16;
  code *= 0x85ebca6bu;
  code ^= code >> 13;
  code *= 0xc2b2ae35u;
  code ^= code >> 16;
  const auto value = static_cast<int32_t>(code);
  if (value >= 0) return code;
  return value == INT32_MIN ? 0 : static_cast<uint32_t>(-value);
}

inline int KeyGroupOf(uint64_t key_hash, int max_parallelism) {
  const auto code = static_cast<uint32_t>(key_hash ^ (key_hash >> 32));
  return static_cast<int>(MurmurMix(code) % static_cast<uint32_t>(max_parallelism));
}

/// The subtask that owns a key group.
inline int SubtaskOf(int key_group, int max_parallelism, int parallelism) {
  return key_group * parallelism / max_parallelism;
}

/// Key groups [first, last] of a subtask.
struct KeyGroupRange {
  int first = 0;
  int last = 127;
  static KeyGroupRange Of(int subtask, int max_parallelism, int parallelism) {
    return {(subtask * max_parallelism + parallelism - 1) / parallelism,
            ((subtask + 1) * max_parallelism - 1) / parallelism};
  }
  bool Contains(int group) const { return group >= first && group <= last; }
};

}  // namespace sluice::engine
