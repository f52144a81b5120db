#include "engine/formats/avro/avro_schema.h"

#include <strings.h>

#include "engine/formats/text/option_text.h"

namespace sluice::engine::avro {

Result<AvroOptions> ReadAvroOptions(const OptionMap& options) {
  AvroOptions o;
  SLUICE_ASSIGN_OR_RETURN(o.legacy_timestamps, text::BoolOption(options, "timestamp_mapping.legacy", true));
  const std::string encoding = text::StringOption(options, "encoding", "binary");
  if (strcasecmp(encoding.c_str(), "json") == 0) {
    return Error(ErrorCode::kNotSupported, "not supported yet: 'avro.encoding' = 'json'");
  }
  if (strcasecmp(encoding.c_str(), "binary") != 0) {
    return Error(ErrorCode::kOption,
                 "Could not parse value '" + encoding + "' for key 'avro.encoding'. Expected one of: [[BINARY, JSON]]");
  }
  return o;
}

int64_t TimestampUnits(const DataType& type) {
  return type.precision() <= 3 ? 1000 : type.precision() <= 6 ? 1'000'000 : 1'000'000'000;
}

Status CheckAvroType(const DataType& type, const AvroOptions& options) {
  auto too_precise = [&](const char* name, const char* most) {
    return Error(ErrorCode::kValidation, std::string("Avro does not support ") + name +
                                             " type with precision: " + std::to_string(type.precision()) +
                                             ", it only supports precision less than " + most + ".");
  };
  switch (type.kind()) {
    case TypeKind::kTimestamp:
      if (options.legacy_timestamps && type.precision() > 3) return too_precise("TIMESTAMP", "3");
      break;
    case TypeKind::kTimestampLtz:
      if (options.legacy_timestamps) {
        return Error(ErrorCode::kValidation, "Unsupported to derive Schema for type: " + type.ToString());
      }
      break;
    case TypeKind::kTime:
      if (type.precision() > 3) return too_precise("TIME", "3");
      break;
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      if (!type.child(0).is_character()) {
        return Error(
            ErrorCode::kValidation,
            "Avro format doesn't support non-string as key type of map. The key type is: " + type.child(0).ToString());
      }
      break;
    case TypeKind::kRaw:
    case TypeKind::kSymbol:
    case TypeKind::kDescriptor:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      return Error(ErrorCode::kValidation, "Unsupported to derive Schema for type: " + type.ToString());
    default: break;
  }
  for (size_t i = 0; i < type.child_count(); ++i) SLUICE_RETURN_IF_ERROR(CheckAvroType(type.child(i), options));
  return {};
}

}  // namespace sluice::engine::avro
