// Avro's object container files: a header with the schema, then blocks of records, a sync marker after each.
#pragma once

#include <memory>

#include "engine/formats/format.h"

namespace sluice::engine::avro {

Result<std::unique_ptr<FileReader>> OpenContainer(const DecodeRequest& request, std::shared_ptr<RandomAccessFile> file,
                                                  const FileRange& range);

Result<std::unique_ptr<FileWriter>> CreateContainer(const EncodeRequest& request, ByteSink* sink);

}  // namespace sluice::engine::avro
