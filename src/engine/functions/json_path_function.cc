#include "engine/functions/json_path_function.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "engine/types/number_text.h"

namespace sluice::engine {

namespace {

JsonNode Double(double v) {
  JsonNode node;
  node.kind = JsonNode::Kind::kNumber;
  AppendDouble(node.text, v);
  return node;
}

Error EmptyArray() { return {ErrorCode::kData, "Aggregation function attempted to calculate value using empty array"}; }

/// Elements that are no numbers do not count.
Result<JsonNode> Aggregate(JsonPathFunction function, const JsonNode& value) {
  double count = 0, sum = 0, squares = 0, min = 0, max = 0;
  for (const JsonNode& item : value.items) {
    if (item.kind != JsonNode::Kind::kNumber) continue;
    const double v = std::strtod(item.text.c_str(), nullptr);
    min = count == 0 ? v : std::min(min, v);
    max = count == 0 ? v : std::max(max, v);
    sum += v;
    squares += v * v;
    ++count;
  }
  if (count == 0) return EmptyArray();
  switch (function) {
    case JsonPathFunction::kMin: return Double(min);
    case JsonPathFunction::kMax: return Double(max);
    case JsonPathFunction::kSum: return Double(sum);
    case JsonPathFunction::kAverage: return Double(sum / count);
    default: return Double(std::sqrt(squares / count - sum * sum / count / count));
  }
}

Result<JsonNode> Element(const JsonNode& value, int64_t index) {
  const auto size = static_cast<int64_t>(value.items.size());
  if (size == 0) return EmptyArray();
  const int64_t at = index < 0 ? index + size : index;
  if (at >= 0 && at < size) return value.items[static_cast<size_t>(at)];
  return Error(ErrorCode::kData, fmt::format("Target index:{} larger than object count:{}", index, size));
}

}  // namespace

std::optional<JsonPathFunction> JsonPathFunctionNamed(std::string_view name) {
  using enum JsonPathFunction;
  constexpr std::pair<std::string_view, JsonPathFunction> kFunctions[] = {
      {"length", kLength}, {"size", kLength}, {"min", kMin},     {"max", kMax},
      {"avg", kAverage},   {"sum", kSum},     {"keys", kKeys},   {"stddev", kDeviation},
      {"first", kFirst},   {"last", kLast},   {"index", kIndex}, {"concat", kConcat}};
  for (const auto& [known, function] : kFunctions) {
    if (known == name) return function;
  }
  return std::nullopt;
}

Result<JsonNode> ApplyJsonPathFunction(JsonPathFunction function, int64_t argument, const JsonNode& value) {
  const bool array = value.kind == JsonNode::Kind::kArray, object = value.kind == JsonNode::Kind::kObject;
  switch (function) {
    case JsonPathFunction::kLength:
      if (!array && !object) return JsonNode();
      return JsonNode::Number(std::to_string(array ? value.items.size() : value.members.size()));
    case JsonPathFunction::kKeys: {
      JsonNode keys;
      if (!object) return keys;
      keys.kind = JsonNode::Kind::kArray;
      for (const auto& [name, member] : value.members) keys.items.push_back(JsonNode::String(name));
      return keys;
    }
    case JsonPathFunction::kFirst: return Element(value, 0);
    case JsonPathFunction::kLast: return Element(value, -1);
    case JsonPathFunction::kIndex: return Element(value, argument);
    case JsonPathFunction::kConcat: {
      std::string text;
      for (const JsonNode& item : value.items) {
        if (item.kind == JsonNode::Kind::kString) text += item.text;
      }
      return JsonNode::String(std::move(text));
    }
    default: return Aggregate(function, value);
  }
}

}  // namespace sluice::engine
