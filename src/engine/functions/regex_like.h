// LIKE patterns: '%' is any text, '_' one character that ends no line, as the regular expression that Flink makes of
// it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::engine {

/// A compiled pattern. Immutable, thread-safe.
class LikePattern {
 public:
  /// kInvalidArgument with Calcite's message ("Invalid escape sequence 'a!xb', 1").
  static Result<LikePattern> Compile(std::string_view pattern, std::optional<char32_t> escape);

  bool Matches(std::string_view text) const;

 private:
  /// Literal texts with one '_' between each two of them.
  struct Segment {
    std::vector<std::string> parts{1};
    size_t characters = 0;
    /// End of the match that starts at `at`, npos if there is none.
    size_t MatchAt(std::string_view text, size_t at) const;
    bool empty() const { return characters == 0; }
  };

  std::vector<Segment> segments_{1};  // one '%' between each two of them
};

}  // namespace sluice::engine
