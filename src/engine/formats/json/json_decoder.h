// Lines or messages of JSON into columns, as Flink's JsonParserRowDataDeserializationSchema.
#pragma once

#include <memory>

#include "engine/formats/format.h"

namespace sluice::engine::json {

Result<std::unique_ptr<Decoder>> MakeJsonDecoder(const DecodeRequest& request);

}  // namespace sluice::engine::json
