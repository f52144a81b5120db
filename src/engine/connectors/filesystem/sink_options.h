// The sink.* options of a filesystem table.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/connectors/filesystem/partition_time.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::filesystem {

/// Flink's defaults.
struct SinkOptions {
  // A part file is closed when it is so large, so old, or unchanged for so long; the times are looked at in intervals.
  uint64_t roll_bytes = uint64_t{128} << 20;
  int64_t rollover_ms = 30 * 60'000;
  int64_t inactivity_ms = 30 * 60'000;
  int64_t check_ms = 60'000;
  std::string default_name;  // of the partition of NULL
  std::string success_file;  // empty: none is written
  /// A partition gets its success file at the first checkpoint this long after its first file (0: with every commit),
  /// or whose watermark is this long after the partition's time.
  int64_t commit_delay_ms = 0;
  std::shared_ptr<const PartitionTime> partition_time;  // null: 'process-time'
  /// Files of one checkpoint are put together up to this size; 0: they are not.
  uint64_t compaction_bytes = 0;
};

/// Refuses what is not supported yet.
Result<SinkOptions> ReadSinkOptions(const OptionMap& options);

}  // namespace sluice::engine::filesystem
