// A small S3 client: read, write and list whole objects. Any thread; calls block.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/aws/credentials.h"
#include "net/http_message.h"

namespace sluice::net {

struct S3Options {
  std::string region;
  /// "http://127.0.0.1:5000": requests go there in path style; empty: AWS, https, virtual-hosted style.
  std::string endpoint;
  std::string ca_file;

  /// AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL; AWS_CA_BUNDLE; the region by FindRegion.
  static S3Options FromEnvironment(const EnvLookup& environment);
};

struct S3Object {
  std::string body;
  std::string etag;        // without quotes
  std::string version_id;  // empty if the bucket has no versions
  uint64_t size = 0;
};

struct S3ListEntry {
  std::string key;
  uint64_t size = 0;
};

class S3Client {
 public:
  /// `credentials` and `clock` must outlive the client.
  S3Client(S3Options options, CredentialChain* credentials, const Clock& clock);

  /// Errors: kNotFound (bucket, key or version), kInvalidArgument (other refusals, with S3's code and message),
  /// kResourceExhausted (larger than max_bytes), kUnavailable (5xx), kIo, kTimeout.
  Result<S3Object> GetObject(const std::string& bucket, const std::string& key, const std::string& version_id = "",
                             uint64_t max_bytes = 512ull * 1024 * 1024) const;
  /// As GetObject, without the body.
  Result<S3Object> HeadObject(const std::string& bucket, const std::string& key,
                              const std::string& version_id = "") const;
  Status PutObject(const std::string& bucket, const std::string& key, std::string body) const;
  /// All keys that begin with `prefix`, in S3's order.
  Result<std::vector<S3ListEntry>> List(const std::string& bucket, const std::string& prefix) const;

 private:
  Result<HttpResponse> Send(const std::string& method, const std::string& bucket, const std::string& key,
                            const std::string& query, std::string body, uint64_t max_bytes) const;

  S3Options options_;
  CredentialChain* credentials_;
  const Clock& clock_;
};

}  // namespace sluice::net
