// Names of calls that only the planner puts into plans: before a sink, above a scalar sub-query. SQL cannot name them.
#pragma once

namespace sluice::engine {

/// (value, SYMBOL column name)
inline constexpr const char* kRequireNotNull = "$REQUIRE_NOT_NULL";
/// (value, SYMBOL "TRIM_PAD" or "ERROR", SYMBOL column name); the call's type has the length
inline constexpr const char* kEnforceLength = "$ENFORCE_LENGTH";
/// (value, BIGINT count): the value of a scalar sub-query that had `count` rows
inline constexpr const char* kSingleValue = "$SINGLE_VALUE";

}  // namespace sluice::engine
