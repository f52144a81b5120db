// Tokens of lists that go by a number: the text is ours alone, so a token of another kind is refused.
#pragma once

#include <cstdint>
#include <string>

#include "service/model/api_error.h"

namespace sluice::service {

std::string WritePageToken(int64_t position);
/// `otherwise` for an empty token; InvalidArgumentException for one that WritePageToken did not write.
Answer<int64_t> ReadPageToken(const std::string& token, int64_t otherwise);

}  // namespace sluice::service
