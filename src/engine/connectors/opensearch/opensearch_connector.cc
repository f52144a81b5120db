#include "engine/connectors/opensearch/opensearch_connector.h"

#include <boost/json.hpp>

#include "base/clock.h"
#include "engine/connectors/aws/async_sink.h"
#include "engine/connectors/opensearch/bulk_target.h"
#include "engine/connectors/opensearch/index_name.h"
#include "engine/connectors/opensearch/opensearch_options.h"
#include "engine/connectors/options/format_options.h"
#include "engine/connectors/print/java_text.h"

namespace sluice::engine {
namespace {

using Formats = std::map<std::string, Format>;

OptionMap WithFormat(OptionMap options) {
  options.emplace("format", "json");
  return options;
}

Result<std::unique_ptr<Encoder>> MakeDocumentEncoder(const TableDescription& table, const Schema& schema,
                                                     const Formats& formats, const PlanSettings* settings) {
  const OptionMap options = WithFormat(table.options);
  SLUICE_ASSIGN_OR_RETURN(const Format* format, FormatOfTable(options, formats));
  if (!format->descriptor.encodes || format->make_encoder == nullptr) {
    return Error(ErrorCode::kOption, "The format '" + format->descriptor.name + "' cannot be used to write.");
  }
  EncodeRequest request;
  request.schema = schema;
  request.options = FormatOptions(options, format->descriptor.name);
  if (settings != nullptr) request.time_zone = settings->time_zone;
  return format->make_encoder(request);
}

/// Rows as the lines of a bulk request: what has a key is put under it or deleted, the rest becomes new documents.
class DocumentEntries final : public aws::EntryMaker {
 public:
  DocumentEntries(std::unique_ptr<Encoder> encoder, opensearch::IndexName index, std::vector<size_t> key,
                  std::string delimiter, Clock* clock)
      : encoder_(std::move(encoder)),
        index_(std::move(index)),
        key_(std::move(key)),
        delimiter_(std::move(delimiter)),
        clock_(clock) {}

  Result<std::optional<aws::WriteEntry>> Make(const Batch& batch, size_t position) override {
    // A -U comes only where its +U may be filtered out: it deletes.
    const bool add = IsAdd(batch.kind(position));
    const std::string index = index_.Of(batch.columns, position, clock_->NowMs());
    const std::string id = IdOf(batch, position);
    aws::WriteEntry entry;
    if (!key_.empty()) entry.key = index + '\n' + id;
    entry.data = key_.empty() ? "{\"index\":{\"_index\":"
                 : add        ? "{\"update\":{\"_index\":"
                              : "{\"delete\":{\"_index\":";
    entry.data += boost::json::serialize(boost::json::value(index));
    if (!key_.empty()) entry.data += ",\"_id\":" + boost::json::serialize(boost::json::value(id));
    entry.data += "}}\n";
    if (!add) return std::optional<aws::WriteEntry>(std::move(entry));
    if (!key_.empty()) entry.data += "{\"doc\":";
    SLUICE_RETURN_IF_ERROR(encoder_->Encode(batch, position, entry.data));
    entry.data += key_.empty() ? "\n" : ",\"doc_as_upsert\":true}\n";
    return std::optional<aws::WriteEntry>(std::move(entry));
  }

 private:
  std::string IdOf(const Batch& batch, size_t position) const {
    std::string id;
    for (size_t k = 0; k < key_.size(); ++k) {
      if (k > 0) id += delimiter_;
      AppendJavaText(id, *batch.columns[key_[k]], position);
    }
    return id;
  }

  const std::unique_ptr<Encoder> encoder_;
  const opensearch::IndexName index_;
  const std::vector<size_t> key_;
  const std::string delimiter_;
  Clock* const clock_;
};

Result<TableCapability> SinkCapability(const std::string& name, const TableDescription& table, const Formats& formats) {
  SLUICE_ASSIGN_OR_RETURN(const opensearch::SinkOptions options, opensearch::ReadOptions(name, table));
  const auto index = opensearch::IndexName::Parse(options.index, table.physical, "UTC");
  if (!index.ok()) return index.error();
  const auto encoder = MakeDocumentEncoder(table, table.physical, formats, nullptr);
  if (!encoder.ok()) return encoder.error();
  TableCapability capability;
  capability.changelog = table.primary_key.empty() ? ChangelogMode::InsertOnly() : ChangelogMode::Upsert();
  return capability;
}

Result<std::unique_ptr<Sink>> MakeSink(const SinkNode& node, const Schema& input,
                                       const ConnectorEnvironment& environment) {
  Schema schema = input;
  for (size_t i = 0; i < schema.size() && i < node.table.physical.size(); ++i) {
    schema[i].name = node.table.physical[i].name;
  }
  SLUICE_ASSIGN_OR_RETURN(const opensearch::SinkOptions options,
                          opensearch::ReadOptions(node.table.options.at("connector"), node.table));
  const std::string zone = environment.settings == nullptr ? "UTC" : environment.settings->time_zone;
  SLUICE_ASSIGN_OR_RETURN(opensearch::IndexName index, opensearch::IndexName::Parse(options.index, schema, zone));
  SLUICE_ASSIGN_OR_RETURN(auto encoder,
                          MakeDocumentEncoder(node.table, schema, *environment.formats, environment.settings));
  std::vector<size_t> key;
  for (const std::string& name : node.table.primary_key) {
    for (size_t i = 0; i < schema.size(); ++i) {
      if (schema[i].name == name) key.push_back(i);
    }
  }
  aws::AsyncSinkParts parts;
  parts.limits = options.limits;
  parts.entries = std::make_unique<DocumentEntries>(std::move(encoder), std::move(index), std::move(key),
                                                    options.key_delimiter, environment.clock);
  parts.make_target = [options]() -> Result<std::unique_ptr<aws::AsyncTarget>> {
    return opensearch::MakeBulkTarget(options);
  };
  return aws::MakeAsyncSink(std::move(parts), environment);
}

}  // namespace

std::vector<Connector> SearchConnectors(const std::map<std::string, Format>* formats) {
  std::vector<Connector> all;
  for (const char* name : {"opensearch", "opensearch-2", "elasticsearch-7"}) {
    Connector connector;
    connector.descriptor.name = name;
    connector.descriptor.is_sink = true;
    connector.descriptor.takes_format = true;
    for (const std::string& option : opensearch::OptionNames(name)) {
      connector.descriptor.options.push_back({option, option == "hosts" || option == "index"});
    }
    connector.descriptor.sink = [formats, name = std::string(name)](const TableDescription& table) {
      return SinkCapability(name, table, *formats);
    };
    connector.make_sink = MakeSink;
    all.push_back(std::move(connector));
  }
  return all;
}

}  // namespace sluice::engine
