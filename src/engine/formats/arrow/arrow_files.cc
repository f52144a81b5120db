#include "engine/formats/arrow/arrow_files.h"

#include <algorithm>
#include <optional>

#include "engine/formats/arrow/arrow_library.h"
#include "engine/formats/arrow/column_export.h"
#include "engine/formats/arrow/column_import.h"

namespace sluice::engine::arrow_files {
namespace {

constexpr size_t kMessageBytes = 1024;
/// Rows that Arrow decodes at a time: few enough to stay in the cache, many enough to pay for the calls.
constexpr int64_t kDecodeRows = 4096;

/// An array that lives as long as columns point into it.
struct HeldArray {
  ~HeldArray() {
    if (array.release != nullptr) array.release(&array);
  }
  Buffer none{0};
  ArrowArray array = {};
};

/// Fields that are read with the same unit of INT96 timestamps.
class RowStream {
 public:
  RowStream(RandomAccessFile* file, std::vector<std::string> fields) : file_(file), fields_(std::move(fields)) {}
  ~RowStream() {
    held_.reset();
    if (stream_.release != nullptr) stream_.release(&stream_);
    if (schema_.release != nullptr) schema_.release(&schema_);
  }
  RowStream(const RowStream&) = delete;
  RowStream& operator=(const RowStream&) = delete;

  Status Open(const SluiceArrowModule& module, Kind kind, const FileRange& range, bool nanoseconds) {
    SluiceReadRequest request = {};
    request.file = {this, static_cast<int64_t>(file_->size()), ReadBytes};
    request.begin = static_cast<int64_t>(std::min<uint64_t>(range.begin, INT64_MAX));
    request.end = static_cast<int64_t>(std::min<uint64_t>(range.end, INT64_MAX));
    request.skip_rows = static_cast<int64_t>(range.skip_rows);
    request.batch_rows = kDecodeRows;
    std::vector<const char*> columns;
    for (const std::string& field : fields_) columns.push_back(field.c_str());
    request.columns = columns.data();
    request.column_count = columns.size();
    request.nanoseconds = nanoseconds ? 1 : 0;
    char message[kMessageBytes] = "";
    const auto open = kind == Kind::kParquet ? module.open_parquet : module.open_orc;
    if (open(&request, &stream_, message, sizeof(message)) != 0) return Failure(message);
    if (stream_.get_schema(&stream_, &schema_) != 0) return Failure(stream_.get_last_error(&stream_));
    return {};
  }

  /// Makes at least one row available, unless the end is reached.
  Status Fill() {
    while (!ended_ && left() == 0) {
      auto next = std::make_shared<HeldArray>();
      if (stream_.get_next(&stream_, &next->array) != 0) return Failure(stream_.get_last_error(&stream_));
      ended_ = next->array.release == nullptr;
      held_ = ended_ ? nullptr : std::move(next);
      at_ = 0;
    }
    return {};
  }
  size_t left() const { return held_ ? static_cast<size_t>(held_->array.length - at_) : 0; }
  int64_t at() const { return at_; }
  void Advance(size_t rows) { at_ += static_cast<int64_t>(rows); }
  ArrayView view() const { return {&schema_, &held_->array, std::shared_ptr<const Buffer>(held_, &held_->none)}; }

 private:
  static int64_t ReadBytes(void* self, int64_t offset, void* to, int64_t size) {
    auto* stream = static_cast<RowStream*>(self);
    const Result<size_t> read =
        stream->file_->ReadAt(static_cast<uint64_t>(offset), static_cast<char*>(to), static_cast<size_t>(size));
    if (read.ok()) return static_cast<int64_t>(*read);
    stream->read_error_ = read.error();
    return -1;
  }

  Error Failure(const char* message) const {
    if (read_error_) return *read_error_;
    return Error(ErrorCode::kData, "The file " + file_->name() + " cannot be read: " + (message ? message : "broken"));
  }

