// The options of the changelog formats (debezium-json, canal-json, maxwell-json, ogg-json), read once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/formats/json/json_options.h"

namespace sluice::engine::cdc {

enum class Dialect : uint8_t { kDebezium, kCanal, kMaxwell, kOgg };

struct CdcOptions {
  json::JsonOptions json;
  bool schema_include = false;  // debezium: the record is {"schema": …, "payload": {…}}
  bool by_database = false;     // canal: only records whose database matches
  bool by_table = false;
  std::string database_pattern;  // Java regular expressions for the whole name
  std::string table_pattern;
};

/// "debezium-json", …
std::string_view FormatName(Dialect dialect);
/// "Debezium", … as Flink's messages call it.
std::string_view ProductName(Dialect dialect);

/// The options as the decoder or the encoder reads them, with Flink's messages. Options that the format does not have
/// are not looked at, as in Flink's filesystem connector.
Result<CdcOptions> ReadCdcOptions(Dialect dialect, const OptionMap& options, bool for_encoder);

std::vector<FactoryOption> CdcFactoryOptions(Dialect dialect);

}  // namespace sluice::engine::cdc
