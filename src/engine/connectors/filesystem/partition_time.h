// The time that a partition's values stand for (DefaultPartTimeExtractor of Flink).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/connectors/filesystem/partition_path.h"
#include "engine/plan/descriptors.h"
#include "engine/types/datetime_pattern.h"
#include "engine/types/time_zone.h"

namespace sluice::engine::filesystem {

/// Immutable, any thread.
class PartitionTime {
 public:
  /// By 'partition.time-extractor.*' and 'sink.partition-commit.watermark-time-zone'. kNotSupported for a class of the
  /// user's.
  static Result<PartitionTime> Make(const OptionMap& options);

  /// The instant (ms since 1970) at which the partition begins. kData with java.time's words if the values are no time.
  Result<int64_t> Begin(const PartitionSpec& partition) const;

 private:
  Result<CivilTime> Parse(const std::string& text) const;

  std::optional<std::string> pattern_;  // else the first value
  DateTimePatternPtr formatter_;        // null: y-M-d[ H:m:s[.fraction]]
  TimeZonePtr zone_;
};

/// "2024-1-31" or "2024-1-31 9:5:0.25", fields with one or two digits; what is too large runs over into the next field,
/// as a lenient java.time formatter has it.
std::optional<CivilTime> ParseLenientTime(std::string_view text);

}  // namespace sluice::engine::filesystem
