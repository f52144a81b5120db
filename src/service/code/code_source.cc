#include "service/code/code_source.h"

#include <fmt/format.h>

namespace sluice::service {

Result<std::string> BucketOfArn(const std::string& arn) {
  size_t at = arn.find(":s3:::");
  std::string bucket = arn.starts_with("arn:") && at != std::string::npos ? arn.substr(at + 6) : "";
  if (bucket.empty() || bucket.find_first_of("/:? ") != std::string::npos) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("'{}' is not the ARN of an S3 bucket; expected arn:aws:s3:::NAME", arn));
  }
  return bucket;
}

Result<std::string> S3CodeSource::Fetch(const std::string& bucket_arn, const std::string& key,
                                        const std::string& object_version) {
  SLUICE_ASSIGN_OR_RETURN(std::string bucket, BucketOfArn(bucket_arn));
  SLUICE_ASSIGN_OR_RETURN(net::S3Object object, s3_.GetObject(bucket, key, object_version, kMaxCodeBytes));
  return std::move(object.body);
}

}  // namespace sluice::service
