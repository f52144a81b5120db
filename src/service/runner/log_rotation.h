// Keeps a log small that several processes append to and hold open, without their help.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace sluice::service {

struct LogLimits {
  int64_t bytes = 64 << 20;  // before what is in a log becomes an old one
  int old = 3;               // how many of these are kept of each
};

/// Once `path` has more than the limit, its lines go to <path>.1, what was there to <path>.2 and so on; the oldest are
/// dropped. The file stays the same one, so its writers (O_APPEND) notice nothing. On file systems that can cut a
/// file's beginning off (ext4, xfs) no line is lost; on others those that are written in the same moment. The next line
/// may begin with blanks. One thread per file.
Status KeepLogSmall(const std::string& path, const LogLimits& limits);
/// The logs of the application whose folder this is. The first error, after all were tried.
Status KeepLogsSmall(const std::string& folder, const LogLimits& limits);

}  // namespace sluice::service
