#include "engine/formats/json/json_options.h"

#include "engine/formats/text/option_text.h"

namespace sluice::engine::json {

Result<JsonOptions> ReadJsonOptions(const OptionMap& options, bool for_encoder) {
  JsonOptions o;
  SLUICE_ASSIGN_OR_RETURN(o.fail_on_missing_field, text::BoolOption(options, "fail-on-missing-field", false));
  SLUICE_ASSIGN_OR_RETURN(o.ignore_parse_errors, text::BoolOption(options, "ignore-parse-errors", false));
  SLUICE_ASSIGN_OR_RETURN(o.plain_decimals, text::BoolOption(options, "encode.decimal-as-plain-number", false));
  SLUICE_ASSIGN_OR_RETURN(o.ignore_null_fields, text::BoolOption(options, "encode.ignore-null-fields", false));
  SLUICE_ASSIGN_OR_RETURN(o.pull_parser, text::BoolOption(options, "decode.json-parser.enabled", true));
  const std::string standard = text::StringOption(options, "timestamp-format.standard", "SQL");
  const auto parsed = text::ParseStandard(standard);
  if (!parsed) {
    return Error(ErrorCode::kOption, "Unsupported value '" + standard +
                                         "' for timestamp-format.standard. Supported values are [SQL, ISO-8601].");
  }
  o.standard = *parsed;
  o.null_key_literal = text::StringOption(options, "map-null-key.literal", "null");
  const std::string written_mode = text::StringOption(options, "map-null-key.mode", "FAIL");
  std::string mode = written_mode;
  for (char& c : mode) c = static_cast<char>(toupper(static_cast<unsigned char>(c)));
  if (mode == "DROP") {
    o.null_keys = NullKeys::kDrop;
  } else if (mode == "LITERAL") {
    o.null_keys = NullKeys::kLiteral;
  } else if (mode != "FAIL" && for_encoder) {
    return Error(ErrorCode::kOption, "Unsupported value '" + written_mode +
                                         "' for option map-null-key.mode. Supported values are [LITERAL, FAIL, DROP].");
  }
  if (!for_encoder && o.fail_on_missing_field && o.ignore_parse_errors) {
    return Error(ErrorCode::kOption, "fail-on-missing-field and ignore-parse-errors shouldn't both be true.");
  }
  return o;
}

Status CheckJsonType(const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kRaw:
    case TypeKind::kSymbol:
    case TypeKind::kDescriptor: return Error(ErrorCode::kValidation, "Unsupported type: " + type.ToString());
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      if (!type.child(0).is_character()) {
        return Error(ErrorCode::kValidation,
                     "JSON format doesn't support non-string as key type of map. The type is: " + type.ToString(false));
      }
      break;
    default: break;
  }
  for (size_t i = 0; i < type.child_count(); ++i) SLUICE_RETURN_IF_ERROR(CheckJsonType(type.child(i)));
  return {};
}

const std::vector<FactoryOption>& JsonFactoryOptions() {
  static const std::vector<FactoryOption> kOptions = {
      {"decode.json-parser.enabled"}, {"encode.decimal-as-plain-number"},
      {"encode.ignore-null-fields"},  {"fail-on-missing-field"},
      {"ignore-parse-errors"},        {"map-null-key.literal"},
      {"map-null-key.mode"},          {"timestamp-format.standard"},
      {"zero-timestamp.behavior"}};
  return kOptions;
}

}  // namespace sluice::engine::json
