// How a message of Glue's schema registry begins: the version 3, a byte that names the compression, and the id of the
// schema's version, 16 bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/formats/format.h"

namespace sluice::engine::glue {

inline constexpr size_t kHeader = 18;

/// What follows the header, decompressed.
struct Payload {
  std::string schema_version;  // "0f1e2d3c-…"
  std::shared_ptr<const Buffer> chunk;
  size_t begin = 0;
  size_t end = 0;
};

/// kData if the bytes [begin, end) are no such message.
Result<Payload> ReadMessage(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end);

/// The header for a schema version; kData if it is no UUID.
Result<std::string> MakeHeader(std::string_view schema_version, bool compressed);

/// Appends the payload as it stands behind a header.
void AppendPayload(std::string_view payload, bool compressed, std::string& out);

}  // namespace sluice::engine::glue
