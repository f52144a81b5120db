// Texts of times by a pattern of java.text.SimpleDateFormat. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace sluice::engine::kinesis {

/// Milliseconds since 1970; nothing if the text does not fit the pattern. Letters: y M d H m s S X Z z and quoted
/// texts; without a zone UTC is meant. kNotSupported for a pattern with other letters.
Result<std::optional<int64_t>> ParseJavaDate(std::string_view text, std::string_view pattern);

}  // namespace sluice::engine::kinesis
