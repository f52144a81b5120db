// The functions that a JSON path may end with: $.a.length().
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "engine/functions/json.h"

namespace sluice::engine {

enum class JsonPathFunction : uint8_t {
  kLength,
  kMin,
  kMax,
  kAverage,
  kSum,
  kDeviation,
  kKeys,
  kFirst,
  kLast,
  kIndex,
  kConcat,
};

/// "length", "size", "min", …
std::optional<JsonPathFunction> JsonPathFunctionNamed(std::string_view name);

/// `argument`: of index(). NULL where the function has no meaning for the value; kData, in JsonPath's words, for
/// numbers or elements that are not there.
Result<JsonNode> ApplyJsonPathFunction(JsonPathFunction function, int64_t argument, const JsonNode& value);

}  // namespace sluice::engine
