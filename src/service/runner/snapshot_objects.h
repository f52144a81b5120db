// Where snapshots are exported to and imported from: objects of a bucket. An interface, so that tests need no S3.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace sluice::service {

/// Any thread; calls block. Errors as net::S3Client's.
class SnapshotObjects {
 public:
  virtual ~SnapshotObjects() = default;
  virtual Status Put(const std::string& bucket, const std::string& key, std::string body) = 0;
  virtual Result<std::string> Get(const std::string& bucket, const std::string& key) = 0;
  /// All keys that begin with `prefix`.
  virtual Result<std::vector<std::string>> List(const std::string& bucket, const std::string& prefix) = 0;
};

}  // namespace sluice::service
