// Columns of text for people, as wide as they need to be. Pure.
#pragma once

#include <string>
#include <vector>

namespace sluice::cli {

/// The first row is the heading. Two blanks between columns, none at the end of a line; line breaks in cells become
/// blanks.
std::string FormatTable(const std::vector<std::vector<std::string>>& rows);

/// Seconds since 1970 → "2026-01-31 12:00:00" UTC; "-" for none.
std::string FormatSeconds(double seconds);

}  // namespace sluice::cli
