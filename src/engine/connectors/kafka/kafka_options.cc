#include "engine/connectors/kafka/kafka_options.h"

#include <algorithm>

#include "engine/connectors/kafka/option_declarations.h"
#include "engine/connectors/kafka/table_options.h"
#include "engine/connectors/options/format_options.h"

namespace sluice::engine::kafka {
namespace {

/// A sink's schemas are registered by the topic's name, unless the table names a subject.
void FillSubjects(SinkOptions& out) {
  splits::RecordLayout& layout = out.table.layout;
  auto fill = [&](const Format* format, OptionMap& options, const char* suffix) {
    if (format == nullptr || out.table.topics.names.size() != 1) return;
    const std::string& name = format->descriptor.name;
    if (name != "avro-confluent" && name != "debezium-avro-confluent") return;
    if (options.contains("subject") || options.contains("schema-registry.subject")) return;
    options["subject"] = out.table.topics.names[0] + suffix;
  };
  fill(layout.value_format, layout.value_options, "-value");
  fill(layout.key_format, layout.key_options, "-key");
}

std::string Property(const KafkaTable& table, const std::string& name) {
  const auto it = table.properties.find(name);
  return it == table.properties.end() ? std::string() : it->second;
}

Result<OffsetReset> ReadReset(const KafkaTable& table) {
  std::string text = Property(table, "auto.offset.reset");
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  if (text.empty() || text == "none") return OffsetReset::kNone;
  if (text == "earliest") return OffsetReset::kEarliest;
  if (text == "latest") return OffsetReset::kLatest;
  return Error(ErrorCode::kOption,
               "auto.offset.reset can not be set to " + text + ". Valid values: [latest,earliest,none]");
}

Status ReadStartup(const TableOptions& reader, SourceOptions& out) {
  if (out.table.upsert) {
    out.startup = StartupMode::kEarliest;
    return {};
  }
  SLUICE_ASSIGN_OR_RETURN(out.startup, GetOption(reader.values(), kStartup));
  if (out.startup == StartupMode::kTimestamp) {
    SLUICE_ASSIGN_OR_RETURN(out.startup_timestamp_ms, reader.Timestamp(kStartupTimestamp, "startup"));
  } else if (out.startup == StartupMode::kSpecificOffsets) {
    return reader.Offsets(kStartupOffsets, "startup", out.table.topics, out.startup_offsets);
  }
  return {};
}

Status ReadBounds(const TableOptions& reader, SourceOptions& out) {
  SLUICE_ASSIGN_OR_RETURN(out.bounded, GetOption(reader.values(), kBounded));
  if (out.bounded == BoundedMode::kTimestamp) {
    SLUICE_ASSIGN_OR_RETURN(out.bounded_timestamp_ms, reader.Timestamp(kBoundedTimestamp, "bounded"));
  } else if (out.bounded == BoundedMode::kSpecificOffsets) {
    return reader.Offsets(kBoundedOffsets, "bounded", out.table.topics, out.bounded_offsets);
  }
  return {};
}

Status ReadGuarantee(const TableOptions& reader, SinkOptions& out) {
  SLUICE_ASSIGN_OR_RETURN(out.guarantee, GetOption(reader.values(), kGuarantee));
  SLUICE_ASSIGN_OR_RETURN(auto semantic, FindOption(reader.values(), kSemantic));
  if (semantic && !out.table.upsert) {
    std::replace(semantic->begin(), semantic->end(), '_', '-');
    SLUICE_ASSIGN_OR_RETURN(out.guarantee, ParseOption(kGuarantee, *semantic));
  }
  SLUICE_ASSIGN_OR_RETURN(const auto prefix, FindOption(reader.values(), kIdPrefix));
  if (out.guarantee == DeliveryGuarantee::kExactlyOnce && !prefix) {
    return Invalid("sink.transactional-id-prefix must be specified when using DeliveryGuarantee.EXACTLY_ONCE.");
  }
  out.transactional_id_prefix = prefix.value_or("");
  return {};
}

Status ReadPartitioner(const TableOptions& reader, SinkOptions& out) {
  if (out.table.upsert) return {};
  SLUICE_ASSIGN_OR_RETURN(const std::string name, GetOption(reader.values(), kPartitioner));
  if (name == "round-robin" && reader.values().contains(kKeyFields.key)) {
    return Invalid("Currently 'round-robin' partitioner only works when option 'key.fields' is not specified.");
  }
  if (name.empty()) return Invalid("Option 'sink.partitioner' should be a non-empty string.");
  out.fixed_partitioner = name == "fixed";
  // As in Flink, round-robin leaves it to Kafka, which spreads records without a key.
  if (name == "fixed" || name == "default" || name == "round-robin") return {};
  return Invalid("Could not find and instantiate partitioner class '" + name +
                 "'. Classes cannot be loaded here; choose 'default', 'fixed' or 'round-robin'.");
}

Status ReadFlush(const TableOptions& reader, SinkOptions& out) {
  if (!out.table.upsert) return {};
  SLUICE_ASSIGN_OR_RETURN(const int32_t rows, GetOption(reader.values(), kFlushRows));
  SLUICE_ASSIGN_OR_RETURN(const Millis interval, GetOption(reader.values(), kFlushInterval));
  if ((rows > 0) != (interval.count() > 0)) {
    return Invalid(
        "'sink.buffer-flush.max-rows' and 'sink.buffer-flush.interval' must be set to be greater than zero "
        "together to enable sink buffer flushing.");
  }
  out.flush_max_rows = static_cast<size_t>(std::max(0, rows));
  out.flush_interval_ms = interval.count();
  return {};
}

}  // namespace

Result<SourceOptions> ReadSourceOptions(const TableDescription& table, const Formats& formats, bool upsert) {
  SourceOptions out;
  TableOptions reader(table, formats, upsert, false);
  SLUICE_RETURN_IF_ERROR(reader.Common(out.table));
  SLUICE_RETURN_IF_ERROR(reader.ReadTopics(out.table.topics));
  SLUICE_RETURN_IF_ERROR(ReadStartup(reader, out));
  SLUICE_RETURN_IF_ERROR(ReadBounds(reader, out));
  if (upsert) SLUICE_RETURN_IF_ERROR(reader.CheckUpsertFormats(out.table.layout));
  SLUICE_RETURN_IF_ERROR(reader.CheckPrimaryKey(out.table.layout));
  SLUICE_RETURN_IF_ERROR(reader.Layout(out.table.layout));
  SLUICE_ASSIGN_OR_RETURN(out.reset, ReadReset(out.table));
  SLUICE_ASSIGN_OR_RETURN(const Millis discovery, GetOption(reader.values(), kDiscovery));
  out.discovery_interval_ms = out.bounded == BoundedMode::kUnbounded ? std::max<int64_t>(0, discovery.count()) : 0;
  out.group = Property(out.table, "group.id");
  out.commit_on_checkpoint = Property(out.table, "commit.offsets.on.checkpoint") != "false";
  if (out.group.empty() && (out.startup == StartupMode::kGroupOffsets || out.bounded == BoundedMode::kGroupOffsets)) {
    return Invalid("Property group.id is required when using committed offset for offsets initializer");
  }
  return out;
}

Result<SinkOptions> ReadSinkOptions(const TableDescription& table, const Formats& formats, bool upsert) {
  SinkOptions out;
  TableOptions reader(table, formats, upsert, true);
  SLUICE_RETURN_IF_ERROR(reader.ReadTopics(out.table.topics));
  SLUICE_RETURN_IF_ERROR(reader.Common(out.table));
  FillSubjects(out);
  SLUICE_RETURN_IF_ERROR(ReadPartitioner(reader, out));
  if (upsert) SLUICE_RETURN_IF_ERROR(reader.CheckUpsertFormats(out.table.layout));
  SLUICE_RETURN_IF_ERROR(reader.CheckPrimaryKey(out.table.layout));
  SLUICE_RETURN_IF_ERROR(ReadFlush(reader, out));
  SLUICE_RETURN_IF_ERROR(ReadGuarantee(reader, out));
  SLUICE_RETURN_IF_ERROR(reader.Layout(out.table.layout));
  return out;
}

std::vector<FactoryOption> KafkaFactoryOptions(bool upsert) {
  std::vector<FactoryOption> all;
  for (const OptionSpec& spec : Specs(upsert)) {
    all.push_back({std::string(spec.key), IsRequired(spec.key, upsert)});
  }
  for (const std::string& name : CommonOptions()) all.push_back({name, name == "connector"});
  all.push_back({"properties.#", false});
  return all;
}

}  // namespace sluice::engine::kafka
