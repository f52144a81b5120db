// Rows as JSON, as Flink's RowDataToJsonConverters and Jackson write them.
#pragma once

#include <memory>

#include "engine/formats/format.h"

namespace sluice::engine::json {

Result<std::unique_ptr<Encoder>> MakeJsonEncoder(const EncodeRequest& request);

}  // namespace sluice::engine::json
