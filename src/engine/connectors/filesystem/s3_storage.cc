#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "base/clock.h"
#include "base/random.h"
#include "engine/connectors/filesystem/compaction.h"
#include "engine/connectors/filesystem/part_uploads.h"
#include "engine/connectors/filesystem/storage_kinds.h"
#include "net/aws/credentials.h"
#include "net/aws/s3.h"

namespace sluice::engine::filesystem {
namespace {

constexpr int kAttempts = 8;                    // with back-off up to some seconds: throttled requests succeed later
constexpr size_t kReadAhead = size_t{4} << 20;  // of a file that is read from front to back
constexpr size_t kUuid = 36;

/// One client for a storage and all that it opened.
struct Access {
  Access(const net::EnvLookup& environment, Clock* clock)
      : credentials(environment, *clock), client(Options(environment), &credentials, *clock, &random) {}

  static net::AwsClientOptions Options(const net::EnvLookup& environment) {
    net::AwsClientOptions options = net::AwsClientOptions::FromEnvironment("s3", environment);
    options.attempts = kAttempts;
    return options;
  }

  SystemRandom random;
  net::CredentialChain credentials;
  const net::S3Client client;
  UploadThreads uploads;
};

bool IsHidden(std::string_view name) { return name.starts_with('.') || name.starts_with('_'); }

/// A component of a key, from `from` on, that no reader looks at, or the mark of a folder.
bool IsIgnored(std::string_view key, size_t from) {
  if (key.ends_with('/')) return true;
  while (from <= key.size()) {
    if (IsHidden(key.substr(from))) return true;
    const size_t slash = key.find('/', from);
    if (slash == std::string_view::npos) return false;
    from = slash + 1;
  }
  return false;
}

class ObjectFile : public RandomAccessFile {
 public:
  ObjectFile(std::shared_ptr<const Access> access, std::string path, uint64_t size)
      : access_(std::move(access)), path_(std::move(path)), name_(NameOfPath(path_)), size_(size) {}

  Result<size_t> ReadAt(uint64_t offset, char* to, size_t size) override {
    if (offset >= size_) return size_t{0};
    size = static_cast<size_t>(std::min<uint64_t>(size, size_ - offset));
    size_t done = TakeKept(offset, to, size);
    if (done == size) return done;
    const bool in_order = offset + done == kept_at_ + kept_.size();
    const size_t want = in_order ? std::max(size - done, kReadAhead) : size - done;
    SLUICE_ASSIGN_OR_RETURN(kept_, access_->client.GetRange(name_.bucket, name_.key, offset + done, want));
    kept_at_ = offset + done;
    return done + TakeKept(offset + done, to + done, size - done);
  }
  uint64_t size() const override { return size_; }
  const std::string& name() const override { return path_; }

 private:
  size_t TakeKept(uint64_t offset, char* to, size_t size) const {
    if (offset < kept_at_ || offset >= kept_at_ + kept_.size()) return 0;
    const auto from = static_cast<size_t>(offset - kept_at_);
    const size_t n = std::min(size, kept_.size() - from);
    std::memcpy(to, kept_.data() + from, n);
    return n;
  }

  const std::shared_ptr<const Access> access_;
  const std::string path_;
  const ObjectName name_;
  const uint64_t size_;
  std::string kept_;  // what was fetched last
  uint64_t kept_at_ = 0;
};

/// A multipart upload: parts go as they fill, the object appears when the upload is finished.
class ObjectPart : public PartFile {
 public:
  ObjectPart(std::shared_ptr<Access> access, std::string folder, const std::string& name, int64_t now_ms)
      : PartFile(net::S3Client::kMinPartBytes, now_ms),
        access_(std::move(access)),
        folder_(std::move(folder)),
        path_(folder_ + "/" + name),
        uploads_(access_->client, access_->uploads, NameOfPath(path_)) {}

  Status Flush(bool) override { return buffer_.size() < net::S3Client::kMinPartBytes ? Status() : Send(); }

