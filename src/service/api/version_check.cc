#include "service/api/version_check.h"

#include <fmt/format.h>

#include "service/model/json_access.h"

namespace sluice::service {

Answer<Done> CheckVersion(const json::object& request, const ApplicationRow& row) {
  const int64_t version = IntAt(request, "CurrentApplicationVersionId", 0);
  const std::string token = TextAt(request, "ConditionalToken");
  if (version == 0 && token.empty()) {
    return ApiError::InvalidArgument("CurrentApplicationVersionId or ConditionalToken must be given");
  }
  if ((version != 0 && version != row.version) || (!token.empty() && token != ConditionalToken(row))) {
    return ApiError::Concurrent(
        fmt::format("Application {} was changed in between: its version is {}", row.name, row.version));
  }
  return Done{};
}

Answer<Done> CheckCanChange(const ApplicationRow& row, std::string_view operation) {
  if (Decide(row.status, ApplicationEvent::kUpdate).verdict != Verdict::kAccept) {
    return WrongStatus(row.name, row.status, operation);
  }
  return Done{};
}

}  // namespace sluice::service
