#include <arrow/c/bridge.h>

#include <cstdio>
#include <exception>

#include "engine/arrow_module/bytes.h"

namespace sluice::arrow_module {
namespace {

int32_t Fail(const std::string& text, char* message, size_t size) {
  std::snprintf(message, size, "%s", text.c_str());
  return 1;
}

/// Runs `body`, which answers an arrow::Status; Parquet and ORC throw.
template <typename F>
int32_t Guarded(char* message, size_t size, F&& body) {
  try {
    const arrow::Status status = body();
    return status.ok() ? 0 : Fail(status.message(), message, size);
  } catch (const std::exception& e) {
    return Fail(e.what(), message, size);
  }
}

using Opener = arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> (*)(const SluiceReadRequest&);
using Creator = arrow::Result<std::unique_ptr<Writer>> (*)(const SluiceWriteRequest&);

template <Opener open>
int32_t Open(const SluiceReadRequest* request, ArrowArrayStream* out, char* message, size_t size) {
  return Guarded(message, size, [&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(auto reader, open(*request));
    return arrow::ExportRecordBatchReader(std::move(reader), out);
  });
}

template <Creator create>
int32_t Create(const SluiceWriteRequest* request, void** out, char* message, size_t size) {
  return Guarded(message, size, [&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(auto writer, create(*request));
    *out = writer.release();
    return arrow::Status::OK();
  });
}

int32_t Write(void* self, ArrowArray* rows, char* message, size_t size) {
  return Guarded(message, size, [&]() -> arrow::Status {
    auto* writer = static_cast<Writer*>(self);
    ARROW_ASSIGN_OR_RAISE(auto batch, arrow::ImportRecordBatch(rows, writer->schema()));
    return writer->Write(batch);
  });
}

int32_t Finish(void* self, char* message, size_t size) {
  return Guarded(message, size, [&] { return static_cast<Writer*>(self)->Finish(); });
}

void Destroy(void* self) {
  try {
    delete static_cast<Writer*>(self);
  } catch (const std::exception&) {  // a writer that was not finished
  }
}

}  // namespace
}  // namespace sluice::arrow_module

extern "C" __attribute__((visibility("default"))) const SluiceArrowModule* sluice_arrow_module(void) {
  using namespace sluice::arrow_module;
  static const SluiceArrowModule kModule = {SLUICE_ARROW_MODULE_VERSION,
                                            Open<OpenParquet>,
                                            Open<OpenOrc>,
                                            Create<CreateParquet>,
                                            Create<CreateOrc>,
                                            Write,
                                            Finish,
                                            Destroy};
  return &kModule;
}
