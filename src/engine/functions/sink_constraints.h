// Names of the calls that the planner puts before a sink; see sink_constraints.cc.
#pragma once

namespace sluice::engine {

/// (value, SYMBOL column name)
inline constexpr const char* kRequireNotNull = "$REQUIRE_NOT_NULL";
/// (value, SYMBOL "TRIM_PAD" or "ERROR", SYMBOL column name); the call's type has the length
inline constexpr const char* kEnforceLength = "$ENFORCE_LENGTH";

}  // namespace sluice::engine