  Result<bool> BeginFinish() override {
    ended_ = true;
    if (!buffer_.empty() || uploads_.parts() == 0) SLUICE_RETURN_IF_ERROR(Send());
    return true;
  }

  Result<PreparedFile> Finish() override {
    if (!ended_) SLUICE_RETURN_IF_ERROR(BeginFinish());
    SLUICE_ASSIGN_OR_RETURN(PartUploads::Sent sent, uploads_.Wait());
    PreparedFile prepared;
    prepared.final_path = path_;
    prepared.folder = folder_;
    prepared.size = written_;
    prepared.upload = std::move(sent.upload);
    prepared.etags = std::move(sent.etags);
    return prepared;
  }

  void Discard() override { uploads_.Abort(); }

 private:
  Status Send() {
    written_ += buffer_.size();
    return uploads_.Send(std::exchange(buffer_, std::string()));
  }

  const std::shared_ptr<Access> access_;
  const std::string folder_, path_;
  PartUploads uploads_;
  bool ended_ = false;
};

/// Objects are named part-LINEAGE-UUID-SUBTASK-NUMBER, so that an upload tells whose it is.
class Buckets : public Storage {
 public:
  Buckets(const net::EnvLookup& environment, Clock* clock) : access_(std::make_shared<Access>(environment, clock)) {}

  Result<std::vector<FileInfo>> List(const std::string& path) override {
    const ObjectName name = NameOfPath(path);
    const std::string prefix = name.key.empty() ? "" : name.key + "/";
    const std::string root = path.substr(0, path.size() - name.key.size());
    SLUICE_ASSIGN_OR_RETURN(const std::vector<net::S3ListEntry> entries, access_->client.List(name.bucket, prefix));
    std::vector<FileInfo> files;
    for (const net::S3ListEntry& e : entries) {
      if (IsIgnored(e.key, prefix.size())) continue;
      files.push_back({(prefix.empty() ? root + "/" : root) + e.key, e.size, e.modified_ms});
    }
    if (!entries.empty()) return files;
    // Nothing below: a single object?
    SLUICE_ASSIGN_OR_RETURN(const std::vector<net::S3ListEntry> same, access_->client.List(name.bucket, name.key));
    for (const net::S3ListEntry& e : same) {
      if (e.key == name.key) return std::vector<FileInfo>{{path, e.size, e.modified_ms}};
    }
    return Error(ErrorCode::kNotFound, "File " + path + " does not exist.");
  }

  Result<std::vector<PartitionPath>> ListPartitions(const std::string& path, size_t depth) override {
    const ObjectName name = NameOfPath(path);
    const std::string prefix = name.key.empty() ? "" : name.key + "/";
    SLUICE_ASSIGN_OR_RETURN(const std::vector<net::S3ListEntry> entries, access_->client.List(name.bucket, prefix));
    std::map<std::string, PartitionPath> found;
    for (const net::S3ListEntry& e : entries) {
      PartitionPath partition;
      size_t at = prefix.size();
      for (size_t level = 0; level < depth; ++level) {
        const size_t slash = e.key.find('/', at);
        if (slash == std::string::npos) break;
        const std::string folder = e.key.substr(at, slash - at);
        PartitionSpec part = PartitionsOfPath(folder);
        if (IsHidden(folder) || part.size() != 1) break;
        partition.spec.push_back(std::move(part[0]));
        at = slash + 1;
      }
      if (partition.spec.size() != depth) continue;
      partition.path = path + "/" + e.key.substr(prefix.size(), at - 1 - prefix.size());
      found.emplace(partition.path, partition);
    }
    std::vector<PartitionPath> out;
    for (auto& [folder, partition] : found) out.push_back(std::move(partition));
    return out;
  }

  Result<std::unique_ptr<RandomAccessFile>> Open(const std::string& path) override {
    const ObjectName name = NameOfPath(path);
    SLUICE_ASSIGN_OR_RETURN(const net::S3Object object, access_->client.HeadObject(name.bucket, name.key));
    return std::unique_ptr<RandomAccessFile>(std::make_unique<ObjectFile>(access_, path, object.size));
  }

