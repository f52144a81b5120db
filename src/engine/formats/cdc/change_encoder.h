// Rows of a changelog as records of the changelog formats.
#pragma once

#include <memory>

#include "engine/formats/cdc/cdc_options.h"
#include "engine/formats/format.h"

namespace sluice::engine::cdc {

/// +I and +U become an insert, -U and -D a delete: as Flink, nothing is written as an update.
Result<std::unique_ptr<Encoder>> MakeChangeEncoder(Dialect dialect, const EncodeRequest& request);

}  // namespace sluice::engine::cdc
