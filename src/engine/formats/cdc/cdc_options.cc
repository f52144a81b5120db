#include "engine/formats/cdc/cdc_options.h"

#include "engine/formats/text/option_text.h"

namespace sluice::engine::cdc {
namespace {

constexpr std::string_view kSchemaInclude = "schema-include";
constexpr std::string_view kDatabaseInclude = "database.include";
constexpr std::string_view kTableInclude = "table.include";

}  // namespace

std::string_view FormatName(Dialect dialect) {
  switch (dialect) {
    case Dialect::kDebezium: return "debezium-json";
    case Dialect::kCanal: return "canal-json";
    case Dialect::kMaxwell: return "maxwell-json";
    case Dialect::kOgg: return "ogg-json";
  }
  return "";
}

std::string_view ProductName(Dialect dialect) {
  switch (dialect) {
    case Dialect::kDebezium: return "Debezium";
    case Dialect::kCanal: return "Canal";
    case Dialect::kMaxwell: return "Maxwell";
    case Dialect::kOgg: return "Ogg";
  }
  return "";
}

std::vector<FactoryOption> CdcFactoryOptions(Dialect dialect) {
  std::vector<FactoryOption> options;
  if (dialect == Dialect::kCanal) options.push_back({std::string(kDatabaseInclude)});
  for (const char* name : {"encode.decimal-as-plain-number", "encode.ignore-null-fields", "ignore-parse-errors",
                           "map-null-key.literal", "map-null-key.mode"}) {
    options.push_back({name});
  }
  if (dialect == Dialect::kDebezium) options.push_back({std::string(kSchemaInclude)});
  if (dialect == Dialect::kCanal) options.push_back({std::string(kTableInclude)});
  options.push_back({"timestamp-format.standard"});
  return options;
}

Result<CdcOptions> ReadCdcOptions(Dialect dialect, const OptionMap& options, bool for_encoder) {
  OptionMap own;
  for (const FactoryOption& option : CdcFactoryOptions(dialect)) {
    if (auto it = options.find(option.name); it != options.end()) own.insert(*it);
  }
  CdcOptions o;
  SLUICE_ASSIGN_OR_RETURN(o.json, json::ReadJsonOptions(own, for_encoder));
  SLUICE_ASSIGN_OR_RETURN(o.schema_include, text::BoolOption(own, kSchemaInclude, false));
  if (o.schema_include && for_encoder) {
    return Error(ErrorCode::kOption,
                 "Debezium JSON serialization doesn't support 'debezium-json.schema-include' option been set to true.");
  }
  o.by_database = own.contains(std::string(kDatabaseInclude));
  o.by_table = own.contains(std::string(kTableInclude));
  o.database_pattern = text::StringOption(own, kDatabaseInclude, "");
  o.table_pattern = text::StringOption(own, kTableInclude, "");
  return o;
}

}  // namespace sluice::engine::cdc
