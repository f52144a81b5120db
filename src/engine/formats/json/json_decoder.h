// Lines or messages of JSON into columns, as Flink's JsonParserRowDataDeserializationSchema.
#pragma once

#include <memory>

#include "engine/formats/format.h"
#include "engine/formats/json/json_options.h"

namespace sluice::engine::json {

Result<std::unique_ptr<Decoder>> MakeJsonDecoder(const DecodeRequest& request);
/// The one with 'decode.json-parser.enabled' = 'false'; MakeJsonDecoder chooses.
std::unique_ptr<Decoder> MakeJsonTreeDecoder(const DecodeRequest& request, const JsonOptions& options);

}  // namespace sluice::engine::json
