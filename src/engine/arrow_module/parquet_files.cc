#include <arrow/array/data.h>
#include <arrow/c/bridge.h>
#include <arrow/memory_pool.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "engine/arrow_module/bytes.h"

namespace sluice::arrow_module {
namespace {

/// The leaf is the field that `wanted` names ("r\x1fx"), or inside of it.
bool IsBelow(const std::vector<std::string>& leaf, std::string_view wanted) {
  for (const std::string& name : leaf) {
    const size_t end = wanted.find('\x1f');
    if (wanted.substr(0, end) != name) return false;
    if (end == std::string_view::npos) return true;
    wanted.remove_prefix(end + 1);
  }
  return false;
}

std::vector<int> WantedLeaves(const parquet::SchemaDescriptor& schema, const SluiceReadRequest& request) {
  std::vector<int> leaves;
  for (int i = 0; i < schema.num_columns(); ++i) {
    const std::vector<std::string> path = schema.Column(i)->path()->ToDotVector();
    for (size_t k = 0; k < request.column_count; ++k) {
      if (!IsBelow(path, request.columns[k])) continue;
      leaves.push_back(i);
      break;
    }
  }
  return leaves;
}

/// Where a row group's bytes begin.
int64_t BeginOf(const parquet::RowGroupMetaData& group) {
  if (group.num_columns() == 0) return 0;
  const auto column = group.ColumnChunk(0);
  const int64_t data = column->data_page_offset();
  return column->has_dictionary_page() && column->dictionary_page_offset() > 0
             ? std::min(data, column->dictionary_page_offset())
             : data;
}

class ParquetWriter : public Writer {
 public:
  ParquetWriter(std::shared_ptr<arrow::Schema> schema, std::shared_ptr<arrow::io::OutputStream> sink,
                std::unique_ptr<parquet::arrow::FileWriter> writer, int64_t group_bytes)
      : sink_(std::move(sink)), writer_(std::move(writer)), group_bytes_(group_bytes) {
    schema_ = std::move(schema);
  }

  arrow::Status Write(const std::shared_ptr<arrow::RecordBatch>& rows) override {
    if (in_group_ >= group_bytes_) {
      ARROW_RETURN_NOT_OK(writer_->NewBufferedRowGroup());
      in_group_ = 0;
    }
    for (const auto& column : rows->column_data()) in_group_ += BytesOf(*column);
    return writer_->WriteRecordBatch(*rows);
  }
  arrow::Status Finish() override { return writer_->Close(); }

 private:
  static int64_t BytesOf(const arrow::ArrayData& data) {
    int64_t bytes = 0;
    for (const auto& buffer : data.buffers) bytes += buffer ? buffer->size() : 0;
    for (const auto& child : data.child_data) bytes += BytesOf(*child);
    return bytes;
  }

  const std::shared_ptr<arrow::io::OutputStream> sink_;
  const std::unique_ptr<parquet::arrow::FileWriter> writer_;
  const int64_t group_bytes_;
  int64_t in_group_ = 0;
};

/// The names of parquet-mr's CompressionCodecName.
arrow::Result<arrow::Compression::type> CompressionOf(std::string name) {
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (name == "UNCOMPRESSED") return arrow::Compression::UNCOMPRESSED;
  if (name == "SNAPPY") return arrow::Compression::SNAPPY;
  if (name == "GZIP") return arrow::Compression::GZIP;
  if (name == "BROTLI") return arrow::Compression::BROTLI;
  if (name == "ZSTD") return arrow::Compression::ZSTD;
  if (name == "LZ4") return arrow::Compression::LZ4_HADOOP;
  if (name == "LZ4_RAW") return arrow::Compression::LZ4;
  return arrow::Status::Invalid("No enum constant org.apache.parquet.hadoop.metadata.CompressionCodecName.", name);
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> OpenParquet(const SluiceReadRequest& request) {
  parquet::ArrowReaderProperties properties;
  properties.set_use_threads(false);
  properties.set_pre_buffer(false);
  properties.set_batch_size(request.batch_rows);
  properties.set_coerce_int96_timestamp_unit(request.nanoseconds ? arrow::TimeUnit::NANO : arrow::TimeUnit::MICRO);
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(OpenBytes(request.file)));
  builder.memory_pool(arrow::system_memory_pool());
  builder.properties(properties);
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<parquet::arrow::FileReader> file, builder.Build());
  const std::shared_ptr<parquet::FileMetaData> metadata = file->parquet_reader()->metadata();
  std::vector<int> groups;
  int64_t skip = request.skip_rows;
  for (int i = 0; i < metadata->num_row_groups(); ++i) {
    const auto group = metadata->RowGroup(i);
    const int64_t begin = BeginOf(*group);
    if (begin < request.begin || begin >= request.end) continue;
    if (groups.empty() && skip >= group->num_rows()) {
      skip -= group->num_rows();
    } else {
      groups.push_back(i);
    }
  }
  ARROW_ASSIGN_OR_RAISE(auto reader, file->GetRecordBatchReader(groups, WantedLeaves(*metadata->schema(), request)));
  return SkipRows(std::move(reader), skip, file);
}

arrow::Result<std::unique_ptr<Writer>> CreateParquet(const SluiceWriteRequest& request) {
  ARROW_ASSIGN_OR_RAISE(auto schema, arrow::ImportSchema(request.schema));
  ARROW_ASSIGN_OR_RAISE(const auto compression, CompressionOf(Option(request, "compression", "SNAPPY")));
  parquet::WriterProperties::Builder properties;
  properties.compression(compression);
  properties.memory_pool(arrow::system_memory_pool());
  properties.created_by("sluice");
  properties.data_pagesize(std::strtoll(Option(request, "page.size", "1048576").c_str(), nullptr, 10));
  if (Option(request, "enable.dictionary", "true") == "false") properties.disable_dictionary();
  properties.max_row_group_length(int64_t{1} << 30);  // by bytes, below
  parquet::ArrowWriterProperties::Builder arrow_properties;
  arrow_properties.set_use_threads(false);
  if (request.int96_timestamps) arrow_properties.enable_deprecated_int96_timestamps();
  auto sink = OpenSink(request);
  ARROW_ASSIGN_OR_RAISE(auto writer, parquet::arrow::FileWriter::Open(*schema, arrow::system_memory_pool(), sink,
                                                                      properties.build(), arrow_properties.build()));
  const int64_t group_bytes = std::strtoll(Option(request, "block.size", "134217728").c_str(), nullptr, 10);
  return std::make_unique<ParquetWriter>(std::move(schema), std::move(sink), std::move(writer), group_bytes);
}

}  // namespace sluice::arrow_module
