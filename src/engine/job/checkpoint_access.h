// How a job's settings become the storages of its checkpoints: folders, and S3 with the keys and endpoint that Flink's
// S3 file systems read.
#pragma once

#include "base/clock.h"
#include "base/options_registry.h"
#include "base/result.h"
#include "engine/state/restore_point.h"

namespace sluice::engine {

/// `clock` outlives the storages. Without s3.* settings, S3 is found as AWS' tools find it (environment, profile,
/// container).
Result<OpenStorage> CheckpointAccess(const OptionValues& values, Clock* clock);

void RegisterCheckpointAccessOptions(OptionsRegistry& registry);

}  // namespace sluice::engine
