#include "base/result.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace sluice {

std::string Error::ToString() const {
  if (!position_.known()) return fmt::format("{}: {}", ErrorCodeName(code_), message_);
  return fmt::format("{} at line {}, column {}: {}", ErrorCodeName(code_), position_.line, position_.column, message_);
}

Error Error::WithContext(std::string_view context) const {
  return Error(code_, fmt::format("{}: {}", context, message_), position_);
}

Error Error::At(TextPosition position) const { return position_.known() ? *this : Error(code_, message_, position); }

void InvariantFailed(const char* file, int line, const char* condition, const std::string& message) {
  std::fprintf(stderr, "%s:%d: invariant failed: %s: %s\n", file, line, condition, message.c_str());
  std::fflush(stderr);
  std::abort();
}

}  // namespace sluice
