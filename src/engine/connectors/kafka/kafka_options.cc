#include "engine/connectors/kafka/kafka_options.h"

#include <algorithm>
#include <chrono>

#include "base/options_registry.h"
#include "engine/connectors/options/format_options.h"
#include "engine/functions/regex.h"

namespace sluice::engine::kafka {
namespace {

#define SLUICE_KAFKA_CLASS "org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions$"

enum class FieldsInclude : uint8_t { kAll, kExceptKey };
enum class NamingStrategy : uint8_t { kDefault, kIncrementing, kPooling };
using Millis = std::chrono::milliseconds;
using Names = std::vector<std::string>;

constexpr Option<std::string> kServers{.key = "properties.bootstrap.servers", .text = "Where to find the brokers."};
constexpr Option<std::string> kGroup{.key = "properties.group.id",
                                     .text = "The consumer group whose offsets are read and committed."};
constexpr Option<Names> kTopic{.key = "topic",
                               .text = "Topics, separated by ';'; of a sink, the ones it may write to."};
constexpr Option<std::string> kTopicPattern{
    .key = "topic-pattern", .text = "A regular expression for the names of topics, instead of 'topic'."};
constexpr Option<std::string> kFormat{.key = "format", .text = "The format of values; 'value.format' is the same."};
constexpr Option<std::string> kValueFormat{.key = "value.format", .text = "The format of values."};
constexpr Option<std::string> kKeyFormat{.key = "key.format", .text = "The format of keys."};
constexpr Option<Names> kKeyFields{.key = "key.fields", .text = "The columns that stand in the key."};
constexpr Option<std::string> kKeyPrefix{.key = "key.fields-prefix",
                                         .text = "What the names of key columns begin with in the table alone."};
constexpr Option<FieldsInclude> kValueFields{.key = "value.fields-include",
                                             .default_value = "ALL",
                                             .enum_class = SLUICE_KAFKA_CLASS "ValueFieldsStrategy",
                                             .enum_values = "ALL, EXCEPT_KEY",
                                             .text = "Whether key columns stand in the value too."};
constexpr Option<StartupMode> kStartup{
    .key = "scan.startup.mode",
    .default_value = "group-offsets",
    .enum_class = SLUICE_KAFKA_CLASS "ScanStartupMode",
    .enum_values = "earliest-offset, latest-offset, group-offsets, timestamp, specific-offsets",
    .text = "Where reading begins without a checkpoint."};
constexpr Option<std::string> kStartupOffsets{.key = "scan.startup.specific-offsets",
                                              .text = "partition:0,offset:42;partition:1,offset:300"};
constexpr Option<int64_t> kStartupTimestamp{.key = "scan.startup.timestamp-millis",
                                            .text = "Begin at the first records that are not older."};
constexpr Option<BoundedMode> kBounded{
    .key = "scan.bounded.mode",
    .default_value = "unbounded",
    .enum_class = SLUICE_KAFKA_CLASS "ScanBoundedMode",
    .enum_values = "unbounded, latest-offset, group-offsets, timestamp, specific-offsets",
    .text = "Where reading ends."};
constexpr Option<std::string> kBoundedOffsets{.key = "scan.bounded.specific-offsets",
                                              .text = "partition:0,offset:42;partition:1,offset:300"};
constexpr Option<int64_t> kBoundedTimestamp{.key = "scan.bounded.timestamp-millis",
                                            .text = "End before the first records that are not older."};
constexpr Option<Millis> kDiscovery{
    .key = "scan.topic-partition-discovery.interval",
    .default_value = "5 min",
    .text = "How often new partitions and topics are looked for; 0: at the start only."};
constexpr Option<int32_t> kScanParallelism{.key = "scan.parallelism", .text = "The source's parallelism."};
constexpr Option<int32_t> kSinkParallelism{.key = "sink.parallelism", .text = "The sink's parallelism."};
constexpr Option<std::string> kPartitioner{.key = "sink.partitioner",
                                           .default_value = "default",
                                           .text = "'default' (by key), 'fixed' (by subtask) or 'round-robin'."};
constexpr Option<std::string> kSemantic{.key = "sink.semantic", .text = "The old name of sink.delivery-guarantee."};
constexpr Option<DeliveryGuarantee> kGuarantee{.key = "sink.delivery-guarantee",
                                               .default_value = "at-least-once",
                                               .enum_class = "org.apache.flink.connector.base.DeliveryGuarantee",
                                               .enum_values = "exactly-once, at-least-once, none",
                                               .text = "What holds for rows when the job fails."};
constexpr Option<std::string> kIdPrefix{
    .key = "sink.transactional-id-prefix",
    .text = "What the names of all transactions of an exactly-once sink begin with."};
constexpr Option<NamingStrategy> kNaming{
    .key = "sink.transaction-naming-strategy",
    .default_value = "DEFAULT",
    .enum_class = "org.apache.flink.connector.kafka.sink.TransactionNamingStrategy",
    .enum_values = "DEFAULT, INCREMENTING, POOLING",
    .text = "Accepted; transactional ids are always reused (a pool a subtask)."};
constexpr Option<int32_t> kFlushRows{.key = "sink.buffer-flush.max-rows",
                                     .default_value = "0",
                                     .text = "Keep only the last row of a key in so many rows; 0: off."};
constexpr Option<Millis> kFlushInterval{.key = "sink.buffer-flush.interval",
                                        .default_value = "0 s",
                                        .text = "Write what is kept at least so often; 0: off."};

constexpr std::string_view kPropertiesPrefix = "properties.";

std::vector<OptionSpec> Specs(bool upsert) {
  std::vector<OptionSpec> all = {kServers.spec(),         kTopic.spec(),
                                 kTopicPattern.spec(),    kKeyFormat.spec(),
                                 kValueFormat.spec(),     kKeyPrefix.spec(),
                                 kValueFields.spec(),     kBounded.spec(),
                                 kBoundedOffsets.spec(),  kBoundedTimestamp.spec(),
                                 kDiscovery.spec(),       kScanParallelism.spec(),
                                 kSinkParallelism.spec(), kGuarantee.spec(),
                                 kIdPrefix.spec(),        kNaming.spec()};
  if (upsert) {
    for (const OptionSpec& s : {kFlushRows.spec(), kFlushInterval.spec()}) all.push_back(s);
  } else {
    for (const OptionSpec& s :
         {kGroup.spec(), kFormat.spec(), kKeyFields.spec(), kStartup.spec(), kStartupOffsets.spec(),
          kStartupTimestamp.spec(), kPartitioner.spec(), kSemantic.spec()}) {
      all.push_back(s);
    }
  }
  return all;
}

bool IsRequired(std::string_view key, bool upsert) {
  return key == kServers.key || (upsert && (key == kKeyFormat.key || key == kValueFormat.key));
}

Error Invalid(std::string message) { return Error(ErrorCode::kValidation, std::move(message)); }

std::string ListText(const Names& names) {
  std::string out = "[";
  for (const std::string& name : names) out += (out.size() > 1 ? ", " : "") + name;
  return out + "]";
}

/// As Java prints a ChangelogMode.
std::string KindsText(const ChangelogMode& mode) {
  Names kinds = {"INSERT"};
  if (mode.update_before) kinds.emplace_back("UPDATE_BEFORE");
  if (mode.update_after) kinds.emplace_back("UPDATE_AFTER");
  if (mode.deletes) kinds.emplace_back("DELETE");
  return ListText(kinds);
}

/// Reads one table's options.
class Reader {
 public:
  Reader(const TableDescription& table, const Formats& formats, bool upsert, bool sink)
      : table_(table),
        formats_(formats),
        upsert_(upsert),
        sink_(sink),
        values_(table.options.begin(), table.options.end()) {}

