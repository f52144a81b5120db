// A small S3 client: read, write, list and delete objects, large ones in parts. Any thread; calls block.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/aws/aws_client.h"
#include "net/http_message.h"

namespace sluice::net {

struct S3Object {
  std::string body;
  std::string etag;        // without quotes
  std::string version_id;  // empty if the bucket has no versions
  uint64_t size = 0;
};

struct S3ListEntry {
  std::string key;
  uint64_t size = 0;
  int64_t modified_ms = 0;
};

/// A multipart upload that is neither finished nor aborted.
struct S3PendingUpload {
  std::string key, id;
};

class S3Client {
 public:
  /// `options` as AwsClientOptions::FromEnvironment("s3", …) makes them. With an endpoint, requests go there in path
  /// style; else to AWS in virtual-hosted style. An attempt may take five minutes. `credentials`, `clock` and `random`
  /// (null: nothing is tried again) must outlive the client.
  S3Client(AwsClientOptions options, CredentialsProvider* credentials, Clock& clock, Random* random = nullptr);

  /// Errors: kNotFound (bucket, key or version), kInvalidArgument (other refusals, with S3's code and message),
  /// kResourceExhausted (larger than max_bytes), kUnavailable (5xx), kIo, kTimeout.
  Result<S3Object> GetObject(const std::string& bucket, const std::string& key, const std::string& version_id = "",
                             uint64_t max_bytes = 512ull * 1024 * 1024) const;
  /// `length` > 0 bytes from `offset`, fewer if the object ends before; none from behind its end on.
  Result<std::string> GetRange(const std::string& bucket, const std::string& key, uint64_t offset,
                               uint64_t length) const;
  /// As GetObject, without the body.
  Result<S3Object> HeadObject(const std::string& bucket, const std::string& key,
                              const std::string& version_id = "") const;
  Status PutObject(const std::string& bucket, const std::string& key, std::string body) const;
  /// All keys that begin with `prefix`, in S3's order.
  Result<std::vector<S3ListEntry>> List(const std::string& bucket, const std::string& prefix) const;
  /// Fine if there is none.
  Status DeleteObject(const std::string& bucket, const std::string& key) const;

  // --- an object in parts: of at least 5 MiB but for the last, at most 10,000, numbered from 1
  static constexpr size_t kMinPartBytes = 5 * 1024 * 1024;
  /// Answers the upload's id.
  Result<std::string> StartUpload(const std::string& bucket, const std::string& key) const;
  /// Answers the part's ETag, for FinishUpload.
  Result<std::string> UploadPart(const std::string& bucket, const std::string& key, const std::string& upload,
                                 int number, std::string body) const;
  Status FinishUpload(const std::string& bucket, const std::string& key, const std::string& upload,
                      const std::vector<std::string>& etags) const;
  /// Fine if there is none.
  Status AbortUpload(const std::string& bucket, const std::string& key, const std::string& upload) const;
  /// Those of keys that begin with `prefix`.
  Result<std::vector<S3PendingUpload>> ListUploads(const std::string& bucket, const std::string& prefix) const;

 private:
  Result<HttpResponse> Send(const std::string& method, const std::string& bucket, const std::string& key,
                            const std::string& query, std::string body, uint64_t max_bytes,
                            const std::string& range = "") const;

  mutable AwsClient client_;
};

}  // namespace sluice::net
