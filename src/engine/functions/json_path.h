// JSON paths as Flink's JSON functions read them (Jayway JsonPath under Calcite's "lax"/"strict" prefix):
// $.a  $['a','b']  $[0]  $[-1]  $[0,2]  $[1:3]  $[*]  $.*  $..a  $[?(@.p > 2 && @.q)]  $.a.length().
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/functions/json.h"
#include "engine/functions/json_path_function.h"

namespace sluice::engine {

struct JsonFilter;

/// A compiled path. Immutable, thread-safe.
class JsonPath {
 public:
  /// The whole specification, "lax $.a". kInvalidArgument if it is no path, kNotSupported for functions and operators
  /// of JsonPath that we lack.
  static Result<std::shared_ptr<const JsonPath>> Compile(std::string_view specification);
  ~JsonPath();

  /// Without a prefix a path is strict: what is missing is an error, not empty.
  bool lax() const { return lax_; }

  /// The value at a definite path; of a path with wildcards, slices or filters the array of all values. An Error
  /// (kData) if a definite path leads nowhere.
  Result<JsonNode> Evaluate(const JsonNode& document) const;

 private:
  Result<JsonNode> EvaluateSteps(const JsonNode& document) const;
  friend struct JsonFilter;
  friend class JsonPathParser;
  struct Step {
    enum class Kind : uint8_t { kMembers, kIndices, kSlice, kWildcard, kFilter };
    Kind kind = Kind::kMembers;
    bool deep = false;  // behind "..": at every level
    std::vector<std::string> names;
    std::vector<int64_t> indices;
    std::optional<int64_t> from, to;
    std::shared_ptr<const JsonFilter> filter;
    bool definite() const;
  };
  JsonPath() = default;
  void Select(const JsonNode& node, size_t step, const JsonNode& root, std::vector<JsonNode>& out) const;
  void SelectHere(const JsonNode& node, size_t step, const JsonNode& root, std::vector<JsonNode>& out) const;
  /// Where the first `count` steps lead, all of them definite.
  Result<const JsonNode*> FollowDefinite(const JsonNode& document, size_t count) const;
  std::string Text(size_t steps) const;

  bool lax_ = false;
  std::vector<Step> steps_;
  std::optional<JsonPathFunction> function_;  // of what the steps lead to
  int64_t function_argument_ = 0;
};

}  // namespace sluice::engine
