// A Kinesis Data Streams client: shards, polling, enhanced fan-out, writing. Any thread; calls block.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/aws/aws_client.h"
#include "net/aws/kinesis_records.h"

namespace sluice::net {

/// A stream by its ARN, or by its name in the account of the credentials.
struct KinesisStream {
  std::string name;
  std::string arn;

  /// "arn:aws:kinesis:us-east-1:123456789012:stream/NAME"; nothing if it is something else.
  static std::optional<KinesisStream> OfArn(const std::string& arn);
};

struct KinesisShard {
  std::string id;
  std::string parent, adjacent_parent;  // empty: none, or no longer known
  HashKeyRange keys;
  bool closed = false;  // nothing more will be written to it
};

/// Where reading a shard begins.
struct ShardPosition {
  enum class Kind : uint8_t { kTrimHorizon, kLatest, kAtTimestamp, kAtSequenceNumber, kAfterSequenceNumber };
  Kind kind = Kind::kTrimHorizon;
  std::string sequence_number;
  int64_t timestamp_ms = 0;
};

struct StreamConsumer {
  std::string arn;
  std::string status;  // "CREATING", "ACTIVE", "DELETING"
};

struct PutRecordsEntry {
  std::string data;
  std::string partition_key;
};

/// A record that was refused; the message names the error's type as AwsClient's errors do.
struct RefusedRecord {
  size_t index = 0;  // in the request
  Error error;
};

/// What SubscribeToShard sends, for at most five minutes. Next and Close by one thread, Cancel by any.
class ShardSubscription {
 public:
  /// The next event, or kTimeout after `patience` (then call again). Nothing: the subscription has ended; subscribe
  /// anew from the last `next`. Errors that the service sends inside the stream are AwsClient's.
  Result<std::optional<KinesisRecords>> Next(std::chrono::milliseconds patience);
  void Cancel();
  ~ShardSubscription();

 private:
  friend class KinesisClient;
  struct Parts;
  explicit ShardSubscription(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

/// Errors of all calls are AwsClient's; kData for an answer that is not Kinesis's.
class KinesisClient {
 public:
  /// `options` as AwsClientOptions::FromEnvironment("kinesis", …) makes them; the rest outlives the client.
  KinesisClient(AwsClientOptions options, CredentialsProvider* credentials, Clock& clock, Random* random = nullptr);

  Result<std::vector<KinesisShard>> ListShards(const KinesisStream& stream);
  Result<std::string> StreamArn(const KinesisStream& stream);

  // --- polling
  Result<std::string> ShardIterator(const KinesisStream& stream, const std::string& shard,
                                    const ShardPosition& position);
  Result<KinesisRecords> GetRecords(const KinesisStream& stream, const std::string& iterator, size_t limit);

  // --- enhanced fan-out
  /// The consumer that there is, of that name.
  Result<StreamConsumer> DescribeStreamConsumer(const std::string& stream_arn, const std::string& name);
  Result<StreamConsumer> RegisterStreamConsumer(const std::string& stream_arn, const std::string& name);
  Status DeregisterStreamConsumer(const std::string& stream_arn, const std::string& name);
  /// A subscription that is not started: Subscribe does it, so that another thread can cancel it meanwhile.
  Result<std::shared_ptr<ShardSubscription>> NewSubscription() const;
  Status Subscribe(ShardSubscription& subscription, const std::string& consumer_arn, const std::string& shard,
                   const ShardPosition& position);

  // --- writing
  /// At most 500 records and 5 MiB. Answers those that were not taken.
  Result<std::vector<RefusedRecord>> PutRecords(const KinesisStream& stream,
                                                const std::vector<PutRecordsEntry>& records);

  void Cancel() { client_.Cancel(); }

 private:
  Result<std::string> Call(std::string_view operation, std::string body);
  AwsClient client_;
};

}  // namespace sluice::net
