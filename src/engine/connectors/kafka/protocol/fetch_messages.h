// What a reader of partitions asks brokers, and what they answer: bytes and structs, nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/connectors/kafka/protocol/broker_connection.h"
#include "engine/connectors/kafka/protocol/record_batch.h"
#include "engine/connectors/kafka/source_position.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::kafka {

inline constexpr ApiVersion kFetchApi{1, 10}, kListOffsetsApi{2, 1}, kMetadataApi{3, 4};

/// Error codes of the protocol that mean something special to a reader; with others it looks for the leader anew.
inline constexpr int16_t kOffsetOutOfRange = 1, kTopicAuthorizationFailed = 29;

/// The properties of Java's consumer that fetching obeys, with its defaults.
struct FetchSettings {
  int32_t max_wait_ms = 500;
  int32_t min_bytes = 1;
  int32_t max_bytes = 52'428'800;
  int32_t max_partition_bytes = 1'048'576;
  bool read_committed = false;
  bool check_crcs = true;
  int64_t request_timeout_ms = 30'000;
};
FetchSettings ReadFetchSettings(const OptionMap& properties);

/// A partition and an offset (in ListOffsets: -2 for the beginning, -1 for the end).
struct PartitionOffset {
  TopicPartition partition;
  int64_t offset = 0;
};

/// Where partitions are led. Those without a leader just now are missing.
struct Leaders {
  std::map<int32_t, BrokerAddress> brokers;  // by node id
  std::map<TopicPartition, int32_t> leaders;
};
std::string MetadataRequest(const std::set<std::string>& topics);
Result<Leaders> ReadMetadata(std::string_view answer);

std::string ListOffsetsRequest(const std::vector<PartitionOffset>& partitions);
/// Partitions with an error are missing.
Result<std::map<TopicPartition, int64_t>> ReadListOffsets(std::string_view answer);

/// One partition's in the answer to a fetch.
struct FetchedPartition {
  TopicPartition partition;
  int16_t code = 0;
  int64_t high_watermark = -1;
  std::vector<AbortedTransaction> aborted;
  std::string_view batches;  // of the answer
};
std::string FetchRequest(const FetchSettings& settings, const std::vector<PartitionOffset>& partitions);
Result<std::vector<FetchedPartition>> ReadFetch(std::string_view answer);

}  // namespace sluice::engine::kafka
