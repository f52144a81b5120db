// Rows as CSV, quoted as Jackson's CsvEncoder does.
#pragma once

#include <memory>

#include "engine/formats/format.h"

namespace sluice::engine::csv {

Result<std::unique_ptr<Encoder>> MakeCsvEncoder(const EncodeRequest& request);

}  // namespace sluice::engine::csv
