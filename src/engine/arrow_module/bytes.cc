#include "engine/arrow_module/bytes.h"

#include <arrow/buffer.h>

#include <algorithm>

namespace sluice::arrow_module {
namespace {

class BytesFile : public arrow::io::RandomAccessFile {
 public:
  explicit BytesFile(const SluiceFileBytes& bytes) : bytes_(bytes) {}

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Seek(int64_t position) override {
    position_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<int64_t> GetSize() override { return bytes_.size; }

  arrow::Result<int64_t> ReadAt(int64_t position, int64_t size, void* to) override {
    const int64_t read = bytes_.read_at(bytes_.self, position, to, size);
    if (read < 0) return arrow::Status::IOError("the file cannot be read");
    return read;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t size) override {
    const int64_t there = std::clamp<int64_t>(bytes_.size - position, 0, size);
    ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(there));
    ARROW_ASSIGN_OR_RAISE(const int64_t read, ReadAt(position, there, buffer->mutable_data()));
    ARROW_RETURN_NOT_OK(buffer->Resize(read));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }
  arrow::Result<int64_t> Read(int64_t size, void* to) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t read, ReadAt(position_, size, to));
    position_ += read;
    return read;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t size) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, size));
    position_ += buffer->size();
    return buffer;
  }

 private:
  const SluiceFileBytes bytes_;
  int64_t position_ = 0;
  bool closed_ = false;
};

class SinkStream : public arrow::io::OutputStream {
 public:
  explicit SinkStream(const SluiceWriteRequest& request) : self_(request.self), write_(request.write) {}

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return position_; }
  using arrow::io::OutputStream::Write;
  arrow::Status Write(const void* data, int64_t size) override {
    if (write_(self_, data, size) != 0) return arrow::Status::IOError("the file cannot be written");
    position_ += size;
    return arrow::Status::OK();
  }

 private:
  void* self_;
  int32_t (*write_)(void*, const void*, int64_t);
  int64_t position_ = 0;
  bool closed_ = false;
};

class SkippingReader : public arrow::RecordBatchReader {
 public:
  SkippingReader(std::shared_ptr<arrow::RecordBatchReader> reader, int64_t skip, std::shared_ptr<void> owner)
      : owner_(std::move(owner)), reader_(std::move(reader)), skip_(skip) {}

  std::shared_ptr<arrow::Schema> schema() const override { return reader_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    while (true) {
      ARROW_RETURN_NOT_OK(reader_->ReadNext(batch));
      if (*batch == nullptr || skip_ == 0) return arrow::Status::OK();
      if ((*batch)->num_rows() > skip_) {
        *batch = (*batch)->Slice(skip_);
        skip_ = 0;
        return arrow::Status::OK();
      }
      skip_ -= (*batch)->num_rows();
    }
  }

 private:
  const std::shared_ptr<void> owner_;  // dies after the reader
  std::shared_ptr<arrow::RecordBatchReader> reader_;
  int64_t skip_;
};

}  // namespace

std::shared_ptr<arrow::io::RandomAccessFile> OpenBytes(const SluiceFileBytes& bytes) {
  return std::make_shared<BytesFile>(bytes);
}

std::shared_ptr<arrow::io::OutputStream> OpenSink(const SluiceWriteRequest& request) {
  return std::make_shared<SinkStream>(request);
}

std::shared_ptr<arrow::RecordBatchReader> SkipRows(std::shared_ptr<arrow::RecordBatchReader> reader, int64_t skip,
                                                   std::shared_ptr<void> owner) {
  return std::make_shared<SkippingReader>(std::move(reader), skip, std::move(owner));
}

std::string Option(const SluiceWriteRequest& request, const std::string& name, const std::string& otherwise) {
  for (size_t k = 0; k < request.option_count; ++k) {
    if (name == request.options[2 * k]) return request.options[2 * k + 1];
  }
  return otherwise;
}

}  // namespace sluice::arrow_module
