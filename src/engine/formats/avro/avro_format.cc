// Flink's avro format. Messages (Kafka, Kinesis): one record in Avro's binary encoding, by the schema that is derived
// from the table. Files: Avro's container format, which brings its schema along.
#include "engine/formats/avro/avro_reader.h"
#include "engine/formats/avro/avro_schema.h"
#include "engine/formats/avro/avro_writer.h"
#include "engine/formats/avro/block_codec.h"
#include "engine/formats/avro/container_file.h"
#include "engine/formats/format.h"
#include "engine/formats/text/option_text.h"

namespace sluice::engine {
namespace {

class AvroDecoder : public Decoder {
 public:
  explicit AvroDecoder(avro::SchemaTree tree) : tree_(std::move(tree)) {}

  Status Prepare(const DecodeRequest& request) {
    SLUICE_ASSIGN_OR_RETURN(reader_, avro::RecordReader::Make(tree_, request.physical, request.paths));
    return {};
  }

  bool line_framed() const override { return false; }

  Result<size_t> Decode(const std::shared_ptr<const Buffer>&, size_t, size_t, bool, size_t, std::vector<ColumnPtr>&,
                        std::vector<RowKind>&) override {
    return Error(ErrorCode::kInternal, "Avro records do not stand one after the other in files.");
  }

  Status DecodeMessage(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end,
                       std::vector<ColumnPtr>& columns, std::vector<RowKind>&) override {
    ++records_seen_;
    reader_->values().Start({chunk->data() + begin, end - begin}, chunk);
    const size_t row = columns.empty() ? 0 : columns[0]->size();
    for (ColumnPtr& column : columns) column->Resize(row + 1);
    if (!reader_->Read(columns, row)) {
      for (ColumnPtr& column : columns) column->Resize(row);
      return Error(ErrorCode::kData, "Failed to deserialize Avro record: the bytes end in or before the column '" +
                                         reader_->field() + "', or are no value of its type.");
    }
    ++rows_made_;
    return {};
  }

 private:
  const avro::SchemaTree tree_;
  std::unique_ptr<avro::RecordReader> reader_;
};

class AvroEncoder : public Encoder {
 public:
  explicit AvroEncoder(Schema schema) : schema_(std::move(schema)) {}

  Status Encode(const Batch& batch, size_t position, std::string& out) override {
    for (size_t c = 0; c < schema_.size(); ++c) {
      SLUICE_RETURN_IF_ERROR(avro::WriteValue(*batch.columns[c], schema_[c].type.nullable(), position, out));
    }
    return {};
  }
  std::string_view separator() const override { return ""; }

 private:
  const Schema schema_;
};

Status Check(const OptionMap& options, const Schema& schema) {
  SLUICE_ASSIGN_OR_RETURN(const avro::AvroOptions read, avro::ReadAvroOptions(options));
  for (const RowField& f : schema) SLUICE_RETURN_IF_ERROR(avro::CheckAvroType(f.type, read));
  return {};
}

/// Files know the old mapping of timestamps only, whatever the option says.
Status CheckFile(const OptionMap& options, const Schema& schema) {
  for (const RowField& f : schema) SLUICE_RETURN_IF_ERROR(avro::CheckAvroType(f.type, avro::AvroOptions()));
  return avro::CheckCodec(text::StringOption(options, "codec", "snappy"));
}

Result<std::unique_ptr<Decoder>> MakeAvroDecoder(const DecodeRequest& request) {
  SLUICE_RETURN_IF_ERROR(Check(request.options, request.physical));
  SLUICE_ASSIGN_OR_RETURN(const avro::AvroOptions options, avro::ReadAvroOptions(request.options));
  SLUICE_ASSIGN_OR_RETURN(avro::SchemaTree tree,
                          avro::SchemaTree::Parse(avro::SchemaJson(request.physical, options, false)));
  auto decoder = std::make_unique<AvroDecoder>(std::move(tree));
  SLUICE_RETURN_IF_ERROR(decoder->Prepare(request));
  return std::unique_ptr<Decoder>(std::move(decoder));
}

Result<std::unique_ptr<Encoder>> MakeAvroEncoder(const EncodeRequest& request) {
  SLUICE_RETURN_IF_ERROR(Check(request.options, request.schema));
  return std::unique_ptr<Encoder>(std::make_unique<AvroEncoder>(request.schema));
}

}  // namespace

Format AvroFormat() {
  Format format;
  format.descriptor.name = "avro";
  format.descriptor.decodes = true;
  format.descriptor.encodes = true;
  format.descriptor.options = {{"codec"}, {"encoding"}, {"timestamp_mapping.legacy"}};
  format.descriptor.validate = Check;
  format.make_decoder = MakeAvroDecoder;
  format.make_encoder = MakeAvroEncoder;
  format.check_file = CheckFile;
  format.open_file = avro::OpenContainer;
  format.create_file = avro::CreateContainer;
  return format;
}

}  // namespace sluice::engine