  RandomAccessFile* const file_;
  const std::vector<std::string> fields_;
  ArrowArrayStream stream_ = {};
  ArrowSchema schema_ = {};
  std::optional<Error> read_error_;
  std::shared_ptr<HeldArray> held_;
  int64_t at_ = 0;
  bool ended_ = false;
};

/// A TIMESTAMP that needs nanoseconds is in there.
bool NeedsNanoseconds(const DataType& type) {
  if (type.is_timestamp() && type.precision() > 6) return true;
  for (size_t k = 0; k < type.child_count(); ++k) {
    if (NeedsNanoseconds(type.child(k))) return true;
  }
  return false;
}

class ArrowFileReader : public FileReader {
 public:
  ArrowFileReader(Kind kind, const DecodeRequest& request, std::shared_ptr<RandomAccessFile> file)
      : kind_(kind), request_(request), file_(std::move(file)) {}

  /// INT96 holds more years than 64 bits of nanoseconds: fields that need no nanoseconds are read apart.
  Status Open(const FileRange& range) {
    SLUICE_ASSIGN_OR_RETURN(const SluiceArrowModule* module, LoadArrowModule());
    std::vector<std::string> fields[2];
    for (size_t k = 0; k < request_.paths.size(); ++k) {
      std::string name;
      const DataType* type = nullptr;
      for (const int step : request_.paths[k]) {
        const RowField& field =
            type == nullptr ? request_.physical[static_cast<size_t>(step)] : type->fields()[static_cast<size_t>(step)];
        name += (type == nullptr ? "" : "\x1f") + field.name;
        type = &field.type;
      }
      const bool fine = kind_ == Kind::kParquet && NeedsNanoseconds(*type);
      fine_.push_back(fine);
      fields[fine ? 1 : 0].push_back(name);
    }
    for (const bool fine : {false, true}) {
      if (fine && fields[1].empty()) continue;
      if (!fine && fields[0].empty() && !fields[1].empty()) continue;
      streams_[fine ? 1 : 0] = std::make_unique<RowStream>(file_.get(), std::move(fields[fine ? 1 : 0]));
      SLUICE_RETURN_IF_ERROR(streams_[fine ? 1 : 0]->Open(*module, kind_, range, fine));
    }
    return {};
  }

  Result<size_t> Read(size_t max_rows, std::vector<ColumnPtr>& columns) override {
    size_t rows = max_rows;
    for (const auto& stream : streams_) {
      if (!stream) continue;
      SLUICE_RETURN_IF_ERROR(stream->Fill());
      rows = std::min(rows, stream->left());
    }
    columns.resize(request_.paths.size());
    if (rows == 0) return rows;
    for (size_t k = 0; k < columns.size(); ++k) {
      Result<ColumnPtr> column = ReadField(k, *streams_[fine_[k] ? 1 : 0], rows);
      if (!column.ok()) return column.error().WithContext(file_->name());
      columns[k] = std::move(*column);
    }
    for (const auto& stream : streams_) {
      if (stream) stream->Advance(rows);
    }
    return rows;
  }

 private:
  Result<ColumnPtr> ReadField(size_t k, const RowStream& stream, size_t rows) const {
    const std::vector<int>& path = request_.paths[k];
    const DataType& type = request_.types[k];
    const auto conversions = kind_ == Kind::kParquet ? Conversions::kStored : Conversions::kWidened;
    const auto count = static_cast<int64_t>(rows);
    ArrayView view = stream.view();
    int64_t from = stream.at();
    const DataType* row = nullptr;
    ColumnPtr nulls;  // of the rows around the field
    for (const int step : path) {
      const std::string& name = row == nullptr ? request_.physical[static_cast<size_t>(step)].name
                                               : row->fields()[static_cast<size_t>(step)].name;
      if (row != nullptr) {
        SLUICE_ASSIGN_OR_RETURN(const ColumnPtr around,
                                ImportColumn(view, from, count, DataType::Row({}), conversions));
        if (nulls)
          nulls->AddNullsOf(*around);
        else
          nulls = around;
      }
      from += view.array->offset;
      view = FieldOf(view, name);
      if (view.array == nullptr) {
        ColumnPtr none = Column::Make(type, rows);
        none->SetAllNull();
        return none;
      }
      row =
          row == nullptr ? &request_.physical[static_cast<size_t>(step)].type : &row->child(static_cast<size_t>(step));
    }
    SLUICE_ASSIGN_OR_RETURN(ColumnPtr column, ImportColumn(view, from, count, type, conversions));
    if (nulls) column->AddNullsOf(*nulls);
    return column;
  }

