#include "engine/columnar/java_hash_order.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_map>

namespace sluice::engine {
namespace {

uint32_t MixKey(uint32_t k) { return std::rotl(k * 0xcc9e2d51u, 15) * 0x1b873593u; }
uint32_t MixWord(uint32_t h, uint32_t k) { return std::rotl(h ^ MixKey(k), 13) * 5 + 0xe6546b64u; }

uint32_t Finish(uint32_t h, size_t length) {
  h ^= static_cast<uint32_t>(length);
  h ^= h >> 16;
  h *= 0x85ebca6bu;
  h ^= h >> 13;
  h *= 0xc2b2ae35u;
  return h ^ h >> 16;
}

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
  return static_cast<int32_t>(Finish(h, s.size()));
}

std::vector<uint32_t> HashMapOrder(std::span<const int32_t> hash_codes, size_t& buckets) {
  while (hash_codes.size() > buckets / 4 * 3) buckets *= 2;
  // The bucket above, the place among the keys below: one sort, which keeps keys of one bucket as they came.
  std::vector<uint64_t> places(hash_codes.size());
  for (size_t i = 0; i < places.size(); ++i) {
    const auto hash = static_cast<uint32_t>(hash_codes[i]);
    places[i] = uint64_t{(hash ^ hash >> 16) & static_cast<uint32_t>(buckets - 1)} << 32 | i;
  }
  std::sort(places.begin(), places.end());
  std::vector<uint32_t> order(places.size());
  for (size_t i = 0; i < places.size(); ++i) order[i] = static_cast<uint32_t>(places[i]);
  return order;
}

std::vector<size_t> HashMapOrder(std::span<const int32_t> hash_codes) {
  size_t buckets = 16;
  const std::vector<uint32_t> order = HashMapOrder(hash_codes, buckets);
  return {order.begin(), order.end()};
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

bool BinaryRowHash::Knows(std::span<const ColumnPtr> columns) {
  return std::all_of(columns.begin(), columns.end(), [](const ColumnPtr& c) { return !c->type().is_nested(); });
}

int32_t BinaryRowHash::operator()(std::span<const ColumnPtr> columns, size_t row) {
  // One byte of row kind (+I: 0) and a bit a field for NULL, in whole words; then a word a field, then what is longer.
  const size_t nulls = (columns.size() + 8 + 63) / 64 * 8;
  bytes_.assign(nulls + columns.size() * 8, '\0');
  for (size_t c = 0; c < columns.size(); ++c) {
    const size_t slot = nulls + c * 8;
    if (!columns[c]->IsNull(row)) {
      Put(*columns[c], row, slot);
      continue;
    }
    bytes_[(c + 8) / 8] = static_cast<char>(bytes_[(c + 8) / 8] | 1 << (c + 8) % 8);
    const DataType& type = columns[c]->type();
    // Wide decimals and timestamps have their room even if they are NULL.
    if (type.physical() == PhysicalType::kInt128 && type.precision() > 18) PutLong(std::string(16, '\0'), slot, 0);
    if (type.physical() == PhysicalType::kTimestamp) PutLong(std::string(8, '\0'), slot, 0);
  }
  uint32_t h = 42;
  for (size_t i = 0; i < bytes_.size(); i += 4) {
    uint32_t word;
    std::memcpy(&word, bytes_.data() + i, 4);
    h = MixWord(h, word);
  }
  return static_cast<int32_t>(Finish(h, bytes_.size()));
}

/// Bytes that do not fit into the slot: behind everything, the slot has their place and `low`.
void BinaryRowHash::PutLong(std::string_view bytes, size_t slot, uint64_t low) {
  const uint64_t place = uint64_t{bytes_.size()} << 32 | low;
  std::memcpy(bytes_.data() + slot, &place, 8);
  bytes_.append(bytes);
  bytes_.resize((bytes_.size() + 7) / 8 * 8, '\0');
}

void BinaryRowHash::Put(const Column& column, size_t row, size_t slot) {
  const DataType& type = column.type();
  char* at = bytes_.data() + slot;
  switch (type.physical()) {
    case PhysicalType::kString: {
      const std::string_view s = column.string_at(row);
      if (s.size() > 7) return PutLong(s, slot, s.size());
      std::memcpy(at, s.data(), s.size());
      at[7] = static_cast<char>(0x80 | s.size());
      return;
    }
    case PhysicalType::kTimestamp: {
      const Timestamp t = column.at<Timestamp>(row);
      return PutLong({reinterpret_cast<const char*>(&t.millis), 8}, slot, static_cast<uint64_t>(t.nanos));
    }
    case PhysicalType::kInt128: {
      const int128_t value = column.at<int128_t>(row);
      if (type.precision() <= 18) {
        const auto unscaled = static_cast<int64_t>(value);
        std::memcpy(at, &unscaled, 8);
        return;
      }
      // BigInteger.toByteArray: big endian, the fewest bytes that keep the sign; the room is 16 bytes.
      std::string bytes;
      int shift = 120;
      while (shift > 0) {
        const auto rest = value >> (shift - 1);
        if (rest != 0 && rest != -1) break;
        shift -= 8;
      }
      for (; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
      const size_t length = bytes.size();
      bytes.resize(16, '\0');
      return PutLong(bytes, slot, length);
    }
    default: {
      const size_t width = PhysicalWidth(type.physical());
      std::memcpy(at, column.data<char>() + column.index(row) * width, width);
    }
  }
}

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
