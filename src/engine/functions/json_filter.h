// The conditions of JSON paths: [?(@.p > 2 && !(@.q == 'x'))]. Internal to json_path.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/functions/json_path.h"

namespace sluice::engine {

/// A condition, or an operand of one. Immutable.
struct JsonFilter {
  enum class Kind : uint8_t {
    kAnd,
    kOr,
    kNot,
    kExists,
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kIn,
    kNotIn,
    kSize,
    kEmpty,
    kContains,
    kLiteral,
    kPath
  };
  Kind kind = Kind::kLiteral;
  std::vector<JsonFilter> args;
  JsonNode literal;
  bool from_root = false;  // kPath: $ instead of @
  std::shared_ptr<const JsonPath> path;

  bool Holds(const JsonNode& current, const JsonNode& root) const;

 private:
  /// False if the path leads nowhere.
  bool Operand(const JsonNode& current, const JsonNode& root, JsonNode& out) const;
};

}  // namespace sluice::engine
