#include "service/api/page_token.h"

#include <charconv>
#include <cstdlib>

namespace sluice::service {
namespace {
constexpr std::string_view kPrefix = "sluice1.";
}

std::string WritePageToken(const TokenSigner& signer, const std::string& list, const std::string& position) {
  return signer.Sign("page " + list, position);
}

Answer<std::string> ReadPageToken(const TokenSigner& signer, const std::string& list, const std::string& token) {
  if (token.empty()) return std::string();
  auto position = signer.Verify("page " + list, token);
  if (!position) {
    return ApiError::InvalidArgument("NextToken is not valid: use the one of the answer before, unchanged");
  }
  return std::move(*position);
}

Answer<int64_t> ReadPageNumber(const TokenSigner& signer, const std::string& list, const std::string& token,
                               int64_t otherwise) {
  SLUICE_ASSIGN_OR_RETURN(std::string text, ReadPageToken(signer, list, token));
  return text.empty() ? otherwise : std::atoll(text.c_str());
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
