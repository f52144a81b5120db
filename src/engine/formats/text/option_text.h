// Typed reading of a format's or connector's options; base/options_registry.h has the rules and Flink's sentences.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::text {

/// The option's text, or `fallback` if it is not set.
std::string StringOption(const OptionMap& options, std::string_view name, std::string_view fallback);
Result<bool> BoolOption(const OptionMap& options, std::string_view name, bool fallback);
/// `bits`: 32 or 64. "For input string: "x"", as Java says it.
Result<int64_t> IntOption(const OptionMap& options, std::string_view name, int64_t fallback, int bits);
Result<std::optional<double>> DoubleOption(const OptionMap& options, std::string_view name);
/// "10 s", "5min", "250" (milliseconds).
Result<std::optional<int64_t>> DurationOption(const OptionMap& options, std::string_view name);
/// "128 mb", "1024" (bytes).
Result<int64_t> MemoryOption(const OptionMap& options, std::string_view name, int64_t fallback_bytes);

/// What Flink's factory helper says when an option's value cannot be read; wraps the reason.
Error InvalidOption(std::string_view name, std::string_view reason);

}  // namespace sluice::engine::text
