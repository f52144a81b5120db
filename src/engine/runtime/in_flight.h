// Batches under way between two tasks as bytes (unaligned checkpoints). The format is in docs/formats/checkpoint.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/columnar/batch.h"

namespace sluice::engine {

/// The selected rows with their kinds, the watermarks between them and the one after them.
std::string EncodeInFlight(const Batch& batch);
/// kRestore if the columns are not of `types`' layout, kCorrupt if the bytes are malformed.
Result<Batch> DecodeInFlight(std::string_view bytes, const std::vector<DataType>& types);

}  // namespace sluice::engine
