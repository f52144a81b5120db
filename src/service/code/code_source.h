// Where an application's code comes from: S3. An interface, so that tests need none.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "net/aws/s3.h"

namespace sluice::service {

/// AWS's limit for a package.
inline constexpr uint64_t kMaxCodeBytes = 512ull * 1024 * 1024;

class CodeSource {
 public:
  virtual ~CodeSource() = default;
  /// The object's bytes. Errors as S3Client::GetObject; kInvalidArgument if `bucket_arn` is not the ARN of a bucket.
  virtual Result<std::string> Fetch(const std::string& bucket_arn, const std::string& key,
                                    const std::string& object_version) = 0;
};

/// `s3` must outlive it. Any thread.
class S3CodeSource : public CodeSource {
 public:
  explicit S3CodeSource(const net::S3Client& s3) : s3_(s3) {}
  Result<std::string> Fetch(const std::string& bucket_arn, const std::string& key,
                            const std::string& object_version) override;

 private:
  const net::S3Client& s3_;
};

/// "arn:aws:s3:::bucket" → "bucket"; also the partitions aws-cn and aws-us-gov.
Result<std::string> BucketOfArn(const std::string& arn);

}  // namespace sluice::service
