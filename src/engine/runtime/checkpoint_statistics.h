// What is remembered of a job's checkpoints, in the words of Flink's REST API. Pure; times are wall-clock ms.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/checkpoint.h"

namespace sluice::engine {

enum class CheckpointState : uint8_t { kInProgress, kCompleted, kFailed };
/// Flink's checkpoint_type: CHECKPOINT, SAVEPOINT, SYNC_SAVEPOINT (with which the job stops).
enum class CheckpointKind : uint8_t { kCheckpoint, kSavepoint, kSyncSavepoint };

struct VertexCheckpointFacts {
  std::string uid;
  int acknowledged = 0;
  int64_t latest_ack_ms = -1;
  std::vector<std::optional<SubtaskCheckpointStats>> subtasks;  // nothing: not acknowledged (yet)
  /// Sums over the subtasks that have answered.
  int64_t state_bytes = 0, written_bytes = 0, in_flight_bytes = 0;
};

/// One checkpoint, in progress or over.
struct CheckpointFacts {
  int64_t id = 0;
  CheckpointState state = CheckpointState::kInProgress;
  CheckpointKind kind = CheckpointKind::kCheckpoint;
  int64_t trigger_ms = 0;
  int64_t latest_ack_ms = -1;
  int64_t end_to_end_ms = 0;  // to the last acknowledgement; of a failed one to its failure
  int64_t state_bytes = 0, written_bytes = 0, in_flight_bytes = 0;
  int num_subtasks = 0, num_acknowledged = 0;
  bool unaligned = false;
  std::string external_path;  // of a completed one: "file:/x/y/chk-7", "<checkpoint-not-externally-addressable>"
  bool discarded = false;     // completed, but no longer retained
  int64_t failure_ms = -1;
  std::string failure_message;
  std::vector<VertexCheckpointFacts> vertices;  // in the order of the job graph's vertices
};

struct RestoredFacts {
  int64_t id = 0;
  int64_t restore_ms = 0;
  bool savepoint = false;
  std::string external_path;
};

/// Flink's MinMaxAvg and percentiles, over the completed checkpoints that are remembered for it (at most 10,000).
struct StatsSummary {
  int64_t min = 0, max = 0, avg = 0;
  double p50 = 0, p90 = 0, p95 = 0, p99 = 0, p999 = 0;
};

struct CheckpointStatistics {
  int64_t restored = 0, total = 0, in_progress = 0, completed = 0, failed = 0;
  StatsSummary written_bytes, state_bytes, end_to_end_ms, in_flight_bytes, persisted_bytes;
  std::optional<CheckpointFacts> latest_completed, latest_savepoint, latest_failed;
  std::optional<RestoredFacts> latest_restored;
  std::vector<CheckpointFacts> history;  // newest first, at most web.checkpoints.history (10)
};

/// Collects them. One thread at a time.
class CheckpointTracker {
 public:
  explicit CheckpointTracker(size_t history = 10) : limit_(history) {}

  struct VertexShape {
    std::string uid;
    int parallelism = 1;
  };
  void Began(int64_t id, CheckpointKind kind, int64_t now_ms, const std::vector<VertexShape>& vertices);
  void Acknowledged(const SubtaskAck& ack);
  void Completed(int64_t id, std::string external_path, int64_t now_ms);
  void Failed(int64_t id, std::string message, int64_t now_ms);
  /// A checkpoint that was refused before it had begun.
  void Refused();
  void Discarded(int64_t id);
  void Restored(RestoredFacts facts);
  CheckpointStatistics Facts() const;
  /// Null if it is forgotten.
  const CheckpointFacts* Find(int64_t id) const;

 private:
  CheckpointFacts* FindMutable(int64_t id);

  size_t limit_;
  int64_t restored_ = 0, total_ = 0, completed_ = 0, failed_ = 0;
  std::deque<CheckpointFacts> history_;  // newest first
  std::optional<CheckpointFacts> latest_completed_, latest_savepoint_, latest_failed_;
  std::optional<RestoredFacts> latest_restored_;
  struct Sample {
    int64_t written, state, end_to_end, in_flight;
  };
  std::deque<Sample> samples_;
};

}  // namespace sluice::engine
