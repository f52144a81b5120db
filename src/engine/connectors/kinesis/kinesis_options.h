// A Kinesis table's options, read and checked, in both of Flink's spellings: that of the connector of today
// ('stream.arn', 'source.*') and that of the one before ('stream', 'scan.*').
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/connectors/aws/async_writer.h"
#include "engine/plan/descriptors.h"
#include "net/aws/kinesis.h"

namespace sluice::engine::kinesis {

struct SourceOptions {
  net::KinesisStream stream;
  /// kLatest means: from the time when the job begins.
  net::ShardPosition initial{net::ShardPosition::Kind::kLatest, "", 0};
  bool fan_out = false;
  std::string consumer_name;
  std::string consumer_arn;                 // of a consumer that is there; empty: by name
  bool manages_consumer = true;             // registers it at the start and deregisters it at the end
  size_t max_records = 10'000;              // of a GetRecords call
  std::chrono::milliseconds interval{200};  // between calls of one shard
  std::chrono::milliseconds empty_interval{250};
  bool adaptive = false;  // asks for about as much as a shard may give at once
  std::chrono::milliseconds discovery_interval{10'000};
  std::chrono::milliseconds subscription_timeout{60'000};
  /// Which subtask reads a shard: by its hash keys (today's rule), or by Java's hash of stream and shard (the one
  /// before).
  enum class Assigner : uint8_t { kUniform, kHash, kUniformByStream };
  Assigner assigner = Assigner::kUniform;
};

struct SinkOptions {
  net::KinesisStream stream;
  enum class Partitioner : uint8_t { kRandom, kFixed, kFields };
  Partitioner partitioner = Partitioner::kRandom;
  std::string delimiter = "|";
  aws::AsyncWriterLimits limits;
};

/// The table's options; errors are Flink's.
Result<SourceOptions> ReadSourceOptions(const TableDescription& table);
Result<SinkOptions> ReadSinkOptions(const TableDescription& table);

/// What all Kinesis tables need, and no option that is neither the connector's nor the format's.
Status CheckTableOptions(const OptionMap& options, const std::string& format);
/// 'aws.*' with what older sink options say about the endpoint.
OptionMap AwsOptionsOf(const OptionMap& options);
const std::vector<std::string>& OwnOptions();

}  // namespace sluice::engine::kinesis
