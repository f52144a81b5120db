// The elements of a JSON array as texts.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace sluice::engine::http {

/// Views into `text`, without those that are null. Nothing if the text is no array; the elements are not checked.
std::optional<std::vector<std::string_view>> ArrayElements(std::string_view text);

}  // namespace sluice::engine::http
