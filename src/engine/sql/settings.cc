#include "engine/sql/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "engine/types/time_zone.h"

namespace sluice::engine::sql {

const OptionsRegistry& SessionOptions() {
  static const OptionsRegistry kRegistry = [] {
    OptionsRegistry r;
    const std::string_view section = "SQL session";
    r.Add(section, kRuntimeMode);
    r.Add(section, kParallelism);
    r.Add(section, kAutoWatermarkInterval);
    r.Add(section, kTimeZone);
    r.Add(section, kStateTtl);
    r.Add(section, kIdleTimeout);
    r.Add(section, kLegacyCast);
    r.Add(section, kMiniBatch);
    r.Add(section, kMiniBatchLatency);
    r.Add(section, kMiniBatchSize);
    r.Add(section, kEarlyFire);
    r.Add(section, kEarlyFireDelay);
    r.Add(section, kLateFire);
    r.Add(section, kLateFireDelay);
    r.Add(section, kAllowLateness);
    r.Add(section, kAggregatePhase);
    r.Add(section, kNotNullEnforcer);
    r.Add(section, kLengthEnforcer);
    r.Add(section, kDialect);
    return r;
  }();
  return kRegistry;
}

namespace {

Status CheckDialect(const std::string& dialect) {
  std::string upper = dialect;
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  if (upper == "DEFAULT") return {};
  if (upper == "HIVE")
    return Error(ErrorCode::kNotSupported, "not supported yet: SQL dialect HIVE (option table.sql-dialect)");
  return Error(ErrorCode::kOption,
               fmt::format("No enum constant org.apache.flink.table.api.SqlDialect.{} (option table.sql-dialect "
                           "takes 'default')",
                           upper));
}

/// SELECT * always has all columns here.
Status CheckColumnExpansion(const std::string& strategies) {
  constexpr const char* kOption = "table.column-expansion-strategy";
  if (strategies.empty()) return {};
  std::stringstream list(strategies);
  for (std::string one; std::getline(list, one, ';');) {
    if (one == "EXCLUDE_ALIASED_VIRTUAL_METADATA_COLUMNS" || one == "EXCLUDE_DEFAULT_VIRTUAL_METADATA_COLUMNS")
      continue;
    return Error(ErrorCode::kOption,
                 fmt::format("Could not parse value '{}' for key '{}'. Expected one of: "
                             "[EXCLUDE_ALIASED_VIRTUAL_METADATA_COLUMNS, EXCLUDE_DEFAULT_VIRTUAL_METADATA_COLUMNS]",
                             one, kOption));
  }
  return Error(ErrorCode::kNotSupported,
               fmt::format("not supported yet: '{}' in option {}: name the columns in SELECT", strategies, kOption));
}

Status ReadMiniBatch(const OptionValues& values, PlanSettings& out) {
  SLUICE_ASSIGN_OR_RETURN(out.mini_batch, GetOption(values, kMiniBatch));
  SLUICE_ASSIGN_OR_RETURN(auto latency, GetOption(values, kMiniBatchLatency));
  out.mini_batch_latency_ms = latency.count();
  if (!out.mini_batch) return {};
  if (out.mini_batch_latency_ms <= 0) {
    return Error(ErrorCode::kOption,
                 "MiniBatch Latency must be greater than 0 ms (option table.exec.mini-batch.allow-latency).");
  }
  SLUICE_ASSIGN_OR_RETURN(out.mini_batch_size, GetOption(values, kMiniBatchSize));
  if (out.mini_batch_size <= 0) {
    return Error(ErrorCode::kOption,
                 "Key: 'table.exec.mini-batch.size' , default: -1 (fallback keys: []) must be > 0.");
  }
  return {};
}

/// Of what java.time.ZoneId takes, Flink takes neither bare offsets, nor UTC with one, nor Java's short ids.
bool IsZoneOfOption(std::string_view zone) {
  static constexpr std::string_view kShortIds[] = {"ACT", "AET", "AGT", "ART", "AST", "BET", "BST", "CAT", "CNT", "CST",
                                                   "CTT", "EAT", "ECT", "IET", "IST", "JST", "MIT", "NET", "NST", "PLT",
                                                   "PNT", "PRT", "PST", "SST", "VST", "EST", "MST", "HST"};
  if (zone.empty() || zone[0] == '+' || zone[0] == '-' || zone.starts_with("UTC+") || zone.starts_with("UTC-") ||
      std::find(std::begin(kShortIds), std::end(kShortIds), zone) != std::end(kShortIds)) {
    return false;
  }
  return TimeZone::Find(zone).ok();
}

}  // namespace

Result<PlanSettings> ReadSettings(const OptionMap& options) {
  const OptionValues values(options.begin(), options.end());
  PlanSettings out;
  out.options = options;
  SLUICE_ASSIGN_OR_RETURN(auto mode, GetOption(values, kRuntimeMode));
  out.batch = mode == RuntimeMode::kBatch;
  SLUICE_ASSIGN_OR_RETURN(std::string zone, GetOption(values, kTimeZone));
  out.time_zone = zone == "default" ? "UTC" : zone;
  if (!IsZoneOfOption(out.time_zone)) {
    return Error(
        ErrorCode::kOption,
        fmt::format(
            "Invalid time zone '{}' in option table.local-time-zone. The value should be a Time Zone Database (TZDB) "
            "ID such as "
            "'America/Los_Angeles' to include daylight saving time. Fixed offsets are supported using 'GMT-03:00' or "
            "'GMT+03:00'. Or use 'UTC' without time zone and daylight saving time.",
            zone));
  }
  SLUICE_ASSIGN_OR_RETURN(auto legacy, GetOption(values, kLegacyCast));
  out.legacy_cast = legacy == LegacyCast::kEnabled;
  SLUICE_ASSIGN_OR_RETURN(auto interval, GetOption(values, kAutoWatermarkInterval));
  out.auto_watermark_interval_ms = interval.count();
  SLUICE_ASSIGN_OR_RETURN(auto ttl, GetOption(values, kStateTtl));
  out.state_ttl_ms = ttl.count();
  SLUICE_RETURN_IF_ERROR(ReadMiniBatch(values, out));
  for (Status s : {[&] {
                     auto r = GetOption(values, kAggregatePhase);
                     return r.ok() ? Status() : Status(r.error());
                   }(),
                   [&] {
                     auto r = GetOption(values, kParallelism);
                     return r.ok() ? Status() : Status(r.error());
                   }()}) {
    if (!s.ok()) return s.error();
  }
  if (const auto expansion = options.find("table.column-expansion-strategy"); expansion != options.end()) {
    SLUICE_RETURN_IF_ERROR(CheckColumnExpansion(expansion->second));
  }
  SLUICE_ASSIGN_OR_RETURN(std::string dialect, GetOption(values, kDialect));
  SLUICE_RETURN_IF_ERROR(CheckDialect(dialect));
  return out;
}

Result<EmitStrategy> ReadEmitStrategy(const OptionMap& options, bool processing_time, int64_t state_ttl_ms) {
  const OptionValues values(options.begin(), options.end());
  EmitStrategy out;
  auto delay = [&](const Option<std::chrono::milliseconds>& option, std::string_view which) -> Result<int64_t> {
    SLUICE_ASSIGN_OR_RETURN(const auto value, FindOption(values, option));
    if (value) return value->count();
    return Error(ErrorCode::kOption, fmt::format("{0}-fire delay should not be null or negative value when enable "
                                                 "{1}-fire emit strategy: set {2}.",
                                                 which == "early" ? "Early" : "Late", which, option.key));
  };
  SLUICE_ASSIGN_OR_RETURN(out.early, GetOption(values, kEarlyFire));
  if (out.early) {
    SLUICE_ASSIGN_OR_RETURN(out.early_delay_ms, delay(kEarlyFireDelay, "early"));
  }
  SLUICE_ASSIGN_OR_RETURN(bool late, GetOption(values, kLateFire));
  out.late = late && !processing_time;
  if (!out.late) return out;
  SLUICE_ASSIGN_OR_RETURN(out.late_delay_ms, delay(kLateFireDelay, "late"));
  SLUICE_ASSIGN_OR_RETURN(const auto lateness, FindOption(values, kAllowLateness));
  out.lateness_ms = lateness ? lateness->count() : state_ttl_ms;
  if (out.lateness_ms <= 0) {
    return Error(ErrorCode::kOption,
                 "The 'AFTER WATERMARK' emit strategy requires set 'allow-lateness' or 'minIdleStateRetentionTime' in "
                 "table config: set table.exec.emit.allow-lateness.");
  }
  if (out.lateness_ms < out.late_delay_ms) {
    return Error(ErrorCode::kOption,
                 fmt::format("Allow-lateness [{}ms] should not be smaller than Late-fire delay [{}ms] when enable "
                             "late-fire emit strategy.",
                             out.lateness_ms, out.late_delay_ms));
  }
  return out;
}

}  // namespace sluice::engine::sql
