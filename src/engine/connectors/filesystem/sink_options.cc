#include "engine/connectors/filesystem/sink_options.h"

#include "engine/formats/text/option_text.h"

namespace sluice::engine::filesystem {
namespace {

Status ReadRolling(const OptionMap& options, SinkOptions& o) {
  SLUICE_ASSIGN_OR_RETURN(const int64_t bytes, text::MemoryOption(options, "sink.rolling-policy.file-size",
                                                                  static_cast<int64_t>(o.roll_bytes)));
  o.roll_bytes = static_cast<uint64_t>(bytes);
  const std::pair<const char*, int64_t*> durations[] = {{"sink.rolling-policy.rollover-interval", &o.rollover_ms},
                                                        {"sink.rolling-policy.inactivity-interval", &o.inactivity_ms},
                                                        {"sink.rolling-policy.check-interval", &o.check_ms}};
  for (const auto& [name, ms] : durations) {
    SLUICE_ASSIGN_OR_RETURN(const auto given, text::DurationOption(options, name));
    if (given) *ms = *given;
  }
  return {};
}

/// What cannot hold a commit back yet is refused only where commits are asked for.
Status ReadPartitionCommit(const OptionMap& options, SinkOptions& o) {
  SLUICE_ASSIGN_OR_RETURN(const auto delay, text::DurationOption(options, "sink.partition-commit.delay"));
  const std::string trigger = text::StringOption(options, "sink.partition-commit.trigger", "process-time");
  std::string kinds = text::StringOption(options, "sink.partition-commit.policy.kind", "");
  const bool commits = !kinds.empty();
  while (!kinds.empty()) {
    const size_t comma = kinds.find(',');
    const std::string kind = kinds.substr(0, comma);
    kinds = comma == std::string::npos ? "" : kinds.substr(comma + 1);
    if (kind == "success-file") {
      o.success_file = text::StringOption(options, "sink.partition-commit.success-file.name", "_SUCCESS");
    } else if (kind == "metastore" || kind == "custom") {
      return Error(ErrorCode::kNotSupported, "not supported yet: the partition commit policy '" + kind +
                                                 "' ('sink.partition-commit.policy.kind')");
    } else {
      return Error(ErrorCode::kOption, "Unsupported policy: " + kind);
    }
  }
  if (commits && trigger != "process-time") {
    return Error(ErrorCode::kNotSupported, "not supported yet: 'sink.partition-commit.trigger' = '" + trigger +
                                               "'; partitions are committed by 'process-time'.");
  }
  if (commits) o.commit_delay_ms = delay.value_or(0);
  return {};
}

}  // namespace

Result<SinkOptions> ReadSinkOptions(const OptionMap& options) {
  SinkOptions o;
  SLUICE_RETURN_IF_ERROR(ReadRolling(options, o));
  o.default_name = text::StringOption(options, "partition.default-name", "__DEFAULT_PARTITION__");
  SLUICE_ASSIGN_OR_RETURN(const bool compaction, text::BoolOption(options, "auto-compaction", false));
  if (compaction) {
    return Error(ErrorCode::kNotSupported, "not supported yet: 'auto-compaction' = 'true' of the filesystem connector");
  }
  SLUICE_RETURN_IF_ERROR(ReadPartitionCommit(options, o));
  return o;
}

}  // namespace sluice::engine::filesystem
