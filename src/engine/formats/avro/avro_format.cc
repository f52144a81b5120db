// Flink's avro format for messages (Kafka, Kinesis): one record in Avro's binary encoding, by the schema that is
// derived from the table. Files (Avro's container format) are refused so far.
#include "engine/formats/avro/avro_schema.h"
#include "engine/formats/avro/avro_value.h"
#include "engine/formats/format.h"

namespace sluice::engine {
namespace {

Error NoFiles() { return Error(ErrorCode::kNotSupported, "not supported yet: the format 'avro' in files"); }

class AvroDecoder : public Decoder {
 public:
  explicit AvroDecoder(const DecodeRequest& request) : physical_(request.physical), paths_(request.paths) {
    readers_.resize(physical_.size());
    for (size_t k = 0; k < paths_.size(); ++k) {
      const auto column = static_cast<size_t>(paths_[k][0]);
      if (paths_[k].size() == 1 && readers_[column].output < 0) {
        readers_[column].output = static_cast<int>(k);
      } else {
        parts_.push_back(k);
      }
    }
    // Parts of a ROW are copied out of the whole.
    for (const size_t k : parts_) {
      Reader& reader = readers_[static_cast<size_t>(paths_[k][0])];
      if (reader.output < 0 && !reader.whole) {
        reader.whole = Column::Make(physical_[static_cast<size_t>(paths_[k][0])].type, 1);
      }
    }
  }

  bool line_framed() const override { return false; }

  Result<size_t> Decode(const std::shared_ptr<const Buffer>&, size_t, size_t, bool, size_t, std::vector<ColumnPtr>&,
                        std::vector<RowKind>&) override {
    return NoFiles();
  }

  Status DecodeMessage(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end,
                       std::vector<ColumnPtr>& columns, std::vector<RowKind>&) override {
    ++records_seen_;
    reader_.Start({chunk->data() + begin, end - begin}, chunk);
    const size_t row = columns.empty() ? 0 : columns[0]->size();
    for (ColumnPtr& column : columns) column->Resize(row + 1);
    for (size_t c = 0; c < physical_.size(); ++c) {
      if (ReadColumn(c, columns, row)) continue;
      for (ColumnPtr& column : columns) column->Resize(row);
      return Error(ErrorCode::kData, "Failed to deserialize Avro record: the bytes end in or before the column '" +
                                         physical_[c].name + "', or are no value of its type.");
    }
    for (const size_t k : parts_) CopyPart(k, columns, row);
    ++rows_made_;
    return {};
  }

 private:
  struct Reader {
    int output = -1;
    ColumnPtr whole;  // one row, if only parts of the column are asked for
  };

  bool ReadColumn(size_t c, std::vector<ColumnPtr>& columns, size_t row) {
    Reader& reader = readers_[c];
    if (reader.output >= 0) return reader_.Read(*columns[static_cast<size_t>(reader.output)], row);
    if (!reader.whole) return reader_.Skip(physical_[c].type);
    reader.whole = Column::Make(physical_[c].type, 1);
    return reader_.Read(*reader.whole, 0);
  }

  void CopyPart(size_t k, std::vector<ColumnPtr>& columns, size_t row) {
    const std::vector<int>& path = paths_[k];
    const Reader& reader = readers_[static_cast<size_t>(path[0])];
    const bool own = reader.output < 0;
    const Column* source = own ? reader.whole.get() : columns[static_cast<size_t>(reader.output)].get();
    const size_t at = own ? 0 : row;
    bool null = source->IsNull(at);
    for (size_t d = 1; d < path.size() && !null; ++d) {
      source = source->child(static_cast<size_t>(path[d])).get();
      null = source->IsNull(at);
    }
    if (null) {
      columns[k]->SetNull(row);
    } else {
      columns[k]->RetainBuffersOf(*source);
      columns[k]->CopyRow(row, *source, at);
    }
  }

  const Schema physical_;
  const std::vector<std::vector<int>> paths_;
  std::vector<Reader> readers_;  // one a physical column
  std::vector<size_t> parts_;    // outputs that are parts or copies of a column
  avro::ValueReader reader_;
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

Result<std::unique_ptr<Decoder>> MakeAvroDecoder(const DecodeRequest& request) {
  SLUICE_RETURN_IF_ERROR(Check(request.options, request.physical));
  return std::unique_ptr<Decoder>(std::make_unique<AvroDecoder>(request));
}

Result<std::unique_ptr<Encoder>> MakeAvroEncoder(const EncodeRequest& request) {
  SLUICE_RETURN_IF_ERROR(Check(request.options, request.schema));
  return std::unique_ptr<Encoder>(std::make_unique<AvroEncoder>(request.schema));
}

}  // namespace

Format AvroFormat() {
  Format format;
  format.descriptor.name = "avro";
  format.in_files = false;
  format.descriptor.decodes = true;
  format.descriptor.encodes = true;
  format.descriptor.options = {{"codec"}, {"encoding"}, {"timestamp_mapping.legacy"}};
  format.descriptor.validate = Check;
  format.make_decoder = MakeAvroDecoder;
  format.make_encoder = MakeAvroEncoder;
  return format;
}

}  // namespace sluice::engine
