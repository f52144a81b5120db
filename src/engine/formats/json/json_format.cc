#include "engine/formats/format.h"
#include "engine/formats/json/json_decoder.h"
#include "engine/formats/json/json_encoder.h"
#include "engine/formats/json/json_options.h"

namespace sluice::engine {
namespace {

Status ValidateJson(const OptionMap& options, const Schema& schema) {
  SLUICE_RETURN_IF_ERROR(json::ReadJsonOptions(options, false));
  for (const RowField& f : schema) SLUICE_RETURN_IF_ERROR(json::CheckJsonType(f.type));
  return {};
}

}  // namespace

Format JsonFormat() {
  Format format;
  format.descriptor.name = "json";
  format.descriptor.decodes = true;
  format.descriptor.encodes = true;
  format.descriptor.options = json::JsonFactoryOptions();
  format.descriptor.validate = ValidateJson;
  format.make_decoder = json::MakeJsonDecoder;
  format.make_encoder = json::MakeJsonEncoder;
  return format;
}

}  // namespace sluice::engine
