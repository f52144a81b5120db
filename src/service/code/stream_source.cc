#include "service/code/stream_source.h"

#include <fmt/format.h>

namespace sluice::service {

std::string StreamOfArn(const std::string& arn) {
  const size_t at = arn.find(":stream/");
  if (!arn.starts_with("arn:") || arn.find(":kinesis:") == std::string::npos || at == std::string::npos) return "";
  return arn.substr(at + 8);
}

Result<std::vector<std::string>> KinesisStreamSource::Sample(const StreamSample& wanted) {
  const std::string stream = StreamOfArn(wanted.stream_arn);
  if (stream.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("'{}' is not the ARN of a Kinesis data stream; expected arn:aws:kinesis:REGION:ACCOUNT:"
                             "stream/NAME",
                             wanted.stream_arn));
  }
  SLUICE_ASSIGN_OR_RETURN(std::vector<std::string> iterators, kinesis_.ListShards(stream));
  for (std::string& shard : iterators) {
    SLUICE_ASSIGN_OR_RETURN(shard,
                            kinesis_.ShardIterator(stream, shard, wanted.from_beginning ? "TRIM_HORIZON" : "LATEST"));
  }
  constexpr std::chrono::milliseconds kPause{250};  // a shard may be read five times a second
  const int64_t deadline = clock_.MonotonicNs() + std::chrono::nanoseconds(wanted.patience).count();
  std::vector<std::string> out;
  while (true) {
    for (std::string& iterator : iterators) {
      if (iterator.empty() || out.size() >= wanted.max_records) continue;
      SLUICE_ASSIGN_OR_RETURN(net::KinesisBatch batch, kinesis_.GetRecords(iterator, wanted.max_records - out.size()));
      iterator = std::move(batch.next_iterator);
      for (std::string& record : batch.records) out.push_back(std::move(record));
    }
    std::erase(iterators, "");
    if (!out.empty() || iterators.empty() || clock_.MonotonicNs() >= deadline) return out;
    clock_.Sleep(kPause);
  }
}

}  // namespace sluice::service
