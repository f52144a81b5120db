// The regular expressions of the model file. There are few and they are simple, so each has its own matcher: linear
// time, no library that could recurse on a long input. A test holds the list against the model.
#pragma once

#include <optional>
#include <string_view>

namespace sluice::service {

/// Whether all of `text` matches `pattern`; nothing if the pattern is not known.
std::optional<bool> MatchesPattern(std::string_view pattern, std::string_view text);

}  // namespace sluice::service
