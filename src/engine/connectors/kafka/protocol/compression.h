// The four codecs of Kafka's record batches.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "engine/columnar/column.h"

namespace sluice::engine::kafka {

/// As a batch's attributes name them.
enum class Codec : uint8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };

/// Decompressed bytes: the first `size` of the buffer.
struct Decompressed {
  std::shared_ptr<const Buffer> buffer;
  size_t size = 0;
};

/// kData if the bytes are broken, of a codec that Kafka has not, or grow beyond 1 GiB. Any thread.
Result<Decompressed> Decompress(Codec codec, std::string_view bytes);

}  // namespace sluice::engine::kafka
