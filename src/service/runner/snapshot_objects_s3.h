// Snapshots in S3, or what speaks like it.
#pragma once

#include "net/aws/s3.h"
#include "service/runner/snapshot_objects.h"

namespace sluice::service {

class S3SnapshotObjects : public SnapshotObjects {
 public:
  /// `client` must outlive it.
  explicit S3SnapshotObjects(const net::S3Client& client) : client_(client) {}

  Status Put(const std::string& bucket, const std::string& key, std::string body) override;
  Result<std::string> Get(const std::string& bucket, const std::string& key) override;
  Result<std::vector<std::string>> List(const std::string& bucket, const std::string& prefix) override;

 private:
  const net::S3Client& client_;
};

}  // namespace sluice::service
