// A message is a zero byte, the schema's id in four bytes, big end first, and a record by that schema.
#include "engine/formats/avro_confluent/confluent_formats.h"

#include "engine/formats/avro/avro_writer.h"
#include "engine/formats/avro/registry_reader.h"
#include "engine/formats/avro_confluent/schema_registry.h"
#include "engine/formats/text/option_text.h"

namespace sluice::engine {
namespace {

constexpr size_t kHeader = 5;

/// More than any registry has under one topic.
constexpr size_t kMostSchemas = 10'000;

/// Reads messages of any schema of a registry as the columns of a request.
class MessageReader {
 public:
  MessageReader(std::unique_ptr<avro::SchemaRegistry> registry, Schema physical, std::vector<std::vector<int>> paths)
      : registry_(std::move(registry)),
        records_([this](const std::string& id) { return registry_->SchemaOf(std::stoi(id)); }, std::move(physical),
                 std::move(paths), kMostSchemas) {}

  /// Into row `row` of the columns, which exists.
  Status Read(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end, std::vector<ColumnPtr>& columns,
              size_t row) {
    const char* bytes = chunk->data() + begin;
    if (end - begin < kHeader || bytes[0] != 0) {
      return Error(ErrorCode::kData, "Unknown data format. Magic number does not match");
    }
    uint32_t id = 0;
    for (size_t k = 1; k < kHeader; ++k) id = id << 8 | static_cast<unsigned char>(bytes[k]);
    return records_.Read(std::to_string(static_cast<int32_t>(id)), chunk, begin + kHeader, end, columns, row);
  }

 private:
  const std::unique_ptr<avro::SchemaRegistry> registry_;
  avro::RegistryReader records_;
};

class ConfluentDecoder : public avro::RegistryDecoder {
 public:
  ConfluentDecoder(std::unique_ptr<avro::SchemaRegistry> registry, const DecodeRequest& request)
      : reader_(std::move(registry), request.physical, request.paths) {}

 protected:
  Status ReadRow(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end, std::vector<ColumnPtr>& columns,
                 size_t row) override {
    return reader_.Read(chunk, begin, end, columns, row);
  }

 private:
  MessageReader reader_;
};

/// Debezium's envelope: the row before and after the change, and the operation.
Schema Envelope(const Schema& physical) {
  const DataType image = DataType::Row(physical);
  return {{"before", image, ""}, {"after", image, ""}, {"op", DataType::String(), ""}};
}

class DebeziumDecoder : public avro::MessageOnlyDecoder {
 public:
  DebeziumDecoder(std::unique_ptr<avro::SchemaRegistry> registry, const DecodeRequest& request)
      : envelope_(Envelope(request.physical)),
        paths_(request.paths),
        reader_(std::move(registry), envelope_, {{0}, {1}, {2}}) {}

  Status DecodeMessage(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end,
                       std::vector<ColumnPtr>& columns, std::vector<RowKind>& kinds) override {
    ++records_seen_;
    if (begin == end) return {};  // a tombstone
    std::vector<ColumnPtr> parts;
    for (const RowField& f : envelope_) parts.push_back(Column::Make(f.type, 1));
    SLUICE_RETURN_IF_ERROR(reader_.Read(chunk, begin, end, parts, 0));
    const std::string op = parts[2]->IsNull(0) ? "" : std::string(parts[2]->string_at(0));
    if (op == "c" || op == "r") return Emit(*parts[1], "after", op, RowKind::kInsert, columns, kinds);
    if (op == "d") return Emit(*parts[0], "before", op, RowKind::kDelete, columns, kinds);
    if (op == "u") {
      SLUICE_RETURN_IF_ERROR(Emit(*parts[0], "before", op, RowKind::kUpdateBefore, columns, kinds));
      return Emit(*parts[1], "after", op, RowKind::kUpdateAfter, columns, kinds);
    }
    return Error(ErrorCode::kData, "Unknown \"op\" value \"" + op + "\" in a Debezium Avro message.");
  }

 private:
  Status Emit(const Column& image, const char* name, const std::string& op, RowKind kind,
              std::vector<ColumnPtr>& columns, std::vector<RowKind>& kinds) {
    if (image.IsNull(0)) {
      if (name[0] == 'a') {
        return Error(ErrorCode::kData, "The \"after\" field of a message with \"op\" \"" + op + "\" is null.");
      }
      return Error(ErrorCode::kData,
                   std::string("The \"before\" field of ") + (op == "u" ? "UPDATE" : "DELETE") +
                       " message is null, if you are using Debezium Postgres Connector, please check the Postgres "
                       "table has been set REPLICA IDENTITY to FULL level.");
    }
    for (size_t k = 0; k < paths_.size(); ++k) {
      const Column* from = &image;
      for (const int step : paths_[k]) {
        if (from->IsNull(0)) break;
        from = from->child(static_cast<size_t>(step)).get();
      }
      if (from->IsNull(0))
        columns[k]->AppendNull();
      else
        columns[k]->AppendFrom(*from, 0);
    }
    kinds.push_back(kind);
    ++rows_made_;
    return {};
  }

  const Schema envelope_;
  const std::vector<std::vector<int>> paths_;
  MessageReader reader_;
};

/// Writes what both formats have in common: the header; the schema is registered by the first row.
class ConfluentEncoder : public Encoder {
 public:
  ConfluentEncoder(std::unique_ptr<avro::SchemaRegistry> registry, std::string subject, const Schema& schema,
                   bool debezium)
      : registry_(std::move(registry)), subject_(std::move(subject)), schema_(schema), debezium_(debezium) {}

