#include "engine/connectors/aws/encoded_entries.h"
#include "engine/connectors/connector.h"
#include "engine/connectors/kinesis/kinesis_options.h"
#include "engine/connectors/kinesis/kinesis_sink.h"
#include "engine/connectors/kinesis/kinesis_source.h"
#include "engine/connectors/options/format_options.h"

namespace sluice::engine {
namespace {

using Formats = std::map<std::string, Format>;

Result<TableCapability> SourceCapability(const TableDescription& table, const Formats& formats) {
  SLUICE_ASSIGN_OR_RETURN(const Format* format, FormatOfTable(table.options, formats));
  SLUICE_RETURN_IF_ERROR(kinesis::CheckTableOptions(table.options, format->descriptor.name));
  SLUICE_RETURN_IF_ERROR(kinesis::ReadSourceOptions(table));
  if (!format->descriptor.decodes) {
    return Error(ErrorCode::kOption, "The format '" + format->descriptor.name + "' cannot be used to read.");
  }
  if (format->descriptor.validate) {
    SLUICE_RETURN_IF_ERROR(
        format->descriptor.validate(FormatOptions(table.options, format->descriptor.name), table.physical));
  }
  TableCapability capability;
  capability.changelog = format->descriptor.decode_changelog;
  capability.bounded = false;
  capability.supports_partitions = true;
  capability.metadata = kinesis::ReadableMetadata();
  return capability;
}

Result<TableCapability> SinkCapability(const TableDescription& table, const Formats& formats) {
  SLUICE_ASSIGN_OR_RETURN(const Format* format, FormatOfTable(table.options, formats));
  SLUICE_RETURN_IF_ERROR(kinesis::CheckTableOptions(table.options, format->descriptor.name));
  SLUICE_RETURN_IF_ERROR(kinesis::ReadSinkOptions(table));
  SLUICE_RETURN_IF_ERROR(kinesis::CheckPartitionKeys(table));
  SLUICE_ASSIGN_OR_RETURN(TableCapability capability, aws::EncodedCapability(table, formats));
  capability.supports_partitions = true;
  return capability;
}

Connector Make(const std::string& name, const Formats* formats) {
  Connector connector;
  connector.descriptor.name = name;
  connector.descriptor.is_source = true;
  connector.descriptor.is_sink = true;
  connector.descriptor.takes_format = true;
  for (const std::string& option : kinesis::OwnOptions()) {
    connector.descriptor.options.push_back({option, option == "connector" || option == "format"});
  }
  connector.descriptor.source = [formats](const TableDescription& table) { return SourceCapability(table, *formats); };
  connector.descriptor.sink = [formats](const TableDescription& table) { return SinkCapability(table, *formats); };
  connector.make_source = kinesis::MakeKinesisSource;
  connector.make_sink = kinesis::MakeKinesisSink;
  return connector;
}

}  // namespace

Connector KinesisConnector(const std::map<std::string, Format>* formats) { return Make("kinesis", formats); }
Connector KinesisLegacyConnector(const std::map<std::string, Format>* formats) {
  return Make("kinesis-legacy", formats);
}

}  // namespace sluice::engine
