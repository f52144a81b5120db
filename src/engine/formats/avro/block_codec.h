// Compression of the blocks of Avro's container files.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/columnar/column.h"

namespace sluice::engine::avro {

/// kOption, in Avro's words, unless it is "null", "deflate", "snappy", "bzip2", "xz" or "zstandard".
Status CheckCodec(std::string_view codec);

/// kData if the bytes are broken or grow beyond 1 GiB.
Result<std::shared_ptr<const Buffer>> DecompressBlock(std::string_view codec, std::string_view bytes);

std::string CompressBlock(std::string_view codec, std::string_view bytes);

}  // namespace sluice::engine::avro
