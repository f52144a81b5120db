// A checkpoint's manifest: everything of a job at one moment, written last, as "_metadata". Pure data and its codec;
// versioned, checksummed, described in docs/formats/checkpoint.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/state/snapshot.h"

namespace sluice::engine {

/// A batch that was under way between two subtasks (unaligned checkpoints), as row_encoding bytes with its kinds.
struct InFlightBatch {
  int input = 0;     // of the consumer
  int producer = 0;  // subtask of the producing vertex, as of the snapshot
  std::string bytes;
};

/// One subtask of one vertex.
struct SubtaskSnapshot {
  bool finished = false;               // had come to the end of its input: on restore it has nothing to do
  std::optional<StateSnapshot> state;  // operators
  std::string position;                // sources: Source::SnapshotPosition
  std::vector<std::string> prepared;   // sinks: Sink::PrepareCommit, not yet committed, oldest first
  std::vector<InFlightBatch> in_flight;
};

struct VertexSnapshotData {
  std::string uid;   // what restore matches by
  std::string name;  // for messages
  std::vector<SubtaskSnapshot> subtasks;
};

struct CheckpointManifest {
  int64_t checkpoint_id = 0;
  int64_t timestamp_ms = 0;
  bool savepoint = false;
  std::string job_name;
  std::string engine_version;
  int max_parallelism = 128;
  std::vector<VertexSnapshotData> vertices;
};

std::string EncodeManifest(const CheckpointManifest& manifest);
/// kCorrupt (bytes cut, wrong checksum) or kRestore (a version from the future); `where` names the file in messages.
Result<CheckpointManifest> DecodeManifest(std::string_view bytes, const std::string& where);

}  // namespace sluice::engine
