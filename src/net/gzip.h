// Bodies that come with Content-Encoding: gzip. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::net {

/// The data of one or more gzip members. kData if that is not what `bytes` are, kResourceExhausted if it is more than
/// `max_bytes`.
Result<std::string> Gunzip(std::string_view bytes, size_t max_bytes);

}  // namespace sluice::net
