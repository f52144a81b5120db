#include "engine/connectors/kinesis/shard_assigner.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace sluice::engine::kinesis {
namespace {

/// String.hashCode of a text in ASCII, as names of streams and shards are.
int32_t JavaHash(std::string_view text) {
  uint32_t h = 0;
  for (const char c : text) h = h * 31 + static_cast<unsigned char>(c);
  return static_cast<int32_t>(h);
}

/// StreamShardHandle.hashCode.
int32_t HashOf(const std::string& stream, const std::string& shard) {
  uint32_t h = 17;
  h = 37 * h + static_cast<uint32_t>(JavaHash(stream));
  h = 37 * h + static_cast<uint32_t>(JavaHash(shard));
  return static_cast<int32_t>(h);
}

/// floor(middle of the keys * parallelism / 2^128): in halves, for the product has more than 128 bits.
int64_t ByKeys(const net::HashKeyRange& keys, int parallelism) {
  const net::HashKey first = net::ParseHashKey(keys.first, 0);
  const net::HashKey last = net::ParseHashKey(keys.last, ~static_cast<net::HashKey>(0));
  const net::HashKey middle = first / 2 + last / 2 + (first % 2 + last % 2) / 2;
  const auto n = static_cast<net::HashKey>(parallelism);
  const net::HashKey low = static_cast<uint64_t>(middle);
  const net::HashKey high = (middle >> 64) * n + (low * n >> 64);
  return static_cast<int64_t>(high >> 64);
}

}  // namespace

int SubtaskOfShard(SourceOptions::Assigner assigner, const std::string& stream, const std::string& shard,
                   const net::HashKeyRange& keys, int parallelism) {
  switch (assigner) {
    case SourceOptions::Assigner::kUniform: return static_cast<int>(ByKeys(keys, parallelism) % parallelism);
    case SourceOptions::Assigner::kUniformByStream: {
      const auto sum = static_cast<int32_t>(static_cast<uint32_t>(ByKeys(keys, parallelism)) +
                                            static_cast<uint32_t>(JavaHash(stream)));
      return std::abs(sum % parallelism);
    }
    case SourceOptions::Assigner::kHash: break;
  }
  return std::abs(HashOf(stream, shard) % parallelism);
}

}  // namespace sluice::engine::kinesis
