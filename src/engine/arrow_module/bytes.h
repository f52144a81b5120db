// Arrow's view of the engine's files, and back.
#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/status.h>

#include <memory>
#include <string>

#include "engine/formats/arrow/module_api.h"

namespace sluice::arrow_module {

/// Reads by the engine's callback, on the caller's thread.
std::shared_ptr<arrow::io::RandomAccessFile> OpenBytes(const SluiceFileBytes& bytes);

/// Writes by the engine's callback.
std::shared_ptr<arrow::io::OutputStream> OpenSink(const SluiceWriteRequest& request);

/// The same rows without the first `skip`. Keeps `owner` alive.
std::shared_ptr<arrow::RecordBatchReader> SkipRows(std::shared_ptr<arrow::RecordBatchReader> reader, int64_t skip,
                                                   std::shared_ptr<void> owner);

/// One file being written.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual arrow::Status Write(const std::shared_ptr<arrow::RecordBatch>& rows) = 0;
  virtual arrow::Status Finish() = 0;
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

 protected:
  std::shared_ptr<arrow::Schema> schema_;
};

/// The value of a format's option, or `otherwise`.
std::string Option(const SluiceWriteRequest& request, const std::string& name, const std::string& otherwise);

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> OpenParquet(const SluiceReadRequest& request);
arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> OpenOrc(const SluiceReadRequest& request);
arrow::Result<std::unique_ptr<Writer>> CreateParquet(const SluiceWriteRequest& request);
arrow::Result<std::unique_ptr<Writer>> CreateOrc(const SluiceWriteRequest& request);

}  // namespace sluice::arrow_module
