#include "service/api/snapshot_place.h"

#include "service/model/json_access.h"

namespace sluice::service {

Answer<TransferPlace> ReadPlace(const json::object& location, const json::object* encryption) {
  TransferPlace place;
  place.bucket_arn = TextAt(location, "BucketARN");
  place.prefix = TextAt(location, "KeyPrefix");
  const std::string bucket = place.bucket();
  if (place.bucket_arn.find(":s3:::") == std::string::npos || bucket.empty() || bucket.find('/') != std::string::npos) {
    return ApiError::InvalidArgument("BucketARN is not the ARN of a bucket: " + place.bucket_arn);
  }
  if (place.prefix.find_first_not_of('/') == std::string::npos) {
    return ApiError::InvalidArgument("KeyPrefix names no folder: " + place.prefix);
  }
  if (encryption == nullptr) return place;
  place.key_type = TextAt(*encryption, "KeyType");
  place.key_id = TextAt(*encryption, "KeyId");
  if ((place.key_type == "CUSTOMER_MANAGED_KEY") == place.key_id.empty()) {
    return ApiError::InvalidArgument("KeyId goes with KeyType CUSTOMER_MANAGED_KEY, and with that alone");
  }
  return place;
}

}  // namespace sluice::service