  bool saturated() const override { return access_->uploads.saturated(); }
  void OnRoom(std::function<void()> call) override { access_->uploads.OnRoom(std::move(call)); }
  Status CheckRoot(const std::string&) override { return {}; }

  std::string PartName(const std::string& name, const std::string& lineage) const override {
    return "part-" + lineage + name.substr(4);
  }
  Result<std::unique_ptr<PartFile>> Create(const std::string& folder, const std::string& name, const std::string&,
                                           int64_t now_ms) override {
    return std::unique_ptr<PartFile>(std::make_unique<ObjectPart>(access_, folder, name, now_ms));
  }
  Result<std::unique_ptr<OwnerMark>> TakeOwnership(const std::string&, const std::string&,
                                                   const std::string&) override {
    return std::unique_ptr<OwnerMark>();
  }
  Status SyncFolder(const std::string&, bool) override { return {}; }

  Status Commit(const PreparedFile& file, bool) override {
    const ObjectName name = NameOfPath(file.final_path);
    const Status finished = access_->client.FinishUpload(name.bucket, name.key, file.upload, file.etags);
    if (finished.ok() || finished.error().code() != ErrorCode::kNotFound) return finished;
    // The upload is gone: by this very commit, if the object is there.
    auto object = access_->client.HeadObject(name.bucket, name.key);
    if (object.ok() && object->size == file.size) return {};
    if (!object.ok() && object.error().code() != ErrorCode::kNotFound) return object.error();
    return Error(ErrorCode::kData, "The upload of " + file.final_path +
                                       " is gone and the object is not there with its " + std::to_string(file.size) +
                                       " bytes: it was aborted (a lifecycle rule of the bucket?) or taken away since.");
  }
  void Discard(const PreparedFile& file) override {
    const ObjectName name = NameOfPath(file.final_path);
    (void)access_->client.AbortUpload(name.bucket, name.key, file.upload);
  }

  Status RemoveLeftovers(const std::string& root, const std::set<std::string>& lineages,
                         const std::string& own_prefix) override {
    const ObjectName name = NameOfPath(root);
    SLUICE_ASSIGN_OR_RETURN(const std::vector<net::S3PendingUpload> uploads,
                            access_->client.ListUploads(name.bucket, name.key.empty() ? "" : name.key + "/"));
    for (const net::S3PendingUpload& upload : uploads) {
      std::string_view object = std::string_view(upload.key).substr(upload.key.rfind('/') + 1);
      for (const std::string_view mark : {kUncompacted, kCompacted}) {
        if (object.starts_with(mark)) object.remove_prefix(mark.size());
      }
      if (!object.starts_with("part-") || object.size() < 5 + 2 * kUuid + 1) continue;
      if (!lineages.contains(std::string(object.substr(5, kUuid)))) continue;
      if ("part-" + std::string(object.substr(5 + kUuid + 1, kUuid)) == own_prefix) continue;
      SLUICE_RETURN_IF_ERROR(access_->client.AbortUpload(name.bucket, upload.key, upload.id));
    }
    return {};
  }

  Status WriteFile(const std::string& path, std::string_view bytes) override {
    const ObjectName name = NameOfPath(path);
    return access_->client.PutObject(name.bucket, name.key, std::string(bytes));
  }
  Status RemoveFile(const std::string& path) override {
    const ObjectName name = NameOfPath(path);
    return access_->client.DeleteObject(name.bucket, name.key);
  }

 private:
  const std::shared_ptr<Access> access_;
};

}  // namespace

ObjectName NameOfPath(const std::string& path) {
  const size_t begin = path.find("://");
  if (begin == std::string::npos) return {};
  const std::string rest = path.substr(begin + 3);
  const size_t slash = rest.find('/');
  if (slash == std::string::npos) return {rest, ""};
  return {rest.substr(0, slash), rest.substr(slash + 1)};
}

std::unique_ptr<Storage> S3Storage(const net::EnvLookup& environment, Clock* clock) {
  return std::make_unique<Buckets>(environment, clock);
}

}  // namespace sluice::engine::filesystem
