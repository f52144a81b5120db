// Aggregates that Flink computes another way under OVER are registered a second time, with this before their name.
#pragma once

namespace sluice::engine {

inline constexpr const char* kOverPrefix = "$OVER ";

}  // namespace sluice::engine
