#include "engine/runtime/checkpoint_config.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace sluice::engine {
namespace {

using Milliseconds = std::chrono::milliseconds;
enum class Mode : uint8_t { kExactlyOnce, kAtLeastOnce };
enum class FlinkClaimMode : uint8_t { kClaim, kNoClaim, kLegacy };

constexpr Option<Milliseconds> kInterval{
    .key = "execution.checkpointing.interval",
    .min = 10,
    .text = "How often a streaming job's state is saved. Without it a job has no periodic checkpoints."};
constexpr Option<Milliseconds> kMinPause{.key = "execution.checkpointing.min-pause",
                                         .default_value = "0 ms",
                                         .min = 0,
                                         .text = "Least time between a checkpoint's end and the next one's start."};
constexpr Option<Milliseconds> kTimeout{.key = "execution.checkpointing.timeout",
                                        .default_value = "10 min",
                                        .min = 10,
                                        .text = "A checkpoint that takes longer is given up."};
constexpr Option<int32_t> kMaxConcurrent{
    .key = "execution.checkpointing.max-concurrent-checkpoints",
    .default_value = "1",
    .min = 1,
    .text = "How many checkpoints may be under way; savepoints come in addition. 1 with unaligned checkpoints."};
constexpr Option<int32_t> kTolerableFailed{
    .key = "execution.checkpointing.tolerable-failed-checkpoints",
    .default_value = "0",
    .min = 0,
    .text = "How many checkpoints may fail one after the other before the job fails (and restarts)."};
constexpr Option<Mode> kMode{.key = "execution.checkpointing.mode",
                             .default_value = "EXACTLY_ONCE",
                             .enum_class = "org.apache.flink.core.execution.CheckpointingMode",
                             .enum_values = "EXACTLY_ONCE, AT_LEAST_ONCE",
                             .text = "EXACTLY_ONCE, or AT_LEAST_ONCE: no channel waits for barriers."};
constexpr Option<bool> kUnaligned{.key = "execution.checkpointing.unaligned.enabled",
                                  .default_value = "false",
                                  .fallback_keys = {"execution.checkpointing.unaligned"},
                                  .text = "Barriers overtake rows, which become part of the checkpoint."};
constexpr Option<Milliseconds> kAlignedTimeout{
    .key = "execution.checkpointing.aligned-checkpoint-timeout",
    .default_value = "0 s",
    .min = 0,
    .fallback_keys = {"execution.checkpointing.alignment-timeout"},
    .text = "With unaligned checkpoints: how long a barrier may wait before it overtakes; 0: at once."};
constexpr Option<bool> kAfterTasksFinish{
    .key = "execution.checkpointing.checkpoints-after-tasks-finish",
    .default_value = "true",
    .fallback_keys = {"execution.checkpointing.checkpoints-after-tasks-finish.enabled"},
    .text =
        "Checkpoints go on when some of the tasks have come to the end of their input, and two-phase sinks wait for "
        "one "
        "more at their own end. Without it the first finished task ends all checkpoints but stop-with-savepoint."};
constexpr Option<CheckpointRetention> kRetention{
    .key = "execution.checkpointing.externalized-checkpoint-retention",
    .default_value = "NO_EXTERNALIZED_CHECKPOINTS",
    .enum_class = "org.apache.flink.configuration.ExternalizedCheckpointRetention",
    .enum_values = "DELETE_ON_CANCELLATION, RETAIN_ON_CANCELLATION, NO_EXTERNALIZED_CHECKPOINTS",
    .text = "What becomes of the checkpoints when the job is cancelled or fails for good."};
constexpr Option<int32_t> kRetained{.key = "execution.checkpointing.num-retained",
                                    .default_value = "1",
                                    .min = 1,
                                    .fallback_keys = {"state.checkpoints.num-retained"},
                                    .text = "How many complete checkpoints are kept."};
constexpr Option<bool> kIncremental{.key = "execution.checkpointing.incremental",
                                    .default_value = "false",
                                    .fallback_keys = {"state.backend.incremental"},
                                    .text = "Accepted; checkpoints here always write only what has changed."};
constexpr Option<std::string> kCheckpointFolder{
    .key = "execution.checkpointing.dir",
    .fallback_keys = {"state.checkpoints.dir", "state.backend.fs.checkpointdir"},
    .text = "Where checkpoints are written: a folder (file:/…) or a bucket (s3://…). Without it they live in memory."};
constexpr Option<std::string> kSavepointFolder{
    .key = "execution.checkpointing.savepoint-dir",
    .fallback_keys = {"state.savepoints.dir", "savepoints.state.backend.fs.dir"},
    .text = "Where savepoints are written when the request names no folder."};

constexpr Option<std::string> kRestorePath{.key = "execution.state-recovery.path",
                                           .fallback_keys = {"execution.savepoint.path"},
                                           .text = "The savepoint or checkpoint that a job starts from."};
constexpr Option<bool> kIgnoreUnclaimed{.key = "execution.state-recovery.ignore-unclaimed-state",
                                        .default_value = "false",
                                        .fallback_keys = {"execution.savepoint.ignore-unclaimed-state"},
                                        .text = "State of operators that the job does not have is dropped."};
constexpr Option<FlinkClaimMode> kClaimMode{
    .key = "execution.state-recovery.claim-mode",
    .default_value = "NO_CLAIM",
    .enum_class = "org.apache.flink.core.execution.RecoveryClaimMode",
    .enum_values = "CLAIM, NO_CLAIM, LEGACY",
    .fallback_keys = {"execution.savepoint-restore-mode"},
    .text = "CLAIM: the snapshot that a job starts from belongs to the job, which deletes it when it has newer ones."};

constexpr Option<std::string> kStrategy{
    .key = "restart-strategy.type",
    .fallback_keys = {"restart-strategy"},
    .text =
        "none (off, disable), fixed-delay, failure-rate or exponential-delay. Default: exponential-delay with "
        "checkpoints, else none."};
constexpr Option<int32_t> kFixedAttempts{.key = "restart-strategy.fixed-delay.attempts",
                                         .default_value = "1",
                                         .min = 0,
                                         .text = "Restarts before a job fails."};
constexpr Option<Milliseconds> kFixedDelay{
    .key = "restart-strategy.fixed-delay.delay", .default_value = "1 s", .min = 0, .text = "Pause before a restart."};
constexpr Option<int32_t> kRateFailures{.key = "restart-strategy.failure-rate.max-failures-per-interval",
                                        .default_value = "1",
                                        .min = 1,
                                        .text = "More failures in an interval make the job fail."};
constexpr Option<Milliseconds> kRateInterval{.key = "restart-strategy.failure-rate.failure-rate-interval",
                                             .default_value = "1 min",
                                             .min = 1,
                                             .text = "The interval in which failures are counted."};
constexpr Option<Milliseconds> kRateDelay{
    .key = "restart-strategy.failure-rate.delay", .default_value = "1 s", .min = 0, .text = "Pause before a restart."};
constexpr Option<Milliseconds> kInitialBackoff{.key = "restart-strategy.exponential-delay.initial-backoff",
                                               .default_value = "1 s",
                                               .min = 1,
                                               .text = "Pause before the first restart."};
constexpr Option<Milliseconds> kMaxBackoff{.key = "restart-strategy.exponential-delay.max-backoff",
                                           .default_value = "1 min",
                                           .min = 1,
                                           .text = "The longest pause before a restart."};
constexpr Option<double> kMultiplier{.key = "restart-strategy.exponential-delay.backoff-multiplier",
                                     .default_value = "1.5",
                                     .text = "Each pause is so many times the last one."};
constexpr Option<Milliseconds> kResetBackoff{.key = "restart-strategy.exponential-delay.reset-backoff-threshold",
                                             .default_value = "1 h",
                                             .min = 1,
                                             .text = "After running so long the pause is the initial one again."};
constexpr Option<double> kJitter{.key = "restart-strategy.exponential-delay.jitter-factor",
                                 .default_value = "0.1",
                                 .min = 0,
                                 .max = 1,
                                 .text = "A pause varies by this part of it, up or down."};
constexpr Option<int32_t> kAttemptsBeforeReset{
    .key = "restart-strategy.exponential-delay.attempts-before-reset-backoff",
    .default_value = "2147483647",
    .min = 1,
    .text = "More restarts without a reset of the pause make the job fail."};

constexpr Option<std::string> kBackend{.key = "state.backend.type",
                                       .default_value = "hashmap",
                                       .fallback_keys = {"state.backend"},
                                       .text = "hashmap (memory) or rocksdb (disk)."};
constexpr Option<std::string> kLocalFolder{.key = "state.backend.rocksdb.localdir",
                                           .text = "Where RocksDB keeps its working files."};
constexpr Option<int32_t> kMaxParallelism{.key = "pipeline.max-parallelism", .default_value = "-1", .text = ""};
constexpr Option<int32_t> kExceptionHistory{.key = "web.exception-history-size",
                                            .default_value = "16",
                                            .min = 0,
                                            .text = "How many failures of a job are remembered."};

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

Result<RestartKind> ReadKind(const std::string& text) {
  const std::string name = Lower(text);
  if (name == "none" || name == "off" || name == "disable") return RestartKind::kNone;
  if (name == "fixed-delay" || name == "fixeddelay") return RestartKind::kFixedDelay;
  if (name == "failure-rate" || name == "failurerate") return RestartKind::kFailureRate;
  if (name == "exponential-delay" || name == "exponentialdelay") return RestartKind::kExponentialDelay;
  return Error(ErrorCode::kOption, "Unknown restart strategy " + text + ".");
}

Result<RestartConfig> ReadRestart(const OptionValues& options, bool checkpoints) {
  RestartConfig out;
  SLUICE_ASSIGN_OR_RETURN(const auto kind, FindOption(options, kStrategy));
  if (kind) {
    SLUICE_ASSIGN_OR_RETURN(out.kind, ReadKind(*kind));
  } else {
    out.kind = checkpoints ? RestartKind::kExponentialDelay : RestartKind::kNone;
  }
  if (out.kind == RestartKind::kFixedDelay) {
    SLUICE_ASSIGN_OR_RETURN(out.attempts, GetOption(options, kFixedAttempts));
    SLUICE_ASSIGN_OR_RETURN(const Milliseconds delay, GetOption(options, kFixedDelay));
    out.delay_ms = delay.count();
  } else if (out.kind == RestartKind::kFailureRate) {
    SLUICE_ASSIGN_OR_RETURN(out.max_failures, GetOption(options, kRateFailures));
    SLUICE_ASSIGN_OR_RETURN(const Milliseconds interval, GetOption(options, kRateInterval));
    SLUICE_ASSIGN_OR_RETURN(const Milliseconds delay, GetOption(options, kRateDelay));
    out.failure_interval_ms = interval.count();
    out.delay_ms = delay.count();
  } else if (out.kind == RestartKind::kExponentialDelay) {
    SLUICE_ASSIGN_OR_RETURN(const Milliseconds initial, GetOption(options, kInitialBackoff));
    SLUICE_ASSIGN_OR_RETURN(const Milliseconds most, GetOption(options, kMaxBackoff));
    SLUICE_ASSIGN_OR_RETURN(const Milliseconds reset, GetOption(options, kResetBackoff));
    SLUICE_ASSIGN_OR_RETURN(out.multiplier, GetOption(options, kMultiplier));
    SLUICE_ASSIGN_OR_RETURN(out.jitter, GetOption(options, kJitter));
    SLUICE_ASSIGN_OR_RETURN(out.attempts_before_reset, GetOption(options, kAttemptsBeforeReset));
    out.initial_backoff_ms = initial.count();
    out.max_backoff_ms = most.count();
    out.reset_backoff_ms = reset.count();
    if (out.initial_backoff_ms > out.max_backoff_ms) {
      return Error(ErrorCode::kOption, "Initial backoff cannot be higher than maximum backoff.");
    }
    if (!(out.multiplier > 1)) return Error(ErrorCode::kOption, "Backoff multiplier must be greater than 1.");
  }
  return out;
}

Result<CheckpointConfig> ReadCheckpoints(const OptionValues& options) {
  CheckpointConfig out;
  SLUICE_ASSIGN_OR_RETURN(const auto interval, FindOption(options, kInterval));
  if (interval) out.interval_ms = interval->count();
  SLUICE_ASSIGN_OR_RETURN(const Milliseconds min_pause, GetOption(options, kMinPause));
  SLUICE_ASSIGN_OR_RETURN(const Milliseconds timeout, GetOption(options, kTimeout));
  SLUICE_ASSIGN_OR_RETURN(const Milliseconds aligned, GetOption(options, kAlignedTimeout));
  SLUICE_ASSIGN_OR_RETURN(out.max_concurrent, GetOption(options, kMaxConcurrent));
  SLUICE_ASSIGN_OR_RETURN(out.tolerable_failed, GetOption(options, kTolerableFailed));
  SLUICE_ASSIGN_OR_RETURN(const Mode mode, GetOption(options, kMode));
  SLUICE_ASSIGN_OR_RETURN(out.unaligned, GetOption(options, kUnaligned));
  SLUICE_ASSIGN_OR_RETURN(out.after_tasks_finish, GetOption(options, kAfterTasksFinish));
  SLUICE_ASSIGN_OR_RETURN(out.retention, GetOption(options, kRetention));
  SLUICE_ASSIGN_OR_RETURN(out.retained, GetOption(options, kRetained));
  SLUICE_ASSIGN_OR_RETURN(out.incremental, GetOption(options, kIncremental));
  SLUICE_ASSIGN_OR_RETURN(auto checkpoint_folder, FindOption(options, kCheckpointFolder));
  SLUICE_ASSIGN_OR_RETURN(auto savepoint_folder, FindOption(options, kSavepointFolder));
  out.min_pause_ms = min_pause.count();
  out.timeout_ms = timeout.count();
  out.aligned_timeout_ms = aligned.count();
  out.exactly_once = mode == Mode::kExactlyOnce;
  if (out.unaligned && out.exactly_once && out.max_concurrent > 1) {
    return Error(ErrorCode::kOption,
                 "maxConcurrentCheckpoints can't be > 1 if UnalignedCheckpoints enabled: set "
                 "'execution.checkpointing.max-concurrent-checkpoints' to 1");
  }
  out.checkpoint_folder = checkpoint_folder.value_or("");
  out.savepoint_folder = savepoint_folder.value_or("");
  return out;
}

Result<RestoreConfig> ReadRestore(const OptionValues& options) {
  RestoreConfig out;
  SLUICE_ASSIGN_OR_RETURN(auto path, FindOption(options, kRestorePath));
  SLUICE_ASSIGN_OR_RETURN(out.allow_non_restored, GetOption(options, kIgnoreUnclaimed));
  SLUICE_ASSIGN_OR_RETURN(const FlinkClaimMode claim, GetOption(options, kClaimMode));
  if (claim == FlinkClaimMode::kLegacy) {
    return Error(ErrorCode::kNotSupported,
                 "not supported yet: 'execution.state-recovery.claim-mode' LEGACY; use CLAIM or NO_CLAIM");
  }
  out.path = path.value_or("");
  out.claim = claim == FlinkClaimMode::kClaim ? ClaimMode::kClaim : ClaimMode::kNoClaim;
  return out;
}

}  // namespace

