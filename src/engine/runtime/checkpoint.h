// What a job, its tasks and the checkpoint coordinator tell each other. Data only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/state/checkpoint_storage.h"
#include "engine/state/manifest.h"

namespace sluice::engine {

enum class BarrierMode : uint8_t {
  kAligned,      // exactly once: a channel whose barrier has come waits for the others
  kUnaligned,    // exactly once: barriers overtake batches, which become part of the checkpoint
  kAtLeastOnce,  // nobody waits: rows behind a barrier may be in the checkpoint, and come again after a restore
};

enum class AfterCheckpoint : uint8_t {
  kGoOn,
  kSuspend,  // stop-with-savepoint: sources emit nothing behind the barrier; the job finishes once it is confirmed
  kDrain,    // the same, but sources first end their input (Long.MAX watermark, windows fire)
};

struct CheckpointRequest {
  int64_t id = 0;
  int64_t timestamp_ms = 0;
  BarrierMode mode = BarrierMode::kAligned;
  /// kAligned: a subtask that has waited so long for the other barriers goes on as kUnaligned; negative: never.
  int64_t aligned_timeout_ms = -1;
  AfterCheckpoint then = AfterCheckpoint::kGoOn;
  bool full = false;                     // savepoints: without reference to earlier files
  CheckpointStorage* storage = nullptr;  // outlives the job
  std::string folder;                    // for the subtasks' files: "<folder>/<vertex uid>-<subtask>-<checkpoint>"
};

/// How a subtask's part of a checkpoint went: /jobs/:id/checkpoints/details/:cid/subtasks/:vid.
struct SubtaskCheckpointStats {
  int64_t ack_ms = 0;         // wall clock
  int64_t state_bytes = 0;    // all that the snapshot refers to
  int64_t written_bytes = 0;  // what this checkpoint wrote
  int64_t alignment_ms = 0;
  int64_t start_delay_ms = 0;  // from the trigger to the first barrier
  int64_t sync_us = 0;         // the pause: from the last barrier until batches went on
  int64_t async_ms = 0;        // from there until the files were durable
  int64_t in_flight_bytes = 0;
  bool unaligned = false;
};

struct SubtaskAck {
  int64_t checkpoint_id = 0;
  int vertex = 0;
  int subtask = 0;
  SubtaskSnapshot snapshot;
  SubtaskCheckpointStats stats;
};

/// What a job starts from. The manifest's vertices are matched by uid; the parallelism may differ.
struct JobRestore {
  CheckpointManifest manifest;
  PieceReader* reader = nullptr;  // outlives the job's start
  /// State of operators that the job does not have is dropped (allowNonRestoredState), else refused.
  bool allow_non_restored = false;
  /// The manifest is a checkpoint that the job may go on from incrementally (StateRestore::may_refer).
  bool may_refer = false;
  /// The manifest goes when this process does (rescaling in place): what its sinks prepared is not committed after
  /// Open, but with the next checkpoint that is confirmed.
  bool hold_commits = false;
};

/// Refuses (kRestore) what does not fit before anything runs: vertices of the manifest with state that the job has not
/// (said by name and uid, with the nearest of the job), another max parallelism, sources, sinks and operators mixed up.
struct JobGraph;
Status CheckRestore(const JobGraph& graph, const JobRestore& restore);

}  // namespace sluice::engine