  const OptionValues& values() const { return values_; }

  /// Formats, then the options' names, in Flink's order.
  Status Common(KafkaTable& out) {
    out.upsert = upsert_;
    splits::RecordLayout& layout = out.layout;
    layout.upsert = upsert_;
    SLUICE_ASSIGN_OR_RETURN(layout.key_format, FormatOf(kKeyFormat.key));
    if (layout.key_format != nullptr && !upsert_) SLUICE_RETURN_IF_ERROR(CheckKeyFormat(*layout.key_format));
    std::string value_prefix;
    if (!upsert_) {
      SLUICE_ASSIGN_OR_RETURN(layout.value_format, FormatOf(kFormat.key));
    }
    if (layout.value_format == nullptr) {
      SLUICE_ASSIGN_OR_RETURN(layout.value_format, FormatOf(kValueFormat.key));
      value_prefix = "value.";
    }
    for (const auto* missing : {upsert_ && layout.key_format == nullptr ? &kKeyFormat.key : nullptr,
                                layout.value_format == nullptr ? &kValueFormat.key : nullptr}) {
      if (missing == nullptr) continue;
      return Invalid("Could not find required " + std::string(sink_ ? "sink" : "scan") + " format '" +
                     std::string(*missing) + "'.");
    }
    SLUICE_RETURN_IF_ERROR(CheckNames(layout, value_prefix));
    layout.value_options = FormatOptions(table_.options, value_prefix + layout.value_format->descriptor.name);
    if (layout.key_format != nullptr) {
      layout.key_options = FormatOptions(table_.options, "key." + layout.key_format->descriptor.name);
    }
    for (const auto& [name, value] : table_.options) {
      if (name.starts_with(kPropertiesPrefix)) out.properties[name.substr(kPropertiesPrefix.size())] = value;
    }
    return {};
  }