Result<JobConfig> ReadJobConfig(const OptionValues& options) {
  JobConfig out;
  SLUICE_ASSIGN_OR_RETURN(out.checkpoints, ReadCheckpoints(options));
  SLUICE_ASSIGN_OR_RETURN(out.restore, ReadRestore(options));
  SLUICE_ASSIGN_OR_RETURN(out.restart, ReadRestart(options, out.checkpoints.interval_ms.has_value()));
  SLUICE_ASSIGN_OR_RETURN(const std::string backend, GetOption(options, kBackend));
  if (backend == "rocksdb") {
    out.state_backend = StateBackendKind::kRocksDb;
  } else if (backend != "hashmap") {
    return Error(ErrorCode::kNotSupported,
                 "not supported yet: 'state.backend.type' = '" + backend + "'; there are hashmap and rocksdb");
  }
  SLUICE_ASSIGN_OR_RETURN(auto local, FindOption(options, kLocalFolder));
  out.local_folder = local.value_or("");
  SLUICE_ASSIGN_OR_RETURN(const int32_t max_parallelism, GetOption(options, kMaxParallelism));
  out.max_parallelism_given = max_parallelism != -1;
  SLUICE_ASSIGN_OR_RETURN(out.exception_history, GetOption(options, kExceptionHistory));
  return out;
}

void RegisterCheckpointOptions(OptionsRegistry& registry) {
  constexpr std::string_view kCheckpoints = "Checkpoints", kRecovery = "Restoring", kRestarts = "Restarts",
                             kState = "State";
  const auto add = [&](std::string_view section, const auto&... options) { (registry.Add(section, options), ...); };
  add(kCheckpoints, kInterval, kMinPause, kTimeout, kMaxConcurrent, kTolerableFailed, kMode, kUnaligned,
      kAlignedTimeout, kAfterTasksFinish, kRetention, kRetained, kIncremental, kCheckpointFolder, kSavepointFolder);
  add(kRecovery, kRestorePath, kIgnoreUnclaimed, kClaimMode);
  add(kRestarts, kStrategy, kFixedAttempts, kFixedDelay, kRateFailures, kRateInterval, kRateDelay, kInitialBackoff,
      kMaxBackoff, kMultiplier, kResetBackoff, kJitter, kAttemptsBeforeReset, kExceptionHistory);
  add(kState, kBackend, kLocalFolder);
}

}  // namespace sluice::engine
