// The options of Flink's csv format, read once.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::csv {

struct CsvOptions {
  char delimiter = ',';
  std::optional<char> quote = '"';
  std::optional<char> escape;
  std::optional<std::string> null_literal;
  std::string array_delimiter = ";";
  bool allow_comments = false;
  bool ignore_parse_errors = false;
};

/// Fails with Flink's messages.
Result<CsvOptions> ReadCsvOptions(const OptionMap& options);

/// "Unsupported type 'MAP<…>' for field 'm'."
Status CheckCsvSchema(const Schema& schema);

}  // namespace sluice::engine::csv
