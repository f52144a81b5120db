// Java regular expressions on PCRE2 with its JIT. Patterns are translated (translation in regex_translate.h); what
// differs between the two engines and cannot be translated is refused as a pattern error.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice::engine {

/// A compiled pattern with room for one match. One thread.
class Regex {
 public:
  /// kInvalidArgument with the reason and the place in the pattern.
  static Result<std::unique_ptr<Regex>> Compile(std::string_view java_pattern);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  /// The first match at or behind byte `from`, as Matcher.find(from). A match that would take more than the step limit
  /// counts as none, and too_complex() tells.
  bool Find(std::string_view text, size_t from) const;

  /// Capturing groups, without group 0.
  int group_count() const { return group_count_; }
  /// Byte range of a group of the last match; {npos, npos} if the group took no part.
  std::pair<size_t, size_t> group(int i) const;
  bool too_complex() const { return too_complex_; }

 private:
  Regex();

  struct Code;
  std::unique_ptr<Code> code_;
  int group_count_ = 0;
  mutable bool too_complex_ = false;
};

/// Compiled patterns of one kernel, by their text: patterns that come from a column repeat. One thread.
class RegexCache {
 public:
  /// The pattern compiled, owned by the cache until the next Get; or why it is invalid.
  Result<const Regex*> Get(std::string_view pattern);

 private:
  static constexpr size_t kMost = 256;
  std::string last_pattern_;
  const Regex* last_ = nullptr;
  std::unordered_map<std::string, Result<std::unique_ptr<Regex>>> compiled_;
};

}  // namespace sluice::engine
