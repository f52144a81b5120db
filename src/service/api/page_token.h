// Tokens of lists: opaque, signed with the data folder's key, of use only for the list that they were given out for.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "service/auth/signed_token.h"
#include "service/model/api_error.h"

namespace sluice::service {

/// Which list a request asks for: the operation with all that the next page must be asked for with, too. Only Limit may
/// change from page to page.
std::string PageOf(std::string_view operation, const boost::json::object& request);

std::string WritePageToken(const TokenSigner& signer, const std::string& page, const std::string& position);
/// The position; empty for an empty token. InvalidArgumentException for a token that was not given out for this list.
Answer<std::string> ReadPageToken(const TokenSigner& signer, const std::string& page, const std::string& token);
/// The same for lists that go by a number; `otherwise` for an empty token.
Answer<int64_t> ReadPageNumber(const TokenSigner& signer, const std::string& page, const std::string& token,
                               int64_t otherwise);

}  // namespace sluice::service