  Status Encode(const Batch& batch, size_t position, std::string& out) override {
    if (header_.empty()) SLUICE_RETURN_IF_ERROR(Register());
    out += header_;
    if (!debezium_) return Fields(batch, position, out);
    const bool add = IsAdd(batch.kind(position));
    avro::WriteLong(1, out);            // the envelope of the union with null
    avro::WriteLong(add ? 0 : 1, out);  // before: null or the row
    if (!add) SLUICE_RETURN_IF_ERROR(Fields(batch, position, out));
    avro::WriteLong(add ? 1 : 0, out);  // after
    if (add) SLUICE_RETURN_IF_ERROR(Fields(batch, position, out));
    avro::WriteLong(1, out);
    avro::WriteBytes(add ? "c" : "d", out);
    return {};
  }
  std::string_view separator() const override { return ""; }

 private:
  Status Register() {
    const std::string json = avro::SchemaJson(debezium_ ? Envelope(schema_) : schema_, avro::AvroOptions(), debezium_);
    SLUICE_ASSIGN_OR_RETURN(const int32_t id, registry_->Register(subject_, json));
    header_.assign(1, '\0');
    for (int shift = 24; shift >= 0; shift -= 8)
      header_.push_back(static_cast<char>(static_cast<uint32_t>(id) >> shift));
    return {};
  }

  Status Fields(const Batch& batch, size_t position, std::string& out) const {
    for (size_t c = 0; c < schema_.size(); ++c) {
      SLUICE_RETURN_IF_ERROR(avro::WriteValue(*batch.columns[c], schema_[c].type.nullable(), position, out));
    }
    return {};
  }

  const std::unique_ptr<avro::SchemaRegistry> registry_;
  const std::string subject_;
  const Schema schema_;
  const bool debezium_;
  std::string header_;  // empty: not registered yet
};

Status Check(const OptionMap& options, const Schema& schema) {
  if (!options.contains("url") && !options.contains("schema-registry.url")) {
    return Error(ErrorCode::kOption,
                 "One or more required options are missing.\n\nMissing required options are:\n\nurl");
  }
  const auto registry = avro::OpenSchemaRegistry(options);
  if (!registry.ok()) return registry.error();
  for (const RowField& f : schema) SLUICE_RETURN_IF_ERROR(avro::CheckAvroType(f.type, avro::AvroOptions()));
  return {};
}

template <typename D>
Result<std::unique_ptr<Decoder>> MakeDecoder(const DecodeRequest& request) {
  SLUICE_RETURN_IF_ERROR(Check(request.options, request.physical));
  SLUICE_ASSIGN_OR_RETURN(auto registry, avro::OpenSchemaRegistry(request.options));
  return std::unique_ptr<Decoder>(std::make_unique<D>(std::move(registry), request));
}

template <bool debezium>
Result<std::unique_ptr<Encoder>> MakeEncoder(const EncodeRequest& request) {
  SLUICE_RETURN_IF_ERROR(Check(request.options, request.schema));
  const std::string subject = text::StringOption(request.options, "subject",
                                                 text::StringOption(request.options, "schema-registry.subject", ""));
  if (subject.empty()) {
    return Error(ErrorCode::kOption, std::string("Option '") +
                                         (debezium ? "debezium-avro-confluent" : "avro-confluent") +
                                         ".subject' is required for serialization");
  }
  if (request.options.contains("schema")) {
    return Error(ErrorCode::kNotSupported, "not supported yet: writing by the option 'schema' of a schema registry");
  }
  SLUICE_ASSIGN_OR_RETURN(auto registry, avro::OpenSchemaRegistry(request.options));
  return std::unique_ptr<Encoder>(
      std::make_unique<ConfluentEncoder>(std::move(registry), subject, request.schema, debezium));
}

Format RegistryFormat(const char* name) {
  Format format;
  format.descriptor.name = name;
  format.in_files = false;
  format.descriptor.decodes = true;
  format.descriptor.encodes = true;
  format.descriptor.options = {{"basic-auth.credentials-source"},
                               {"basic-auth.user-info"},
                               {"bearer-auth.credentials-source"},
                               {"bearer-auth.token"},
                               {"properties"},
                               {"schema"},
                               {"ssl.keystore.location"},
                               {"ssl.keystore.password"},
                               {"ssl.truststore.location"},
                               {"ssl.truststore.password"},
                               {"subject"},
                               {"url", true}};
  format.descriptor.validate = Check;
  return format;
}

}  // namespace

Format AvroConfluentFormat() {
  Format format = RegistryFormat("avro-confluent");
  format.make_decoder = MakeDecoder<ConfluentDecoder>;
  format.make_encoder = MakeEncoder<false>;
  return format;
}

Format DebeziumAvroConfluentFormat() {
  Format format = RegistryFormat("debezium-avro-confluent");
  format.descriptor.decode_changelog = ChangelogMode::All();
  format.descriptor.encode_changelog = ChangelogMode::All();
  format.make_decoder = MakeDecoder<DebeziumDecoder>;
  format.make_encoder = MakeEncoder<true>;
  return format;
}

}  // namespace sluice::engine
