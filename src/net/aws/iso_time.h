// Times as AWS's answers write them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::net {

/// "2026-11-23T02:00:00Z" (a fraction is ignored) → milliseconds since 1970.
std::optional<int64_t> IsoTimeMs(const std::string& text);

}  // namespace sluice::net
