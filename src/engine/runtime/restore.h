// From a checkpoint's manifest to what each subtask of the new job starts from, at any parallelism.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/columnar/batch.h"
#include "engine/runtime/checkpoint.h"
#include "engine/runtime/job_graph.h"
#include "engine/state/snapshot.h"

namespace sluice::engine {

/// The watermarks of a subtask at its snapshot; kept among the state's values.
struct SavedWatermarks {
  int64_t input = kNoWatermark;   // merged over its inputs
  int64_t output = kNoWatermark;  // last sent
  bool idle = false;              // it said to send none
};
inline constexpr std::string_view kWatermarksValue = "runtime.watermarks";
std::string EncodeWatermarks(const SavedWatermarks& watermarks);
/// Bytes that nobody of ours wrote count as no watermark.
SavedWatermarks DecodeWatermarks(std::string_view bytes);

/// A batch that was under way when the snapshot was taken.
struct RestoredBatch {
  int input = 0;
  int producer = 0;  // subtask of the producing vertex now, as far as that can be said
  Batch batch;
};

/// What one subtask starts from.
struct SubtaskRestore {
  /// Every subtask of the vertex had come to its end: it only says so again.
  bool finished = false;
  StateRestore state;
  bool allow_unclaimed = false;
  std::vector<std::string> positions;  // of all old subtasks
  std::string final_position;          // finished: one of those, for the next snapshots
  std::vector<std::string> prepared;
  bool hold_commits = false;  // those wait for the next checkpoint
  SavedWatermarks watermarks;
  std::vector<RestoredBatch> in_flight;
};

/// One element a subtask of graph.vertices[vertex]; empty if the snapshot does not know the vertex.
Result<std::vector<SubtaskRestore>> RestoreVertex(const JobGraph& graph, const JobRestore& restore, size_t vertex);

}  // namespace sluice::engine
