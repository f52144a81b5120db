#include <arrow/adapters/orc/adapter.h>
#include <arrow/c/bridge.h>
#include <arrow/memory_pool.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>

#include "engine/arrow_module/bytes.h"

namespace sluice::arrow_module {
namespace {

namespace orc = arrow::adapters::orc;

/// Reads stripe after stripe, the wanted top-level columns only.
class StripeReader : public arrow::RecordBatchReader {
 public:
  StripeReader(std::unique_ptr<orc::ORCFileReader> file, std::shared_ptr<arrow::Schema> schema,
               std::vector<int> columns, std::vector<int64_t> first_rows, int64_t batch_rows)
      : file_(std::move(file)),
        schema_(std::move(schema)),
        columns_(std::move(columns)),
        first_rows_(std::move(first_rows)),
        batch_rows_(batch_rows) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    while (true) {
      if (!stripe_) {
        if (next_ == first_rows_.size()) {
          *batch = nullptr;
          return arrow::Status::OK();
        }
        ARROW_RETURN_NOT_OK(file_->Seek(first_rows_[next_++]));
        ARROW_ASSIGN_OR_RAISE(stripe_, file_->NextStripeReader(batch_rows_, columns_));
        if (!stripe_) continue;
      }
      ARROW_RETURN_NOT_OK(stripe_->ReadNext(batch));
      if (*batch) return arrow::Status::OK();
      stripe_.reset();
    }
  }

 private:
  const std::unique_ptr<orc::ORCFileReader> file_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::vector<int> columns_;
  const std::vector<int64_t> first_rows_;
  const int64_t batch_rows_;
  size_t next_ = 0;
  std::shared_ptr<arrow::RecordBatchReader> stripe_;
};

class OrcWriter : public Writer {
 public:
  OrcWriter(std::shared_ptr<arrow::Schema> schema, std::shared_ptr<arrow::io::OutputStream> sink,
            std::unique_ptr<orc::ORCFileWriter> writer)
      : sink_(std::move(sink)), writer_(std::move(writer)) {
    schema_ = std::move(schema);
  }
  arrow::Status Write(const std::shared_ptr<arrow::RecordBatch>& rows) override {
    wrote_ = true;
    return writer_->Write(*rows);
  }
  arrow::Status Finish() override {
    // The file's schema is that of the first rows.
    if (!wrote_) {
      ARROW_ASSIGN_OR_RAISE(auto none, arrow::RecordBatch::MakeEmpty(schema_));
      ARROW_RETURN_NOT_OK(writer_->Write(*none));
    }
    return writer_->Close();
  }

 private:
  const std::shared_ptr<arrow::io::OutputStream> sink_;
  const std::unique_ptr<orc::ORCFileWriter> writer_;
  bool wrote_ = false;
};

/// The names of ORC's CompressionKind.
arrow::Result<arrow::Compression::type> CompressionOf(std::string name) {
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (name == "NONE") return arrow::Compression::UNCOMPRESSED;
  if (name == "ZLIB") return arrow::Compression::GZIP;
  if (name == "SNAPPY") return arrow::Compression::SNAPPY;
  if (name == "LZ4") return arrow::Compression::LZ4;
  if (name == "ZSTD") return arrow::Compression::ZSTD;
  if (name == "LZO" || name == "BROTLI")
    return arrow::Status::Invalid("not supported yet: 'orc.compress' = '", name, "'");
  return arrow::Status::Invalid("No enum constant org.apache.orc.CompressionKind.", name);
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> OpenOrc(const SluiceReadRequest& request) {
  ARROW_ASSIGN_OR_RAISE(auto file, orc::ORCFileReader::Open(OpenBytes(request.file), arrow::system_memory_pool()));
  ARROW_ASSIGN_OR_RAISE(const auto whole, file->ReadSchema());
  std::set<std::string> names;
  for (size_t k = 0; k < request.column_count; ++k) {
    const std::string path = request.columns[k];
    names.insert(path.substr(0, path.find('\x1f')));
  }
  std::vector<int> columns;
  std::vector<std::shared_ptr<arrow::Field>> fields;
  for (int i = 0; i < whole->num_fields(); ++i) {
    if (names.count(whole->field(i)->name()) == 0) continue;
    columns.push_back(i);
    fields.push_back(whole->field(i));
  }
  // Rows cannot be counted without any column.
  if (columns.empty() && whole->num_fields() > 0) {
    columns.push_back(0);
    fields.push_back(whole->field(0));
  }
  std::vector<int64_t> first_rows;
  int64_t skip = request.skip_rows;
  for (int64_t i = 0; i < file->NumberOfStripes(); ++i) {
    const orc::StripeInformation stripe = file->GetStripeInformation(i);
    if (stripe.offset < request.begin || stripe.offset >= request.end || stripe.num_rows == 0) continue;
    if (first_rows.empty() && skip >= stripe.num_rows) {
      skip -= stripe.num_rows;
    } else {
      first_rows.push_back(stripe.first_row_id);
    }
  }
  auto reader = std::make_shared<StripeReader>(std::move(file), arrow::schema(std::move(fields)), std::move(columns),
                                               std::move(first_rows), request.batch_rows);
  return SkipRows(std::move(reader), skip, nullptr);
}

arrow::Result<std::unique_ptr<Writer>> CreateOrc(const SluiceWriteRequest& request) {
  ARROW_ASSIGN_OR_RAISE(auto schema, arrow::ImportSchema(request.schema));
  orc::WriteOptions options;
  ARROW_ASSIGN_OR_RAISE(options.compression, CompressionOf(Option(request, "compress", "ZLIB")));
  options.stripe_size = std::strtoll(Option(request, "stripe.size", "67108864").c_str(), nullptr, 10);
  options.row_index_stride = std::strtoll(Option(request, "row.index.stride", "10000").c_str(), nullptr, 10);
  auto sink = OpenSink(request);
  ARROW_ASSIGN_OR_RAISE(auto writer, orc::ORCFileWriter::Open(sink.get(), options));
  return std::make_unique<OrcWriter>(std::move(schema), std::move(sink), std::move(writer));
}

}  // namespace sluice::arrow_module
