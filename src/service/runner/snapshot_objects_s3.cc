#include "service/runner/snapshot_objects_s3.h"

namespace sluice::service {

Status S3SnapshotObjects::Put(const std::string& bucket, const std::string& key, std::string body) {
  return client_.PutObject(bucket, key, std::move(body));
}

Result<std::string> S3SnapshotObjects::Get(const std::string& bucket, const std::string& key) {
  constexpr uint64_t kLargest = 5ull * 1024 * 1024 * 1024;
  SLUICE_ASSIGN_OR_RETURN(net::S3Object object, client_.GetObject(bucket, key, "", kLargest));
  return std::move(object.body);
}

Result<std::vector<std::string>> S3SnapshotObjects::List(const std::string& bucket, const std::string& prefix) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<net::S3ListEntry> entries, client_.List(bucket, prefix));
  std::vector<std::string> keys;
  keys.reserve(entries.size());
  for (const net::S3ListEntry& entry : entries) keys.push_back(entry.key);
  return keys;
}

}  // namespace sluice::service
