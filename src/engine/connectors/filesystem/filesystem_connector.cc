#include "engine/connectors/connector.h"
#include "engine/connectors/filesystem/filesystem_sink.h"
#include "engine/connectors/filesystem/filesystem_source.h"
#include "engine/connectors/filesystem/sink_options.h"
#include "engine/connectors/filesystem/storage.h"
#include "engine/connectors/options/format_options.h"
#include "engine/formats/text/option_text.h"

namespace sluice::engine {
namespace {

using Formats = std::map<std::string, Format>;

const std::vector<std::string>& OwnOptions() {
  static const std::vector<std::string> kOptions = {
      "auto-compaction",
      "compaction.file-size",
      "connector",
      "format",
      "partition.default-name",
      "partition.time-extractor.class",
      "partition.time-extractor.kind",
      "partition.time-extractor.timestamp-formatter",
      "partition.time-extractor.timestamp-pattern",
      "path",
      "property-version",
      "scan.watermark.alignment.group",
      "scan.watermark.alignment.max-drift",
      "scan.watermark.alignment.update-interval",
      "scan.watermark.emit.strategy",
      "scan.watermark.idle-timeout",
      "sink.parallelism",
      "sink.partition-commit.delay",
      "sink.partition-commit.policy.class",
      "sink.partition-commit.policy.class.parameters",
      "sink.partition-commit.policy.kind",
      "sink.partition-commit.success-file.name",
      "sink.partition-commit.trigger",
      "sink.partition-commit.watermark-time-zone",
      "sink.rolling-policy.check-interval",
      "sink.rolling-policy.file-size",
      "sink.rolling-policy.inactivity-interval",
      "sink.rolling-policy.rollover-interval",
      "sink.shuffle-by-partition.enable",
      "source.monitor-interval",
      "source.path.regex-pattern",
      "source.report-statistics",
  };
  return kOptions;
}

/// Columns that stand in the files: all but the partition columns.
Schema FileSchema(const TableDescription& table) {
  Schema schema;
  for (const RowField& f : table.physical) {
    bool partition = false;
    for (const std::string& key : table.partition_keys) partition = partition || key == f.name;
    if (!partition) schema.push_back(f);
  }
  return schema;
}

/// What source and sink check alike; the format, if all is well. As in Flink, options that begin with the format's name
/// are not looked at one by one.
Result<const Format*> CheckTable(const TableDescription& table, const Formats& formats) {
  SLUICE_RETURN_IF_ERROR(RequireOptions(table.options, {"path"}));
  SLUICE_ASSIGN_OR_RETURN(const Format* format, FormatOfTable(table.options, formats));
  if (!format->in_files) {
    return Error(ErrorCode::kNotSupported, "not supported yet: the format '" + format->descriptor.name + "' in files");
  }
  OptionMap own;
  const std::string prefix = format->descriptor.name + ".";
  for (const auto& [name, value] : table.options) {
    if (!name.starts_with(prefix)) own.emplace(name, value);
  }
  SLUICE_RETURN_IF_ERROR(RefuseUnknownOptions("filesystem", own, OwnOptions()));
  SLUICE_RETURN_IF_ERROR(filesystem::CheckPath(table.options.at("path")));
  SLUICE_RETURN_IF_ERROR(text::DurationOption(table.options, "source.monitor-interval"));
  return format;
}

Status CheckFormat(const TableDescription& table, const Format& format) {
  const OptionMap options = FormatOptions(table.options, format.descriptor.name);
  if (format.check_file != nullptr) return format.check_file(options, FileSchema(table));
  return format.descriptor.validate ? format.descriptor.validate(options, FileSchema(table)) : Status();
}

Result<TableCapability> SourceCapability(const TableDescription& table, const Formats& formats) {
  SLUICE_ASSIGN_OR_RETURN(const Format* format, CheckTable(table, formats));
  if (!format->descriptor.decodes) {
    return Error(ErrorCode::kOption, "The format '" + format->descriptor.name + "' cannot be used to read.");
  }
  SLUICE_RETURN_IF_ERROR(CheckFormat(table, *format));
  TableCapability capability;
  capability.changelog = format->descriptor.decode_changelog;
  SLUICE_ASSIGN_OR_RETURN(const auto monitor, text::DurationOption(table.options, "source.monitor-interval"));
  capability.bounded = table.batch_mode || !monitor.has_value();
  capability.supports_partitions = true;
  capability.metadata = {{"file.path", DataType::String().NotNull()},
                         {"file.name", DataType::String().NotNull()},
                         {"file.size", DataType::Bigint().NotNull()},
                         {"file.modification-time", DataType::TimestampLtz(3).NotNull()}};
  return capability;
}

Result<TableCapability> SinkCapability(const TableDescription& table, const Formats& formats) {
  SLUICE_ASSIGN_OR_RETURN(const Format* format, CheckTable(table, formats));
  if (!format->descriptor.encodes) {
    return Error(ErrorCode::kOption, "The format '" + format->descriptor.name + "' cannot be used to write.");
  }
  // The encoder's own checks: it is made once and dropped.
  EncodeRequest request;
  request.schema = FileSchema(table);
  request.options = FormatOptions(table.options, format->descriptor.name);
  if (format->check_file != nullptr) {
    SLUICE_RETURN_IF_ERROR(CheckFormat(table, *format));
  } else if (format->make_encoder != nullptr) {
    Result<std::unique_ptr<Encoder>> encoder = format->make_encoder(request);
    if (!encoder.ok()) return encoder.error();
  }
  SLUICE_RETURN_IF_ERROR(filesystem::ReadSinkOptions(table.options));
  TableCapability capability;
  capability.changelog = format->descriptor.encode_changelog;
  capability.supports_partitions = true;
  capability.supports_overwrite = true;
  return capability;
}

}  // namespace

Connector FilesystemConnector(const std::map<std::string, Format>* formats) {
  Connector connector;
  connector.descriptor.name = "filesystem";
  connector.descriptor.is_source = true;
  connector.descriptor.is_sink = true;
  connector.descriptor.takes_format = true;
  for (const std::string& name : OwnOptions()) connector.descriptor.options.push_back({name, name == "path"});
  connector.descriptor.source = [formats](const TableDescription& table) { return SourceCapability(table, *formats); };
  connector.descriptor.sink = [formats](const TableDescription& table) { return SinkCapability(table, *formats); };
  connector.make_source = filesystem::MakeFilesystemSource;
  connector.make_sink = filesystem::MakeFilesystemSink;
  return connector;
}

}  // namespace sluice::engine
