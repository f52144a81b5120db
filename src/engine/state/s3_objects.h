// S3 as the object store of checkpoints. What may pass (a 5xx answer, a broken connection) is tried again.
#pragma once

#include <memory>

#include "base/clock.h"
#include "engine/state/object_store.h"
#include "net/aws/s3.h"

namespace sluice::engine {

class S3Objects : public ObjectStore {
 public:
  /// `clock` must outlive the store; it waits between attempts.
  S3Objects(net::S3Client client, Clock* clock) : client_(std::move(client)), clock_(clock) {}

  Status Put(const std::string& bucket, const std::string& key, std::string bytes) override;
  Result<std::string> Get(const std::string& bucket, const std::string& key, uint64_t offset, uint64_t length) override;
  Result<uint64_t> Size(const std::string& bucket, const std::string& key) override;
  Status Delete(const std::string& bucket, const std::string& key) override;
  Result<std::vector<std::string>> List(const std::string& bucket, const std::string& prefix) override;
  size_t min_part_bytes() const override { return 8 * 1024 * 1024; }
  Result<std::string> BeginUpload(const std::string& bucket, const std::string& key) override;
  Result<std::string> UploadPart(const std::string& bucket, const std::string& key, const std::string& upload,
                                 int number, std::string bytes) override;
  Status FinishUpload(const std::string& bucket, const std::string& key, const std::string& upload,
                      const std::vector<std::string>& tags) override;
  Status AbortUpload(const std::string& bucket, const std::string& key, const std::string& upload) override;

 private:
  const net::S3Client client_;
  Clock* clock_;
};

}  // namespace sluice::engine
