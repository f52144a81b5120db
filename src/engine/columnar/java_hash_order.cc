#include "engine/columnar/java_hash_order.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_map>

namespace sluice::engine {
namespace {

uint32_t MixKey(uint32_t k) { return std::rotl(k * 0xcc9e2d51u, 15) * 0x1b873593u; }
uint32_t MixWord(uint32_t h, uint32_t k) { return std::rotl(h ^ MixKey(k), 13) * 5 + 0xe6546b64u; }

}  // namespace

int32_t BinaryStringHash(std::string_view s) {
  uint32_t h = 42;
  size_t i = 0;
  for (; i + 4 <= s.size(); i += 4) {
    uint32_t word;
    std::memcpy(&word, s.data() + i, 4);
    h = MixWord(h, word);
  }
  for (; i < s.size(); ++i) h = MixWord(h, static_cast<uint32_t>(static_cast<int32_t>(static_cast<signed char>(s[i]))));
  h ^= static_cast<uint32_t>(s.size());
  h ^= h >> 16;
  h *= 0x85ebca6bu;
  h ^= h >> 13;
  h *= 0xc2b2ae35u;
  h ^= h >> 16;
  return static_cast<int32_t>(h);
}

std::vector<size_t> HashMapOrder(std::span<const int32_t> hash_codes) {
  size_t buckets = 16;
  while (hash_codes.size() > buckets / 4 * 3) buckets *= 2;
  auto bucket = [&](size_t i) {
    const auto hash = static_cast<uint32_t>(hash_codes[i]);
    return (hash ^ hash >> 16) & (buckets - 1);
  };
  std::vector<size_t> order(hash_codes.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return bucket(a) < bucket(b); });
  return order;
}

std::vector<size_t> HashMapOrder(const std::vector<std::string>& keys) {
  std::vector<size_t> last;  // index of each different key
  std::vector<int32_t> hash_codes;
  std::unordered_map<std::string_view, size_t> seen;
  for (size_t i = 0; i < keys.size(); ++i) {
    auto [it, inserted] = seen.try_emplace(keys[i], last.size());
    if (!inserted) {
      last[it->second] = i;
      continue;
    }
    last.push_back(i);
    hash_codes.push_back(BinaryStringHash(keys[i]));
  }
  std::vector<size_t> order = HashMapOrder(hash_codes);
  for (size_t& k : order) k = last[k];
  return order;
}

namespace {

int32_t LongHash(int64_t v) { return static_cast<int32_t>(static_cast<uint64_t>(v) ^ static_cast<uint64_t>(v) >> 32); }

/// BigDecimal.hashCode, for unscaled values of 64 bits; larger ones fold in the same way.
int32_t DecimalHash(int128_t unscaled, int scale) {
  const uint128_t magnitude = unscaled < 0 ? -static_cast<uint128_t>(unscaled) : static_cast<uint128_t>(unscaled);
  uint32_t hash = 0;
  for (int word = 3; word >= 0; --word) hash = hash * 31 + static_cast<uint32_t>(magnitude >> (32 * word));
  if (unscaled < 0) hash = 0 - hash;
  return static_cast<int32_t>(hash * 31 + static_cast<uint32_t>(scale));
}

}  // namespace

std::optional<int32_t> JavaHashCode(const Column& column, size_t i) {
  if (column.IsNull(i)) return 0;
  switch (column.type().physical()) {
    case PhysicalType::kBool: return column.at<uint8_t>(i) != 0 ? 1231 : 1237;
    case PhysicalType::kInt8: return column.at<int8_t>(i);
    case PhysicalType::kInt16: return column.at<int16_t>(i);
    case PhysicalType::kInt32: return column.at<int32_t>(i);
    case PhysicalType::kInt64:
      // A TimestampData has its nanoseconds, here 0, beside the milliseconds.
      if (column.type().is_timestamp())
        return static_cast<int32_t>(31u * static_cast<uint32_t>(LongHash(column.at<int64_t>(i))));
      return LongHash(column.at<int64_t>(i));
    case PhysicalType::kFloat: return std::bit_cast<int32_t>(column.at<float>(i));
    case PhysicalType::kDouble: return LongHash(std::bit_cast<int64_t>(column.at<double>(i)));
    case PhysicalType::kString:
      if (column.type().is_character()) return BinaryStringHash(column.string_at(i));
      return std::nullopt;
    case PhysicalType::kInt128: return DecimalHash(column.at<int128_t>(i), column.type().scale());
    default: return std::nullopt;
  }
}

}  // namespace sluice::engine