  const Kind kind_;
  const DecodeRequest request_;
  const std::shared_ptr<RandomAccessFile> file_;
  std::vector<bool> fine_;                 // a path: it is read from streams_[1]
  std::unique_ptr<RowStream> streams_[2];  // without and with nanoseconds
};

class ArrowFileWriter : public FileWriter {
 public:
  ArrowFileWriter(const EncodeRequest& request, const WriteRules& rules, ByteSink* sink)
      : schema_(request.schema), options_(request.options), rules_(rules), sink_(sink) {}
  ~ArrowFileWriter() override {
    if (writer_ != nullptr) {
      closed_ = true;
      module_->destroy(writer_);
    }
  }

  Status Open(Kind kind) {
    SLUICE_ASSIGN_OR_RETURN(module_, LoadArrowModule());
    ArrowSchema schema = {};
    ExportSchema(schema_, {rules_.timestamp_unit}, &schema);
    std::vector<const char*> options;
    for (const auto& [name, value] : options_) {
      options.push_back(name.c_str());
      options.push_back(value.c_str());
    }
    SluiceWriteRequest request = {};
    request.schema = &schema;
    request.self = this;
    request.write = WriteBytes;
    request.options = options.data();
    request.option_count = options.size() / 2;
    request.int96_timestamps = rules_.int96_timestamps ? 1 : 0;
    char message[kMessageBytes] = "";
    const auto create = kind == Kind::kParquet ? module_->create_parquet : module_->create_orc;
    const int32_t code = create(&request, &writer_, message, sizeof(message));
    if (schema.release != nullptr) schema.release(&schema);
    return code == 0 ? Status() : Failure(ErrorCode::kOption, message);
  }

  Status Write(const std::vector<ColumnPtr>& columns, const Rows& rows) override {
    if (rows.count == 0) return {};
    ArrowArray array = {};
    SLUICE_RETURN_IF_ERROR(ExportRows(schema_, columns, rows, {rules_.timestamp_unit}, &array));
    char message[kMessageBytes] = "";
    const int32_t code = module_->write(writer_, &array, message, sizeof(message));
    if (array.release != nullptr) array.release(&array);
    return code == 0 ? Status() : Failure(ErrorCode::kData, message);
  }

  Status Finish() override {
    char message[kMessageBytes] = "";
    return module_->finish(writer_, message, sizeof(message)) == 0 ? Status() : Failure(ErrorCode::kData, message);
  }

 private:
  static int32_t WriteBytes(void* self, const void* bytes, int64_t size) {
    auto* writer = static_cast<ArrowFileWriter*>(self);
    if (writer->closed_) return 0;  // an unfinished writer writes its footer when it is destroyed: nobody wants it
    const Status status = writer->sink_->Append({static_cast<const char*>(bytes), static_cast<size_t>(size)});
    if (status.ok()) return 0;
    writer->write_error_ = status.error();
    return 1;
  }

  Error Failure(ErrorCode code, const char* message) const {
    if (write_error_) return *write_error_;
    const std::string text = message;
    return Error(text.starts_with("not supported yet") ? ErrorCode::kNotSupported : code, text);
  }

  const Schema schema_;
  const OptionMap options_;
  const WriteRules rules_;
  ByteSink* const sink_;
  const SluiceArrowModule* module_ = nullptr;
  void* writer_ = nullptr;
  bool closed_ = false;
  std::optional<Error> write_error_;
};

}  // namespace

Result<std::unique_ptr<FileReader>> OpenArrowFile(Kind kind, const DecodeRequest& request,
                                                  std::shared_ptr<RandomAccessFile> file, const FileRange& range) {
  auto reader = std::make_unique<ArrowFileReader>(kind, request, std::move(file));
  SLUICE_RETURN_IF_ERROR(reader->Open(range));
  return std::unique_ptr<FileReader>(std::move(reader));
}

Result<std::unique_ptr<FileWriter>> CreateArrowFile(Kind kind, const EncodeRequest& request, const WriteRules& rules,
                                                    ByteSink* sink) {
  auto writer = std::make_unique<ArrowFileWriter>(request, rules, sink);
  SLUICE_RETURN_IF_ERROR(writer->Open(kind));
  return std::unique_ptr<FileWriter>(std::move(writer));
}

}  // namespace sluice::engine::arrow_files
