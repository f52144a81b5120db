#include "engine/state/s3_objects.h"

#include <chrono>
#include <limits>
#include <utility>

#include "net/aws/s3.h"

namespace sluice::engine {
namespace {

constexpr int kAttempts = 4;

bool MayPass(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kIo || code == ErrorCode::kTimeout;
}

/// `call` answers a Result; waits 100, 200, 400 ms between attempts.
template <typename Call>
auto Retry(Clock* clock, const Call& call) {
  auto answer = call();
  for (int attempt = 1; attempt < kAttempts && !answer.ok() && MayPass(answer.error().code()); ++attempt) {
    clock->Sleep(std::chrono::milliseconds(50 << attempt));
    answer = call();
  }
  return answer;
}

class S3Objects : public ObjectStore {
 public:
  S3Objects(const net::EnvLookup& environment, Clock* clock)
      : credentials_(environment, *clock),
        client_(net::AwsClientOptions::FromEnvironment("s3", environment), &credentials_, *clock),
        clock_(clock) {}

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
  net::CredentialChain credentials_;
  const net::S3Client client_;
  Clock* clock_;
};

Status S3Objects::Put(const std::string& bucket, const std::string& key, std::string bytes) {
  return Retry(clock_, [&] { return client_.PutObject(bucket, key, bytes); });
}

Result<std::string> S3Objects::Get(const std::string& bucket, const std::string& key, uint64_t offset,
                                   uint64_t length) {
  if (length == 0) return std::string();
  if (offset == 0 && length == std::numeric_limits<uint64_t>::max()) {
    auto object = Retry(clock_, [&] { return client_.GetObject(bucket, key); });
    if (!object.ok()) return object.error();
    return std::move(object->body);
  }
  return Retry(clock_, [&] { return client_.GetRange(bucket, key, offset, length); });
}

Result<uint64_t> S3Objects::Size(const std::string& bucket, const std::string& key) {
  auto object = Retry(clock_, [&] { return client_.HeadObject(bucket, key); });
  if (!object.ok()) return object.error();
  return object->size;
}

Status S3Objects::Delete(const std::string& bucket, const std::string& key) {
  return Retry(clock_, [&] { return client_.DeleteObject(bucket, key); });
}

Result<std::vector<std::string>> S3Objects::List(const std::string& bucket, const std::string& prefix) {
  auto entries = Retry(clock_, [&] { return client_.List(bucket, prefix); });
  if (!entries.ok()) return entries.error();
  std::vector<std::string> keys;
  for (net::S3ListEntry& entry : *entries) keys.push_back(std::move(entry.key));
  return keys;
}

Result<std::string> S3Objects::BeginUpload(const std::string& bucket, const std::string& key) {
  return Retry(clock_, [&] { return client_.StartUpload(bucket, key); });
}

Result<std::string> S3Objects::UploadPart(const std::string& bucket, const std::string& key, const std::string& upload,
                                          int number, std::string bytes) {
  return Retry(clock_, [&] { return client_.UploadPart(bucket, key, upload, number, bytes); });
}

Status S3Objects::FinishUpload(const std::string& bucket, const std::string& key, const std::string& upload,
                               const std::vector<std::string>& tags) {
  return Retry(clock_, [&] { return client_.FinishUpload(bucket, key, upload, tags); });
}

Status S3Objects::AbortUpload(const std::string& bucket, const std::string& key, const std::string& upload) {
  return Retry(clock_, [&] { return client_.AbortUpload(bucket, key, upload); });
}

}  // namespace

std::shared_ptr<ObjectStore> MakeS3Objects(net::EnvLookup environment, Clock* clock) {
  return std::make_shared<S3Objects>(environment, clock);
}

}  // namespace sluice::engine
