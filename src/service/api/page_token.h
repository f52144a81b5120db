// Tokens of lists: opaque, signed with the data folder's key, of use for the list that they were given out for only.
#pragma once

#include <cstdint>
#include <string>

#include "service/auth/signed_token.h"
#include "service/model/api_error.h"

namespace sluice::service {

/// `list` says which list it is, with all that the next page must be asked for with: "ListApplicationVersions/NAME".
std::string WritePageToken(const TokenSigner& signer, const std::string& list, const std::string& position);
/// The position; empty for an empty token. InvalidArgumentException for a token that was not given out for this list.
Answer<std::string> ReadPageToken(const TokenSigner& signer, const std::string& list, const std::string& token);
/// The same for lists that go by a number; `otherwise` for an empty token.
Answer<int64_t> ReadPageNumber(const TokenSigner& signer, const std::string& list, const std::string& token,
                               int64_t otherwise);

/// Unsigned ones of before.
std::string WritePageToken(int64_t position);
/// `otherwise` for an empty token; InvalidArgumentException for one that WritePageToken did not write.
Answer<int64_t> ReadPageToken(const std::string& token, int64_t otherwise);

}  // namespace sluice::service
