// java.util.regex syntax to PCRE2 syntax, and SQL's LIKE-like SIMILAR TO patterns to java.util.regex.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::engine {

/// kInvalidArgument if Java would throw PatternSyntaxException; kNotSupported if it would not but we cannot follow.
Result<std::string> TranslateJavaRegex(std::string_view pattern);

/// The pattern of SIMILAR TO as a regular expression for the whole text (Calcite's Like.sqlToRegexSimilar).
Result<std::string> SimilarToRegex(std::string_view pattern, std::optional<char32_t> escape);

}  // namespace sluice::engine
