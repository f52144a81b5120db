#include "service/api/page_token.h"

#include <charconv>

namespace sluice::service {
namespace {
constexpr std::string_view kPrefix = "sluice1.";
}

std::string WritePageToken(int64_t position) { return std::string(kPrefix) + std::to_string(position); }

Answer<int64_t> ReadPageToken(const std::string& token, int64_t otherwise) {
  if (token.empty()) return otherwise;
  int64_t position = -1;
  if (token.starts_with(kPrefix)) {
    const char* begin = token.data() + kPrefix.size();
    const char* end = token.data() + token.size();
    if (auto [stop, ec] = std::from_chars(begin, end, position); ec != std::errc() || stop != end) position = -1;
  }
  if (position < 0)
    return ApiError::InvalidArgument("NextToken is not valid: use the one of the answer before, unchanged");
  return position;
}

}  // namespace sluice::service
