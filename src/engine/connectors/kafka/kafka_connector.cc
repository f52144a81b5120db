#include "engine/connectors/connector.h"
#include "engine/connectors/kafka/kafka_options.h"
#include "engine/connectors/kafka/kafka_sink.h"
#include "engine/connectors/kafka/kafka_source.h"
#include "engine/connectors/kafka/message_metadata.h"
#include "engine/connectors/kafka/record_encoder.h"

namespace sluice::engine {
namespace {

using kafka::Formats;

Result<TableCapability> SourceCapability(const TableDescription& table, const Formats& formats, bool upsert) {
  SLUICE_ASSIGN_OR_RETURN(const kafka::SourceOptions options, kafka::ReadSourceOptions(table, formats, upsert));
  const FormatDescriptor& value = options.table.layout.value_format->descriptor;
  TableCapability capability;
  capability.changelog = upsert ? ChangelogMode::Upsert() : value.decode_changelog;
  capability.bounded = options.bounded != kafka::BoundedMode::kUnbounded;
  // Physical columns, then the format's metadata, then the connector's.
  for (const MetadataKey& key : value.metadata) {
    if (key.readable) capability.metadata.push_back({"value." + key.key, key.type});
  }
  for (MetadataKey& key : kafka::ReadableMetadata()) capability.metadata.push_back(std::move(key));
  return capability;
}

Result<TableCapability> SinkCapability(const TableDescription& table, const Formats& formats, bool upsert) {
  SLUICE_ASSIGN_OR_RETURN(const kafka::SinkOptions options, kafka::ReadSinkOptions(table, formats, upsert));
  TableCapability capability;
  capability.changelog =
      upsert ? ChangelogMode::Upsert() : options.table.layout.value_format->descriptor.encode_changelog;
  capability.metadata = kafka::WritableMetadata(options.table.topics);
  return capability;
}

Connector Make(const Formats* formats, bool upsert) {
  Connector connector;
  connector.descriptor.name = upsert ? "upsert-kafka" : "kafka";
  connector.descriptor.is_source = true;
  connector.descriptor.is_sink = true;
  connector.descriptor.takes_format = true;
  connector.descriptor.options = kafka::KafkaFactoryOptions(upsert);
  connector.descriptor.source = [formats, upsert](const TableDescription& table) {
    return SourceCapability(table, *formats, upsert);
  };
  connector.descriptor.sink = [formats, upsert](const TableDescription& table) {
    return SinkCapability(table, *formats, upsert);
  };
  connector.make_source = kafka::MakeKafkaSource;
  connector.make_sink = kafka::MakeKafkaSink;
  return connector;
}

}  // namespace

Connector KafkaConnector(const std::map<std::string, Format>* formats) { return Make(formats, false); }
Connector UpsertKafkaConnector(const std::map<std::string, Format>* formats) { return Make(formats, true); }

}  // namespace sluice::engine
