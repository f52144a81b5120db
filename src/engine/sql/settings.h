// Options of a SQL session, by Flink's names: declared once, read when a statement is planned.
#pragma once

#include <chrono>
#include <string>

#include "base/options_registry.h"
#include "engine/plan/physical_plan.h"

namespace sluice::engine::sql {

enum class RuntimeMode : uint8_t { kStreaming, kBatch, kAutomatic };
enum class LegacyCast : uint8_t { kEnabled, kDisabled };
enum class AggregatePhase : uint8_t { kAuto, kOnePhase, kTwoPhase };
enum class NotNullEnforcer : uint8_t { kError, kDrop };
enum class LengthEnforcer : uint8_t { kIgnore, kTrimPad, kError };
enum class SqlDialect : uint8_t { kDefault, kHive };

inline constexpr Option<RuntimeMode> kRuntimeMode{
    .key = "execution.runtime-mode",
    .default_value = "STREAMING",
    .enum_class = "org.apache.flink.api.common.RuntimeExecutionMode",
    .enum_values = "STREAMING, BATCH, AUTOMATIC",
    .text = "Streaming answers changes as they happen; batch answers the final rows of bounded input."};
inline constexpr Option<int32_t> kParallelism{
    .key = "parallelism.default", .default_value = "1", .text = "Subtasks of operators that do not say otherwise."};
inline constexpr Option<std::chrono::milliseconds> kAutoWatermarkInterval{
    .key = "pipeline.auto-watermark-interval",
    .default_value = "200 ms",
    .text = "How often watermarks are sent; 0 sends one after every row that advances it."};
inline constexpr Option<std::string> kTimeZone{
    .key = "table.local-time-zone",
    .default_value = "default",
    .text = "Zone of TIMESTAMP_LTZ values, as Area/City or an offset like +08:00."};
inline constexpr Option<std::chrono::milliseconds> kStateTtl{
    .key = "table.exec.state.ttl",
    .default_value = "0 ms",
    .text = "Idle time after which state may be dropped; 0 keeps it."};
inline constexpr Option<std::chrono::milliseconds> kIdleTimeout{
    .key = "table.exec.source.idle-timeout",
    .default_value = "0 ms",
    .text = "A source split that sends nothing for so long no longer holds the watermark back."};
inline constexpr Option<LegacyCast> kLegacyCast{
    .key = "table.exec.legacy-cast-behaviour",
    .default_value = "DISABLED",
    .enum_class = "org.apache.flink.table.api.config.ExecutionConfigOptions$LegacyCastBehaviour",
    .enum_values = "ENABLED, DISABLED",
    .text = "Casts as before Flink 1.15: failures give NULL."};
inline constexpr Option<bool> kMiniBatch{.key = "table.exec.mini-batch.enabled",
                                         .default_value = "false",
                                         .text = "Collect rows and fold changes before they go on."};
inline constexpr Option<std::chrono::milliseconds> kMiniBatchLatency{.key = "table.exec.mini-batch.allow-latency",
                                                                     .default_value = "0 ms",
                                                                     .text = "Longest time rows wait in a mini-batch."};
inline constexpr Option<int64_t> kMiniBatchSize{.key = "table.exec.mini-batch.size",
                                                .default_value = "-1",
                                                .text = "Most rows of a mini-batch; must be set with it."};
inline constexpr Option<bool> kEarlyFire{.key = "table.exec.emit.early-fire.enabled",
                                         .default_value = "false",
                                         .text = "Group windows show what they have before their end."};
inline constexpr Option<std::chrono::milliseconds> kEarlyFireDelay{
    .key = "table.exec.emit.early-fire.delay",
    .text = "Between two early results of a window; 0 shows one after every row."};
inline constexpr Option<bool> kLateFire{.key = "table.exec.emit.late-fire.enabled",
                                        .default_value = "false",
                                        .text = "Group windows correct their result when late rows come."};
inline constexpr Option<std::chrono::milliseconds> kLateFireDelay{
    .key = "table.exec.emit.late-fire.delay",
    .text = "Between two late results of a window; 0 shows one after every late row."};
inline constexpr Option<std::chrono::milliseconds> kAllowLateness{
    .key = "table.exec.emit.allow-lateness",
    .text = "How late a row may be to correct a window; the state's time to live if not set."};
inline constexpr Option<AggregatePhase> kAggregatePhase{
    .key = "table.optimizer.agg-phase-strategy",
    .default_value = "AUTO",
    .enum_class = "org.apache.flink.table.api.config.AggregatePhaseStrategy",
    .enum_values = "AUTO, ONE_PHASE, TWO_PHASE",
    .text = "Whether aggregates are computed locally first."};
inline constexpr Option<NotNullEnforcer> kNotNullEnforcer{
    .key = "table.exec.sink.not-null-enforcer",
    .default_value = "ERROR",
    .enum_class = "org.apache.flink.table.api.config.ExecutionConfigOptions$NotNullEnforcer",
    .enum_values = "ERROR, DROP",
    .text = "What happens to a NULL for a NOT NULL column of a sink."};
inline constexpr Option<LengthEnforcer> kLengthEnforcer{
    .key = "table.exec.sink.type-length-enforcer",
    .default_value = "IGNORE",
    .enum_class = "org.apache.flink.table.api.config.ExecutionConfigOptions$TypeLengthEnforcer",
    .enum_values = "IGNORE, TRIM_PAD, ERROR",
    .text = "What happens to text longer or shorter than a sink column's CHAR(n)."};
inline constexpr Option<std::string> kDialect{
    .key = "table.sql-dialect", .default_value = "default", .text = "Only Flink's default dialect is spoken."};

/// All of them, for help and reference pages.
const OptionsRegistry& SessionOptions();

/// The session's options as the plan needs them. kOption with Flink's sentence for a value that does not parse; unknown
/// keys are let be.
Result<PlanSettings> ReadSettings(const OptionMap& options);
/// table.exec.emit.* for a group window. `state_ttl_ms` is the lateness that counts if none is set.
Result<EmitStrategy> ReadEmitStrategy(const OptionMap& options, bool processing_time, int64_t state_ttl_ms);

}  // namespace sluice::engine::sql
