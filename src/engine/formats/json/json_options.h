// The options of Flink's json format, read once.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/formats/text/timestamp_text.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::json {

enum class NullKeys : uint8_t { kFail, kDrop, kLiteral };

struct JsonOptions {
  bool fail_on_missing_field = false;
  bool ignore_parse_errors = false;
  text::TimestampStandard standard = text::TimestampStandard::kSql;
  NullKeys null_keys = NullKeys::kFail;
  std::string null_key_literal = "null";
  bool plain_decimals = false;
  bool ignore_null_fields = false;
  /// false: Flink builds a tree of the whole document first (JsonToRowDataConverters), which coerces differently.
  bool pull_parser = true;
};

/// Fails with Flink's message for a value that is none. A bad map-null-key.mode is refused only by `for_encoder`, as
/// in Flink.
Result<JsonOptions> ReadJsonOptions(const OptionMap& options, bool for_encoder);

/// Flink refuses maps whose keys are not strings, and RAW.
Status CheckJsonType(const DataType& type);

const std::vector<FactoryOption>& JsonFactoryOptions();

}  // namespace sluice::engine::json
