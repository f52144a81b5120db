// The log of one application: what the service and the job have to say to its owner. One JSON object a line, with the
// fields that AWS writes to CloudWatch Logs: locationInformation, logger, message, threadName, applicationARN,
// applicationVersionId, messageSchemaVersion, messageType, and throwableInformation with an exception.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace sluice::service {

/// Any thread. A log that cannot be written never stops what is logged.
class ApplicationLog {
 public:
  /// Appends to `path`, whose folder must exist when something is written. `clock` must outlive it.
  ApplicationLog(std::string path, std::string arn, const Clock& clock)
      : path_(std::move(path)), arn_(std::move(arn)), clock_(clock) {}

  /// `level` is "INFO", "WARN" or "ERROR"; `exception` may have many lines.
  void Write(std::string_view level, int64_t version, std::string_view message, std::string_view exception = "");

 private:
  std::mutex mutex_;
  std::string path_;
  std::string arn_;
  const Clock& clock_;
};

}  // namespace sluice::service