  Status ReadTopics(Topics& out) const {
    SLUICE_ASSIGN_OR_RETURN(const auto names, FindOption(values_, kTopic));
    SLUICE_ASSIGN_OR_RETURN(const auto pattern, FindOption(values_, kTopicPattern));
    if (names && pattern) return Invalid("Option 'topic' and 'topic-pattern' shouldn't be set together.");
    if (!names && !pattern) return Invalid("Either 'topic' or 'topic-pattern' must be set.");
    if (names) out.names = *names;
    if (pattern) {
      out.pattern = *pattern;
      SLUICE_RETURN_IF_ERROR(Regex::Compile("^(?:" + *pattern + ")$"));
    }
    return {};
  }

  /// Which columns stand in key and value.
  Status Layout(splits::RecordLayout& layout) const {
    SLUICE_ASSIGN_OR_RETURN(layout.key_prefix, FindText(kKeyPrefix));
    SLUICE_ASSIGN_OR_RETURN(layout.key_fields, KeyFields(layout));
    SLUICE_ASSIGN_OR_RETURN(const FieldsInclude include, GetOption(values_, kValueFields));
    if (include == FieldsInclude::kAll && !layout.key_prefix.empty()) {
      return Invalid(
          "A key prefix is not allowed when option 'value.fields-include' is set to 'ALL'. Set it to "
          "'EXCEPT_KEY' instead to avoid field overlaps.");
    }
    for (int i = 0; i < static_cast<int>(table_.physical.size()); ++i) {
      const bool in_key = std::find(layout.key_fields.begin(), layout.key_fields.end(), i) != layout.key_fields.end();
      if (include == FieldsInclude::kAll || !in_key) layout.value_fields.push_back(i);
    }
    SLUICE_RETURN_IF_ERROR(ValidateFormat(*layout.value_format, layout.value_options, layout.value_fields, ""));
    if (layout.key_format == nullptr) return {};
    return ValidateFormat(*layout.key_format, layout.key_options, layout.key_fields, layout.key_prefix);
  }

  Status CheckPrimaryKey(const splits::RecordLayout& layout) const {
    if (upsert_ && table_.primary_key.empty()) {
      return Invalid(
          "'upsert-kafka' tables require to define a PRIMARY KEY constraint. The PRIMARY KEY specifies which columns "
          "should be read from or write to the Kafka message key. The PRIMARY KEY also defines records in the "
          "'upsert-kafka' table should update or delete on which keys.");
    }
    if (upsert_ || table_.primary_key.empty() || !Changelog(*layout.value_format).insert_only()) return {};
    return Invalid("The Kafka table '" + table_.identifier + "' with '" + layout.value_format->descriptor.name +
                   "' format doesn't support defining PRIMARY KEY constraint on the table, because it can't guarantee "
                   "the semantic of primary key.");
  }

  Status CheckUpsertFormats(const splits::RecordLayout& layout) const {
    for (const bool key : {true, false}) {
      const Format& format = key ? *layout.key_format : *layout.value_format;
      if (Changelog(format).insert_only()) continue;
      const std::string& name = format.descriptor.name;
      return Invalid("'upsert-kafka' connector doesn't support '" + name + "' as " + (key ? "key" : "value") +
                     " format, because '" + name + "' is not in insert-only mode.");
    }
    return {};
  }

