// Keeps a log small that several processes append to and hold open, without their help.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace sluice::service {

/// Once `path` has more than `most_bytes`, its lines go to <path>.1, what was there to <path>.2 and so on up to `old`;
/// the oldest are dropped. The file stays the same one, so its writers (O_APPEND) notice nothing. On file systems that
/// can cut a file's beginning off (ext4, xfs) no line is lost; on others those that are written in the same moment.
/// The next line may begin with blanks. One thread per file.
Status KeepLogSmall(const std::string& path, int64_t most_bytes, int old);

}  // namespace sluice::service
