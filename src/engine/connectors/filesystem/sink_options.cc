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

Error Refused(const std::string& policy) {
  if (policy == "metastore") {
    return Error(ErrorCode::kOption,
                 "Can not configure a 'metastore' partition commit policy for a file system table. You can only "
                 "configure 'metastore' partition commit policy for a hive table.");
  }
  if (policy == "custom") {
    return Error(ErrorCode::kNotSupported,
                 "not supported yet: 'sink.partition-commit.policy.kind' = 'custom': it needs a Java class, which the "
                 "native engine cannot run; use 'success-file'.");
  }
  return Error(ErrorCode::kOption, "Unsupported policy: " + policy);
}

Status ReadTrigger(const OptionMap& options, SinkOptions& o) {
  std::string trigger = text::StringOption(options, "sink.partition-commit.trigger", "process-time");
  for (char& c : trigger) c = static_cast<char>(tolower(static_cast<unsigned char>(c)));
  if (trigger == "partition-time") {
    SLUICE_ASSIGN_OR_RETURN(PartitionTime time, PartitionTime::Make(options));
    o.partition_time = std::make_shared<const PartitionTime>(std::move(time));
  } else if (trigger != "process-time") {
    return text::InvalidOption("sink.partition-commit.trigger",
                               "Could not parse value for enum class PartitionCommitTriggerType. Expected one of: "
                               "[[process-time, partition-time]]");
  }
  return {};
}

/// Without a policy nothing is committed, and what says when is not looked at.
Status ReadPartitionCommit(const OptionMap& options, SinkOptions& o) {
  SLUICE_ASSIGN_OR_RETURN(const auto delay, text::DurationOption(options, "sink.partition-commit.delay"));
  std::string kinds = text::StringOption(options, "sink.partition-commit.policy.kind", "");
  const bool commits = !kinds.empty();
  while (!kinds.empty()) {
    const size_t comma = kinds.find(',');
    const std::string kind = kinds.substr(0, comma);
    kinds = comma == std::string::npos ? "" : kinds.substr(comma + 1);
    if (kind == "success-file") {
      o.success_file = text::StringOption(options, "sink.partition-commit.success-file.name", "_SUCCESS");
    } else {
      return Refused(kind);
    }
  }
  if (commits) SLUICE_RETURN_IF_ERROR(ReadTrigger(options, o));
  if (commits) o.commit_delay_ms = delay.value_or(0);
  return {};
}

}  // namespace

Result<SinkOptions> ReadSinkOptions(const OptionMap& options) {
  SinkOptions o;
  SLUICE_RETURN_IF_ERROR(ReadRolling(options, o));
  o.default_name = text::StringOption(options, "partition.default-name", "__DEFAULT_PARTITION__");
  SLUICE_ASSIGN_OR_RETURN(const bool compaction, text::BoolOption(options, "auto-compaction", false));
  SLUICE_ASSIGN_OR_RETURN(const int64_t target,
                          text::MemoryOption(options, "compaction.file-size", static_cast<int64_t>(o.roll_bytes)));
  if (compaction) o.compaction_bytes = static_cast<uint64_t>(target);
  SLUICE_RETURN_IF_ERROR(ReadPartitionCommit(options, o));
  return o;
}

}  // namespace sluice::engine::filesystem
