// Small facts about texts that many parsers need.
#pragma once

#include <string_view>

namespace sluice {

/// Without blanks and control characters (all up to U+0020) at both ends, as Java's String.trim.
std::string_view Trim(std::string_view text);

}  // namespace sluice
