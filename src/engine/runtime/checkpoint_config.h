// The settings of checkpoints and restarts under Flink's option names, with Flink's defaults, read once a job.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/options_registry.h"
#include "base/result.h"

namespace sluice::engine {

/// execution.checkpointing.externalized-checkpoint-retention.
enum class CheckpointRetention : uint8_t { kDeleteOnCancellation, kRetainOnCancellation, kNoExternalized };
/// execution.state-recovery.claim-mode.
enum class ClaimMode : uint8_t { kClaim, kNoClaim };

struct CheckpointConfig {
  std::optional<int64_t> interval_ms;  // nothing: no periodic checkpoints
  int64_t min_pause_ms = 0;
  int64_t timeout_ms = 600'000;
  int max_concurrent = 1;
  int tolerable_failed = 0;
  bool exactly_once = true;
  bool unaligned = false;
  int64_t aligned_timeout_ms = 0;  // unaligned only: 0 = at once
  bool after_tasks_finish = true;
  CheckpointRetention retention = CheckpointRetention::kNoExternalized;
  int retained = 1;
  bool incremental = false;
  std::string checkpoint_folder;  // URI; empty: in this process' memory
  std::string savepoint_folder;   // URI; empty: a savepoint's request must name one
};

struct RestoreConfig {
  std::string path;  // URI of a savepoint or checkpoint; empty: none
  bool allow_non_restored = false;
  ClaimMode claim = ClaimMode::kNoClaim;
};

enum class RestartKind : uint8_t { kNone, kFixedDelay, kFailureRate, kExponentialDelay };

struct RestartConfig {
  RestartKind kind = RestartKind::kNone;
  // fixed-delay
  int64_t attempts = 1;
  int64_t delay_ms = 1000;  // also of failure-rate
  // failure-rate
  int64_t max_failures = 1;
  int64_t failure_interval_ms = 60'000;
  // exponential-delay
  int64_t initial_backoff_ms = 1000, max_backoff_ms = 60'000, reset_backoff_ms = 3'600'000;
  double multiplier = 1.5, jitter = 0.1;
  int64_t attempts_before_reset = INT32_MAX;
};

enum class StateBackendKind : uint8_t { kHashMap, kRocksDb };

struct JobConfig {
  CheckpointConfig checkpoints;
  RestoreConfig restore;
  RestartConfig restart;
  StateBackendKind state_backend = StateBackendKind::kHashMap;
  std::string
      local_folder;  // execution.checkpointing.local… / state.backend.rocksdb.localdir; empty: the environment's
  int exception_history = 16;
  /// pipeline.max-parallelism is set: a snapshot with another number of key groups is refused. Else the job takes over
  /// the snapshot's.
  bool max_parallelism_given = false;
};

/// kOption, with Flink's sentence, for what cannot be read. Keys that are none of ours are not looked at.
Result<JobConfig> ReadJobConfig(const OptionValues& options);
/// Declares them, for SET's checks and the reference page.
void RegisterCheckpointOptions(OptionsRegistry& registry);

}  // namespace sluice::engine
