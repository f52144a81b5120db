// The three kinds of RuntimeEnvironment; each allows other members of a configuration.
#pragma once

#include <string_view>

#include "service/model/api_error.h"

namespace sluice::service {

enum class RuntimeFamily { kSql, kFlink, kZeppelin };

/// `runtime` is a value of the model's enumeration.
inline RuntimeFamily FamilyOf(std::string_view runtime) {
  if (runtime.starts_with("SQL")) return RuntimeFamily::kSql;
  return runtime.starts_with("ZEPPELIN") ? RuntimeFamily::kZeppelin : RuntimeFamily::kFlink;
}

/// InvalidArgumentException unless the application is a SQL-1_0 one; `what` is the operation or the member.
Answer<Done> RequireSql(std::string_view runtime, std::string_view what);
/// InvalidArgumentException if it is.
Answer<Done> RefuseSql(std::string_view runtime, std::string_view what);

}  // namespace sluice::service
