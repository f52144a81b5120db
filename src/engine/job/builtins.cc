#include "engine/job/builtins.h"

#include "engine/connectors/http/http_connector.h"
#include "engine/connectors/opensearch/opensearch_connector.h"
#include "engine/formats/avro_confluent/confluent_formats.h"
#include "engine/formats/glue/glue_formats.h"
#include "engine/functions/function.h"

namespace sluice::engine {

std::unique_ptr<const Builtins> MakeBuiltins() {
  auto builtins = std::make_unique<Builtins>();
  builtins->functions = &BuiltinFunctions();

  auto add_format = [&](Format format) {
    builtins->catalog.Add(format.descriptor);
    builtins->formats.emplace(format.descriptor.name, std::move(format));
  };
  add_format(JsonFormat());
  add_format(CsvFormat());
  add_format(RawFormat());
  add_format(DebeziumJsonFormat());
  add_format(CanalJsonFormat());
  add_format(MaxwellJsonFormat());
  add_format(OggJsonFormat());
  add_format(AvroFormat());
  add_format(ParquetFormat());
  add_format(OrcFormat());
  add_format(ProtobufFormat());
  add_format(AvroConfluentFormat());
  add_format(DebeziumAvroConfluentFormat());
  add_format(AvroGlueFormat());
  add_format(JsonGlueFormat());

  auto add_connector = [&](Connector connector) {
    builtins->catalog.Add(connector.descriptor);
    builtins->connectors.emplace(connector.descriptor.name, std::move(connector));
  };
  add_connector(FilesystemConnector(&builtins->formats));
  add_connector(KafkaConnector(&builtins->formats));
  add_connector(UpsertKafkaConnector(&builtins->formats));
  add_connector(KinesisConnector(&builtins->formats));
  add_connector(KinesisLegacyConnector(&builtins->formats));
  add_connector(FirehoseConnector(&builtins->formats));
  add_connector(DynamodbConnector());
  add_connector(DatagenConnector());
  add_connector(JdbcConnector());
  for (Connector& connector : SearchConnectors(&builtins->formats)) add_connector(std::move(connector));
  for (Connector& connector : HttpLookupConnectors(&builtins->formats)) add_connector(std::move(connector));
  add_connector(PrintConnector());
  add_connector(BlackholeConnector());
  return builtins;
}

}  // namespace sluice::engine
