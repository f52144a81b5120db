// Parquet and ORC files by way of libsluice_arrow.so.
#pragma once

#include <memory>

#include "engine/formats/format.h"

namespace sluice::engine::arrow_files {

enum class Kind : uint8_t { kParquet, kOrc };

Result<std::unique_ptr<FileReader>> OpenArrowFile(Kind kind, const DecodeRequest& request,
                                                  std::shared_ptr<RandomAccessFile> file, const FileRange& range);

struct WriteRules {
  char timestamp_unit = 0;  // as ExportRules
  bool int96_timestamps = false;
};
Result<std::unique_ptr<FileWriter>> CreateArrowFile(Kind kind, const EncodeRequest& request, const WriteRules& rules,
                                                    ByteSink* sink);

}  // namespace sluice::engine::arrow_files
