#include "service/api/runtime_family.h"

#include <fmt/format.h>

namespace sluice::service {

Answer<Done> RequireSql(std::string_view runtime, std::string_view what) {
  if (FamilyOf(runtime) == RuntimeFamily::kSql) return Done{};
  return ApiError::InvalidArgument(fmt::format(
      "{} is not supported for applications with RuntimeEnvironment {}; it is for SQL-1_0 applications only", what,
      runtime));
}

Answer<Done> RefuseSql(std::string_view runtime, std::string_view what) {
  if (FamilyOf(runtime) != RuntimeFamily::kSql) return Done{};
  return ApiError::InvalidArgument(
      fmt::format("{} is not supported for applications with RuntimeEnvironment {}", what, runtime));
}

}  // namespace sluice::service
