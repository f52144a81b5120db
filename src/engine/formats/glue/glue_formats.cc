#include "engine/formats/glue/glue_formats.h"

#include "engine/formats/avro/avro_schema.h"
#include "engine/formats/avro/avro_writer.h"
#include "engine/formats/avro/registry_reader.h"
#include "engine/formats/glue/glue_message.h"
#include "engine/formats/glue/glue_registry.h"
#include "engine/formats/glue/json_schema.h"
#include "engine/formats/text/option_text.h"

namespace sluice::engine {
namespace {

using glue::RegistryOptions;

class AvroGlueDecoder final : public avro::RegistryDecoder {
 public:
  AvroGlueDecoder(const RegistryOptions& options, const DecodeRequest& request)
      : registry_(OpenGlueRegistry(options)),
        records_([this](const std::string& id) { return registry_->DefinitionOf(id); }, request.physical, request.paths,
                 options.cache_size) {}

 protected:
  Status ReadRow(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end, std::vector<ColumnPtr>& columns,
                 size_t row) override {
    SLUICE_ASSIGN_OR_RETURN(const glue::Payload payload, glue::ReadMessage(chunk, begin, end));
    return records_.Read(payload.schema_version, payload.chunk, payload.begin, payload.end, columns, row);
  }

 private:
  const std::unique_ptr<glue::SchemaRegistry> registry_;
  avro::RegistryReader records_;
};

/// The JSON inside; what the registry says of it is not asked for, as in Flink.
class JsonGlueDecoder final : public avro::MessageOnlyDecoder {
 public:
  explicit JsonGlueDecoder(std::unique_ptr<Decoder> json) : json_(std::move(json)) {}

  Status DecodeMessage(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end,
                       std::vector<ColumnPtr>& columns, std::vector<RowKind>& kinds) override {
    ++records_seen_;
    if (begin == end) return {};  // a tombstone
    SLUICE_ASSIGN_OR_RETURN(const glue::Payload payload, glue::ReadMessage(chunk, begin, end));
    const Status status = json_->DecodeMessage(payload.chunk, payload.begin, payload.end, columns, kinds);
    rows_made_ = json_->rows_made();
    return status;
  }

 private:
  const std::unique_ptr<Decoder> json_;
};

/// The header, then what the format itself writes. The schema is looked for, or registered, by the first row.
class GlueEncoder : public Encoder {
 public:
  GlueEncoder(const RegistryOptions& options, std::string definition)
      : options_(options), registry_(OpenGlueRegistry(options)), definition_(std::move(definition)) {}

  Status Encode(const Batch& batch, size_t position, std::string& out) final {
    if (header_.empty()) {
      SLUICE_ASSIGN_OR_RETURN(const std::string version, Version());
      SLUICE_ASSIGN_OR_RETURN(header_, glue::MakeHeader(version, options_.compressed));
    }
    payload_.clear();
    SLUICE_RETURN_IF_ERROR(Payload(batch, position, payload_));
    out += header_;
    glue::AppendPayload(payload_, options_.compressed, out);
    return {};
  }
  std::string_view separator() const final { return ""; }

 protected:
  virtual Status Payload(const Batch& batch, size_t position, std::string& out) = 0;

 private:
  Result<std::string> Version() {
    if (!options_.fetch_schema) return registry_->VersionOf(definition_);
    const auto latest = registry_->Latest();
    if (!latest.ok() && latest.error().code() == ErrorCode::kNotFound) return registry_->VersionOf(definition_);
    if (!latest.ok()) return latest.error();
    // Rows are written by the table's schema: the registry's may differ from it in names and documentation only.
    SLUICE_ASSIGN_OR_RETURN(const avro::SchemaTree theirs, avro::SchemaTree::Parse(latest->second));
    SLUICE_ASSIGN_OR_RETURN(const avro::SchemaTree ours, avro::SchemaTree::Parse(definition_));
    if (avro::SameEncoding(ours, theirs)) return latest->first;
    return Error(ErrorCode::kNotSupported,
                 "not supported yet: 'schema.fetchFromRegistry' where the schema '" + options_.schema +
                     "' has other fields, or in another order, than the table that is written.\nRegistry: " +
                     latest->second + "\nTable: " + definition_);
  }

  const RegistryOptions options_;
  const std::unique_ptr<glue::SchemaRegistry> registry_;
  const std::string definition_;
  std::string header_;   // empty: not registered yet
  std::string payload_;  // kept for its memory
};

class AvroGlueEncoder final : public GlueEncoder {
 public:
  AvroGlueEncoder(const RegistryOptions& options, const Schema& schema)
      : GlueEncoder(options, avro::SchemaJson(schema, avro::AvroOptions(), false, options.record)), schema_(schema) {}

