#include "engine/formats/text/java_hash_order.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_map>

namespace sluice::engine::text {
namespace {

uint32_t MixKey(uint32_t k) { return std::rotl(k * 0xcc9e2d51u, 15) * 0x1b873593u; }
uint32_t MixHash(uint32_t h, uint32_t k) { return std::rotl(h ^ MixKey(k), 13) * 5 + 0xe6546b64u; }

}  // namespace

int32_t BinaryStringHash(std::string_view s) {
  uint32_t h = 42;
  size_t i = 0;
  for (; i + 4 <= s.size(); i += 4) {
    uint32_t word;
    std::memcpy(&word, s.data() + i, 4);
    h = MixHash(h, word);
  }
  for (; i < s.size(); ++i) h = MixHash(h, static_cast<uint32_t>(static_cast<int32_t>(static_cast<signed char>(s[i]))));
  h ^= static_cast<uint32_t>(s.size());
  h ^= h >> 16;
  h *= 0x85ebca6bu;
  h ^= h >> 13;
  h *= 0xc2b2ae35u;
  h ^= h >> 16;
  return static_cast<int32_t>(h);
}

std::vector<size_t> HashMapOrder(const std::vector<std::string>& keys) {
  struct Entry {
    size_t index;
    uint32_t spread;
  };
  std::vector<Entry> entries;
  std::unordered_map<std::string_view, size_t> seen;
  for (size_t i = 0; i < keys.size(); ++i) {
    auto [it, inserted] = seen.try_emplace(keys[i], entries.size());
    if (!inserted) {
      entries[it->second].index = i;
      continue;
    }
    const auto hash = static_cast<uint32_t>(BinaryStringHash(keys[i]));
    entries.push_back({i, hash ^ hash >> 16});
  }
  size_t buckets = 16;
  while (entries.size() > buckets / 4 * 3) buckets *= 2;
  std::stable_sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
    return (a.spread & (buckets - 1)) < (b.spread & (buckets - 1));
  });
  std::vector<size_t> order;
  for (const Entry& e : entries) order.push_back(e.index);
  return order;
}

}  // namespace sluice::engine::text
