// Lists of HTTP status codes as options give them: "2XX,404,!203".
#pragma once

#include <bitset>
#include <string_view>

#include "base/result.h"

namespace sluice::engine::http {

/// By code; what lies outside 100 to 599 is never set.
using StatusCodes = std::bitset<600>;

/// Codes and groups ("2XX"), less those behind a '!'. Fails with the sentences of the http-connector's HttpCodesParser.
Result<StatusCodes> ParseStatusCodes(std::string_view list);

}  // namespace sluice::engine::http
