#include "engine/formats/cdc/change_decoder.h"
#include "engine/formats/cdc/change_encoder.h"
#include "engine/formats/format.h"

namespace sluice::engine {
namespace {

using cdc::Dialect;

template <Dialect dialect>
Status Validate(const OptionMap& options, const Schema& schema) {
  SLUICE_RETURN_IF_ERROR(cdc::ReadCdcOptions(dialect, options, false));
  for (const RowField& f : schema) SLUICE_RETURN_IF_ERROR(json::CheckJsonType(f.type));
  return {};
}

template <Dialect dialect>
Result<std::unique_ptr<Decoder>> MakeDecoder(const DecodeRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(const cdc::CdcOptions options, cdc::ReadCdcOptions(dialect, request.options, false));
  for (const RowField& f : request.physical) SLUICE_RETURN_IF_ERROR(json::CheckJsonType(f.type));
  if constexpr (dialect == Dialect::kDebezium || dialect == Dialect::kOgg) {
    return cdc::MakeEnvelopeDecoder(dialect, request, options);
  } else {
    return cdc::MakeDataOldDecoder(dialect, request, options);
  }
}

template <Dialect dialect>
Result<std::unique_ptr<Encoder>> MakeEncoder(const EncodeRequest& request) {
  return cdc::MakeChangeEncoder(dialect, request);
}

template <Dialect dialect>
Format CdcFormat() {
  Format format;
  format.descriptor.name = cdc::FormatName(dialect);
  format.descriptor.decodes = true;
  format.descriptor.encodes = true;
  format.descriptor.options = cdc::CdcFactoryOptions(dialect);
  format.descriptor.decode_changelog = ChangelogMode::All();
  format.descriptor.encode_changelog = ChangelogMode::All();
  for (const cdc::MetadataField& field : cdc::MetadataFields(dialect)) format.descriptor.metadata.push_back(field.key);
  format.descriptor.validate = Validate<dialect>;
  format.make_decoder = MakeDecoder<dialect>;
  format.make_encoder = MakeEncoder<dialect>;
  return format;
}

}  // namespace

Format DebeziumJsonFormat() { return CdcFormat<Dialect::kDebezium>(); }
Format CanalJsonFormat() { return CdcFormat<Dialect::kCanal>(); }
Format MaxwellJsonFormat() { return CdcFormat<Dialect::kMaxwell>(); }
Format OggJsonFormat() { return CdcFormat<Dialect::kOgg>(); }

}  // namespace sluice::engine