  bool SingleTopic(const Topics& topics) const { return topics.names.size() == 1; }

  Status Offsets(const Option<std::string>& option, std::string_view mode, const Topics& topics,
                 OffsetsByPartition& out) const {
    SLUICE_ASSIGN_OR_RETURN(const auto text, FindOption(values_, option));
    if (!text) {
      return Invalid("'" + std::string(option.key) + "' is required in 'specific-offsets' " + std::string(mode) +
                     " mode but missing.");
    }
    if (!SingleTopic(topics)) {
      return Invalid("Currently Kafka source only supports specific offset for single topic.");
    }
    const Error malformed =
        Invalid("Invalid properties '" + std::string(option.key) +
                "' should follow the format 'partition:0,offset:42;partition:1,offset:300', but is '" + *text + "'.");
    size_t begin = 0;
    while (begin < text->size() || out.empty()) {
      const size_t end = std::min(text->find(';', begin), text->size());
      const std::string pair = text->substr(begin, end - begin);
      const size_t comma = pair.find(',');
      if (comma == std::string::npos || !pair.starts_with("partition:") ||
          !pair.substr(comma + 1).starts_with("offset:")) {
        return malformed;
      }
      const Result<int32_t> partition = ParseOptionInt(pair.substr(10, comma - 10));
      const Result<int64_t> offset = ParseOptionLong(pair.substr(comma + 8));
      if (!partition.ok() || !offset.ok()) return malformed;
      out[*partition] = *offset;
      begin = end + 1;
    }
    return {};
  }

  Result<int64_t> Timestamp(const Option<int64_t>& option, std::string_view mode) const {
    SLUICE_ASSIGN_OR_RETURN(const auto value, FindOption(values_, option));
    if (value) return *value;
    return Invalid("'" + std::string(option.key) + "' is required in 'timestamp' " + std::string(mode) +
                   " mode but missing.");
  }

 private:
  const ChangelogMode& Changelog(const Format& format) const {
    return sink_ ? format.descriptor.encode_changelog : format.descriptor.decode_changelog;
  }

  Result<std::string> FindText(const Option<std::string>& option) const {
    SLUICE_ASSIGN_OR_RETURN(auto text, FindOption(values_, option));
    return text.value_or("");
  }

  /// Null if the option is not set.
  Result<const Format*> FormatOf(std::string_view option) const {
    const auto named = values_.find(option);
    if (named == values_.end()) return static_cast<const Format*>(nullptr);
    SLUICE_ASSIGN_OR_RETURN(const Format* format, FormatOfTable({{"format", named->second}}, formats_));
    if (!format->in_messages) {
      return Error(ErrorCode::kOption,
                   "The format '" + named->second + "' is one of files: it cannot be used in messages.");
    }
    if (sink_ ? format->descriptor.encodes : format->descriptor.decodes) return format;
    return Error(ErrorCode::kOption,
                 "The format '" + named->second + "' cannot be used to " + (sink_ ? "write." : "read."));
  }

  Status CheckKeyFormat(const Format& format) const {
    if (Changelog(format).insert_only()) return {};
    return Invalid("A key format should only deal with INSERT-only records. But " + format.descriptor.name +
                   " has a changelog mode of " + KindsText(Changelog(format)) + ".");
  }

  Status CheckNames(const splits::RecordLayout& layout, const std::string& value_prefix) const {
    std::vector<std::string> supported = CommonOptions(), required;
    for (const OptionSpec& spec : Specs(upsert_)) {
      supported.emplace_back(spec.key);
      if (IsRequired(spec.key, upsert_)) required.emplace_back(spec.key);
    }
    auto add_format = [&](const Format* format, const std::string& prefix) {
      if (format == nullptr) return;
      for (const FactoryOption& o : format->descriptor.options) {
        supported.push_back(prefix + format->descriptor.name + "." + o.name);
      }
    };
    add_format(layout.value_format, value_prefix);
    add_format(layout.key_format, "key.");
    OptionMap own;
    for (const auto& [name, value] : table_.options) {
      const bool format_option =
          name.starts_with(value_prefix + layout.value_format->descriptor.name + ".") ||
          (layout.key_format != nullptr && name.starts_with("key." + layout.key_format->descriptor.name + "."));
      if (!format_option && (!name.starts_with(kPropertiesPrefix) || name == kServers.key)) own.emplace(name, value);
    }
    SLUICE_RETURN_IF_ERROR(RequireOptions(table_.options, required));
    SLUICE_RETURN_IF_ERROR(RefuseUnknownOptions(upsert_ ? "upsert-kafka" : "kafka", own, supported));
    SLUICE_RETURN_IF_ERROR(FindOption(values_, kScanParallelism));
    SLUICE_RETURN_IF_ERROR(FindOption(values_, kSinkParallelism));
    return GetOption(values_, kNaming).ok() ? Status() : Status(GetOption(values_, kNaming).error());
  }

