// How far a subtask of a Kinesis source has read, as bytes of a checkpoint.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/aws/kinesis.h"

namespace sluice::engine::kinesis {

/// A shard of which something was read. One that is not in a checkpoint begins at the table's initial position.
struct ShardProgress {
  bool finished = false;  // SHARD_END: everything in it was emitted
  std::string sequence_number;
  /// The last record emitted of those packed into one; -1: all of them.
  int32_t sub_sequence = -1;
  net::HashKeyRange keys;  // to find the subtask that reads it

  /// Where to go on. Packed records are read once more and those before are left out.
  net::ShardPosition Next() const;
};

struct SourcePosition {
  /// When the job first began: LATEST means this time, also after a failure before anything was read.
  int64_t start_ms = 0;
  std::map<std::string, ShardProgress> shards;

  std::string ToBytes() const;
  static Result<SourcePosition> FromBytes(std::string_view bytes);
};

/// Those of all subtasks in one.
Result<SourcePosition> MergePositions(const std::vector<std::string>& positions);

}  // namespace sluice::engine::kinesis
