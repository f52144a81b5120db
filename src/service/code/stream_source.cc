#include "service/code/stream_source.h"

#include <fmt/format.h>

namespace sluice::service {

Result<std::vector<std::string>> KinesisStreamSource::Sample(const StreamSample& wanted) {
  const auto stream = net::KinesisStream::OfArn(wanted.stream_arn);
  if (!stream) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("'{}' is not the ARN of a Kinesis data stream; expected arn:aws:kinesis:REGION:ACCOUNT:"
                             "stream/NAME",
                             wanted.stream_arn));
  }
  using Kind = net::ShardPosition::Kind;
  SLUICE_ASSIGN_OR_RETURN(const std::vector<net::KinesisShard> shards, kinesis_.ListShards(*stream));
  std::vector<std::string> iterators;
  for (const net::KinesisShard& shard : shards) {
    const net::ShardPosition position{wanted.from_beginning ? Kind::kTrimHorizon : Kind::kLatest, "", 0};
    SLUICE_ASSIGN_OR_RETURN(std::string iterator, kinesis_.ShardIterator(*stream, shard.id, position));
    iterators.push_back(std::move(iterator));
  }
  constexpr std::chrono::milliseconds kPause{250};  // a shard may be read five times a second
  const int64_t deadline = clock_.MonotonicNs() + std::chrono::nanoseconds(wanted.patience).count();
  std::vector<std::string> out;
  while (true) {
    for (std::string& iterator : iterators) {
      if (iterator.empty() || out.size() >= wanted.max_records) continue;
      SLUICE_ASSIGN_OR_RETURN(net::KinesisRecords batch,
                              kinesis_.GetRecords(*stream, iterator, wanted.max_records - out.size()));
      iterator = std::move(batch.next);
      for (const auto& record : batch.records) out.emplace_back(batch.Text(record.data));
    }
    std::erase(iterators, "");
    if (!out.empty() || iterators.empty() || clock_.MonotonicNs() >= deadline) return out;
    clock_.Sleep(kPause);
  }
}

}  // namespace sluice::service
