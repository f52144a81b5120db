// Records of a Kinesis stream as they come in answers of GetRecords and events of SubscribeToShard; those that the
// Kinesis Producer Library packed into one are taken apart. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::net {

/// The texts of all records stand in `bytes`.
struct KinesisRecords {
  struct Span {
    uint32_t begin = 0;
    uint32_t size = 0;
  };
  struct Record {
    Span data;
    Span partition_key;
    Span sequence_number;
    int64_t arrival_ms = 0;  // the approximate time when Kinesis took it
    /// Its number among the records that came packed into one; they share the sequence number.
    int32_t sub_sequence = 0;
    bool last_of_sequence = true;
  };

  std::string_view Text(Span span) const { return std::string_view(bytes).substr(span.begin, span.size); }

  std::string bytes;
  std::vector<Record> records;
  /// How far the end of these records is behind the newest of the shard; -1: not told.
  int64_t millis_behind = -1;
  /// GetRecords: the next iterator; SubscribeToShard: the sequence number to go on from. Empty: the shard has ended.
  std::string next;
};

/// Reads `{"Records": […], "MillisBehindLatest": n, …}`; `next_name` is "NextShardIterator" or
/// "ContinuationSequenceNumber". `json` may grow (padding). kData if it is something else.
Result<KinesisRecords> ParseKinesisRecords(std::string& json, std::string_view next_name);

/// The hash keys of a shard, as decimal texts of 128-bit numbers; empty: all.
struct HashKeyRange {
  std::string first;
  std::string last;
};

/// Replaces each packed record by the records in it. Those whose hash key is not in `range` are left out, as the other
/// consumers do: after a shard was divided, a packed record may hold some of its sibling's. What only looks packed
/// stays.
void UnpackAggregated(KinesisRecords& records, const HashKeyRange& range);

__extension__ using HashKey = unsigned __int128;

/// The hash key of a partition key: its MD5 as a number.
HashKey HashKeyOf(std::string_view partition_key);
/// A decimal text of up to 39 digits as a number; `fallback` if it is none.
HashKey ParseHashKey(std::string_view text, HashKey fallback);

}  // namespace sluice::net
