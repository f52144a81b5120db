#include "service/api/page_token.h"

#include <cstdlib>

#include "service/model/json_access.h"

namespace sluice::service {

std::string PageOf(std::string_view operation, const json::object& request) {
  std::string out(operation);
  // A validated request has its members in the model's order.
  for (const auto& member : request) {
    if (member.key() == "NextToken" || member.key() == "Limit") continue;
    out += ' ' + std::string(member.key()) + '=' + json::serialize(member.value());
  }
  return out;
}

std::string WritePageToken(const TokenSigner& signer, const std::string& page, const std::string& position) {
  return signer.Sign("page " + page, position);
}

Answer<std::string> ReadPageToken(const TokenSigner& signer, const std::string& page, const std::string& token) {
  if (token.empty()) return std::string();
  auto position = signer.Verify("page " + page, token);
  if (!position) {
    return ApiError::InvalidArgument("NextToken is not valid: use the one of the answer before, unchanged");
  }
  return std::move(*position);
}

Answer<int64_t> ReadPageNumber(const TokenSigner& signer, const std::string& page, const std::string& token,
                               int64_t otherwise) {
  SLUICE_ASSIGN_OR_RETURN(std::string text, ReadPageToken(signer, page, token));
  return text.empty() ? otherwise : std::atoll(text.c_str());
}

}  // namespace sluice::service
