#include "engine/sql/planner/source_watermarks.h"

#include "base/options_registry.h"

namespace sluice::engine {
namespace {

using Options = OptionMap;

/// 0 if it is not there.
Result<int64_t> Duration(const Options& options, const std::string& key) {
  auto found = options.find(key);
  if (found == options.end()) return int64_t{0};
  auto parsed = ParseOptionDuration(found->second);
  if (!parsed.ok()) {
    return Error(ErrorCode::kOption,
                 "Could not parse value '" + found->second + "' for key '" + key + "': " + parsed.error().message());
  }
  return parsed->count();
}

}  // namespace

Result<SourceWatermarks> ReadSourceWatermarks(const Options& options) {
  SourceWatermarks out;
  SLUICE_ASSIGN_OR_RETURN(out.idle_timeout_ms, Duration(options, "scan.watermark.idle-timeout"));
  if (auto strategy = options.find("scan.watermark.emit.strategy"); strategy != options.end()) {
    // The binder has checked it: on-event or on-periodic.
    out.on_event = strategy->second.size() == 8;
  }
  auto group = options.find("scan.watermark.alignment.group");
  const bool drift = options.contains("scan.watermark.alignment.max-drift");
  if (group == options.end() && !drift) return out;
  SLUICE_ASSIGN_OR_RETURN(out.max_drift_ms, Duration(options, "scan.watermark.alignment.max-drift"));
  if (group == options.end() || !drift) {
    auto connector = options.find("connector");
    return Error(ErrorCode::kOption,
                 "Error configuring watermark for '" + (connector == options.end() ? "" : connector->second) +
                     "', 'scan.watermark.alignment.group' and 'scan.watermark.alignment.max-drift' must be set when "
                     "configuring watermark alignment");
  }
  out.alignment_group = group->second;
  if (!options.contains("scan.watermark.alignment.max-drift")) {
    return Error(
        ErrorCode::kOption,
        "'scan.watermark.alignment.max-drift' must be set when 'scan.watermark.alignment.group' is configured.");
  }
  SLUICE_ASSIGN_OR_RETURN(const int64_t interval, Duration(options, "scan.watermark.alignment.update-interval"));
  if (interval > 0) out.update_interval_ms = interval;
  return out;
}

}  // namespace sluice::engine
