// CSV records into columns, as Flink's CsvToRowDataConverters.
#pragma once

#include <memory>

#include "engine/formats/format.h"

namespace sluice::engine::csv {

Result<std::unique_ptr<Decoder>> MakeCsvDecoder(const DecodeRequest& request);

}  // namespace sluice::engine::csv
