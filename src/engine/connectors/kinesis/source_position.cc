#include "engine/connectors/kinesis/source_position.h"

#include <algorithm>

#include "engine/connectors/position_bytes.h"

namespace sluice::engine::kinesis {
namespace {
constexpr uint64_t kVersion = 1;
}

net::ShardPosition ShardProgress::Next() const {
  using Kind = net::ShardPosition::Kind;
  return {sub_sequence < 0 ? Kind::kAfterSequenceNumber : Kind::kAtSequenceNumber, sequence_number, 0};
}

std::string SourcePosition::ToBytes() const {
  PositionWriter out;
  out.Number(kVersion);
  out.Number(static_cast<uint64_t>(start_ms));
  out.Number(shards.size());
  for (const auto& [id, shard] : shards) {
    out.Text(id);
    out.Number(shard.finished ? 1 : 0);
    out.Text(shard.sequence_number);
    out.Number(static_cast<uint64_t>(static_cast<int64_t>(shard.sub_sequence)));
    out.Text(shard.keys.first);
    out.Text(shard.keys.last);
  }
  return out.Take();
}

Result<SourcePosition> SourcePosition::FromBytes(std::string_view bytes) {
  PositionReader in(bytes);
  SourcePosition out;
  if (const uint64_t version = in.Number(); version != kVersion) {
    return Error(ErrorCode::kRestore, "the position of a Kinesis source has version " + std::to_string(version) +
                                          "; this program reads version " + std::to_string(kVersion));
  }
  out.start_ms = static_cast<int64_t>(in.Number());
  const uint64_t count = in.Number();
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    ShardProgress& shard = out.shards[in.Text()];
    shard.finished = in.Number() != 0;
    shard.sequence_number = in.Text();
    shard.sub_sequence = static_cast<int32_t>(in.Number());
    shard.keys.first = in.Text();
    shard.keys.last = in.Text();
  }
  if (!in.ok()) return Error(ErrorCode::kRestore, "the position of a Kinesis source is cut short");
  return out;
}

Result<SourcePosition> MergePositions(const std::vector<std::string>& positions) {
  SourcePosition all;
  bool first = true;
  for (const std::string& bytes : positions) {
    if (bytes.empty()) continue;  // a subtask that was not open yet
    SLUICE_ASSIGN_OR_RETURN(SourcePosition one, SourcePosition::FromBytes(bytes));
    all.start_ms = first ? one.start_ms : std::min(all.start_ms, one.start_ms);
    first = false;
    all.shards.merge(one.shards);
  }
  return all;
}

}  // namespace sluice::engine::kinesis
