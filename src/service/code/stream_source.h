// Some records of a stream, for looking at them. An interface, so that tests need no Kinesis.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/aws/kinesis.h"

namespace sluice::service {

struct StreamSample {
  std::string stream_arn;
  bool from_beginning = false;  // else only records that come while we look
  size_t max_records = 100;
  std::chrono::milliseconds patience{10'000};
};

class StreamSource {
 public:
  virtual ~StreamSource() = default;
  /// What has come before `patience` ran out, perhaps nothing; returns early with the first records there are. Errors:
  /// kInvalidArgument (not the ARN of a stream, no access), kNotFound (no such stream), kResourceExhausted (throttled),
  /// kUnavailable, kIo, kTimeout.
  virtual Result<std::vector<std::string>> Sample(const StreamSample& wanted) = 0;
};

/// `kinesis` and `clock` must outlive it. Any thread.
class KinesisStreamSource : public StreamSource {
 public:
  KinesisStreamSource(net::KinesisClient& kinesis, Clock& clock) : kinesis_(kinesis), clock_(clock) {}
  Result<std::vector<std::string>> Sample(const StreamSample& wanted) override;

 private:
  net::KinesisClient& kinesis_;
  Clock& clock_;
};

}  // namespace sluice::service
