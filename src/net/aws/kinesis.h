// A small Kinesis Data Streams client: finds the shards of a stream and reads them. Any thread; calls block.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/aws/credentials.h"

namespace sluice::net {

struct KinesisOptions {
  std::string region;
  std::string endpoint;  // "http://127.0.0.1:5000"; empty: AWS
  std::string ca_file;

  /// AWS_ENDPOINT_URL_KINESIS, else AWS_ENDPOINT_URL; AWS_CA_BUNDLE; the region by FindRegion.
  static KinesisOptions FromEnvironment(const EnvLookup& environment);
};

/// Records of one GetRecords call. `next_iterator` is empty at the end of a closed shard.
struct KinesisBatch {
  std::vector<std::string> records;  // the data, as bytes
  std::string next_iterator;
};

/// Errors of all calls: kNotFound (stream or shard), kResourceExhausted (throttled), kInvalidArgument (other refusals,
/// with the service's own words), kUnavailable (5xx), kData (an answer that is not Kinesis's), kIo, kTimeout.
class KinesisClient {
 public:
  /// `credentials` and `clock` must outlive the client.
  KinesisClient(KinesisOptions options, CredentialChain* credentials, const Clock& clock)
      : options_(std::move(options)), credentials_(credentials), clock_(clock) {}

  /// The ids of the stream's shards.
  Result<std::vector<std::string>> ListShards(const std::string& stream) const;
  /// `type`: "LATEST" or "TRIM_HORIZON".
  Result<std::string> ShardIterator(const std::string& stream, const std::string& shard, std::string_view type) const;
  Result<KinesisBatch> GetRecords(const std::string& iterator, size_t limit) const;

 private:
  /// `operation` with a JSON body; the answer's body.
  Result<std::string> Call(std::string_view operation, std::string body) const;

  KinesisOptions options_;
  CredentialChain* credentials_;
  const Clock& clock_;
};

}  // namespace sluice::net