 protected:
  Status Payload(const Batch& batch, size_t position, std::string& out) override {
    for (size_t c = 0; c < schema_.size(); ++c) {
      SLUICE_RETURN_IF_ERROR(avro::WriteValue(*batch.columns[c], schema_[c].type.nullable(), position, out));
    }
    return {};
  }

 private:
  const Schema schema_;
};

class JsonGlueEncoder final : public GlueEncoder {
 public:
  JsonGlueEncoder(const RegistryOptions& options, std::string definition, std::unique_ptr<Encoder> json)
      : GlueEncoder(options, std::move(definition)), json_(std::move(json)) {}

 protected:
  Status Payload(const Batch& batch, size_t position, std::string& out) override {
    return json_->Encode(batch, position, out);
  }

 private:
  const std::unique_ptr<Encoder> json_;
};

Status CheckAvro(const OptionMap& options, const Schema& schema) {
  SLUICE_RETURN_IF_ERROR(glue::ReadRegistryOptions(options, "AVRO"));
  for (const RowField& f : schema) SLUICE_RETURN_IF_ERROR(avro::CheckAvroType(f.type, avro::AvroOptions()));
  return {};
}

/// json-glue has no options of JSON's.
OptionMap JsonOptions() { return {}; }

Status CheckJson(const OptionMap& options, const Schema& schema) {
  SLUICE_RETURN_IF_ERROR(glue::ReadRegistryOptions(options, "JSON"));
  SLUICE_RETURN_IF_ERROR(glue::JsonSchemaOf(schema));
  return JsonFormat().descriptor.validate(JsonOptions(), schema);
}

Result<std::unique_ptr<Decoder>> MakeAvroDecoder(const DecodeRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(const RegistryOptions options, glue::ReadRegistryOptions(request.options, "AVRO"));
  return std::unique_ptr<Decoder>(std::make_unique<AvroGlueDecoder>(options, request));
}

Result<std::unique_ptr<Encoder>> MakeAvroEncoder(const EncodeRequest& request) {
  SLUICE_RETURN_IF_ERROR(CheckAvro(request.options, request.schema));
  SLUICE_ASSIGN_OR_RETURN(const RegistryOptions options, glue::ReadRegistryOptions(request.options, "AVRO"));
  return std::unique_ptr<Encoder>(std::make_unique<AvroGlueEncoder>(options, request.schema));
}

Result<std::unique_ptr<Decoder>> MakeJsonDecoder(const DecodeRequest& request) {
  DecodeRequest inside = request;
  inside.options = JsonOptions();
  SLUICE_ASSIGN_OR_RETURN(auto json, JsonFormat().make_decoder(inside));
  return std::unique_ptr<Decoder>(std::make_unique<JsonGlueDecoder>(std::move(json)));
}

Result<std::unique_ptr<Encoder>> MakeJsonEncoder(const EncodeRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(const RegistryOptions options, glue::ReadRegistryOptions(request.options, "JSON"));
  SLUICE_ASSIGN_OR_RETURN(std::string definition, glue::JsonSchemaOf(request.schema));
  EncodeRequest inside = request;
  inside.options = JsonOptions();
  SLUICE_ASSIGN_OR_RETURN(auto json, JsonFormat().make_encoder(inside));
  return std::unique_ptr<Encoder>(std::make_unique<JsonGlueEncoder>(options, std::move(definition), std::move(json)));
}

Format GlueFormat(const char* name) {
  Format format;
  format.descriptor.name = name;
  format.in_files = false;
  format.descriptor.decodes = true;
  format.descriptor.encodes = true;
  format.descriptor.options = {{"aws.endpoint"},         {"aws.region", true},    {"cache.size"},
                               {"cache.ttlMs"},          {"registry.name", true}, {"schema.autoRegistration"},
                               {"schema.compatibility"}, {"schema.compression"},  {"schema.name", true}};
  return format;
}

}  // namespace

Format AvroGlueFormat() {
  Format format = GlueFormat("avro-glue");
  for (const char* name : {"avro.namespace", "avro.record-name", "schema.fetchFromRegistry", "schema.type"}) {
    format.descriptor.options.push_back({name});
  }
  format.descriptor.validate = CheckAvro;
  format.make_decoder = MakeAvroDecoder;
  format.make_encoder = MakeAvroEncoder;
  return format;
}

Format JsonGlueFormat() {
  Format format = GlueFormat("json-glue");
  format.descriptor.validate = CheckJson;
  format.make_decoder = MakeJsonDecoder;
  format.make_encoder = MakeJsonEncoder;
  return format;
}

}  // namespace sluice::engine