  Result<std::vector<int>> KeyFields(const splits::RecordLayout& layout) const {
    std::vector<int> fields;
    Names names = table_.primary_key;
    if (!upsert_) {
      SLUICE_ASSIGN_OR_RETURN(const auto listed, FindOption(values_, kKeyFields));
      if (layout.key_format == nullptr && listed) {
        return Invalid("The option 'key.fields' can only be declared if a key format is defined using 'key.format'.");
      }
      if (layout.key_format != nullptr && (!listed || listed->empty())) {
        return Invalid(
            "A key format 'key.format' requires the declaration of one or more of key fields using 'key.fields'.");
      }
      names = listed.value_or(Names());
    }
    Names physical;
    for (const RowField& f : table_.physical) physical.push_back(f.name);
    for (const std::string& name : names) {
      const auto at = std::find(physical.begin(), physical.end(), name);
      if (at == physical.end()) {
        return Invalid("Could not find the field '" + name +
                       "' in the table schema for usage in the key format. A key field must be a regular, physical "
                       "column. The following columns can be selected in the 'key.fields' option:\n" +
                       ListText(physical));
      }
      if (!name.starts_with(layout.key_prefix)) {
        return Invalid("All fields in 'key.fields' must be prefixed with '" + layout.key_prefix +
                       "' when option 'key.fields-prefix' is set but field '" + name + "' is not prefixed.");
      }
      fields.push_back(static_cast<int>(at - physical.begin()));
    }
    return fields;
  }

  /// The format's own checks; of an encoder, that it can be made.
  Status ValidateFormat(const Format& format, const OptionMap& options, const std::vector<int>& fields,
                        std::string_view prefix) const {
    Schema schema;
    for (const int f : fields) {
      schema.push_back(table_.physical[static_cast<size_t>(f)]);
      if (schema.back().name.starts_with(prefix)) schema.back().name.erase(0, prefix.size());
    }
    if (format.descriptor.validate) SLUICE_RETURN_IF_ERROR(format.descriptor.validate(options, schema));
    if (!sink_ || format.make_encoder == nullptr) return {};
    EncodeRequest request;
    request.schema = schema;
    request.options = options;
    const auto encoder = format.make_encoder(request);
    return encoder.ok() ? Status() : Status(encoder.error());
  }

  const TableDescription& table_;
  const Formats& formats_;
  const bool upsert_, sink_;
  const OptionValues values_;
};

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

Status ReadStartup(const Reader& reader, SourceOptions& out) {
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

Status ReadBounds(const Reader& reader, SourceOptions& out) {
  SLUICE_ASSIGN_OR_RETURN(out.bounded, GetOption(reader.values(), kBounded));
  if (out.bounded == BoundedMode::kTimestamp) {
    SLUICE_ASSIGN_OR_RETURN(out.bounded_timestamp_ms, reader.Timestamp(kBoundedTimestamp, "bounded"));
  } else if (out.bounded == BoundedMode::kSpecificOffsets) {
    return reader.Offsets(kBoundedOffsets, "bounded", out.table.topics, out.bounded_offsets);
  }
  return {};
}

Status ReadGuarantee(const Reader& reader, SinkOptions& out) {
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

Status ReadPartitioner(const Reader& reader, SinkOptions& out) {
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

Status ReadFlush(const Reader& reader, SinkOptions& out) {
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
  Reader reader(table, formats, upsert, false);
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
  Reader reader(table, formats, upsert, true);
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
