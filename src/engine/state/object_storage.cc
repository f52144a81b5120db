#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "engine/state/checkpoint_storage.h"
#include "engine/state/object_store.h"
#include "engine/state/queued_writer.h"
#include "engine/state/state_names.h"
#include "engine/state/storage_location.h"

namespace sluice::engine {
namespace {

/// One piece's object: in one request if it is small, else in parts.
class ObjectSink : public PieceSink {
 public:
  ObjectSink(ObjectStore* objects, std::string bucket, std::string key)
      : objects_(objects),
        bucket_(std::move(bucket)),
        key_(std::move(key)),
        part_bytes_(std::max<size_t>(objects->min_part_bytes(), 1)) {}
  ~ObjectSink() override {
    if (!upload_.empty()) (void)objects_->AbortUpload(bucket_, key_, upload_);
  }

  Status Write(std::string_view bytes) override {
    part_ += bytes;
    while (part_.size() > part_bytes_) {
      std::string rest = part_.substr(part_bytes_);
      part_.resize(part_bytes_);
      SLUICE_RETURN_IF_ERROR(Upload());
      part_ = std::move(rest);
    }
    return {};
  }

  Status Commit() override {
    if (upload_.empty()) return objects_->Put(bucket_, key_, std::move(part_));
    SLUICE_RETURN_IF_ERROR(Upload());
    SLUICE_RETURN_IF_ERROR(objects_->FinishUpload(bucket_, key_, upload_, tags_));
    upload_.clear();
    return {};
  }

 private:
  Status Upload() {
    if (upload_.empty()) {
      SLUICE_ASSIGN_OR_RETURN(upload_, objects_->BeginUpload(bucket_, key_));
    }
    const int number = static_cast<int>(tags_.size()) + 1;
    SLUICE_ASSIGN_OR_RETURN(std::string tag,
                            objects_->UploadPart(bucket_, key_, upload_, number, std::exchange(part_, {})));
    tags_.push_back(std::move(tag));
    return {};
  }

  ObjectStore* objects_;
  const std::string bucket_, key_;
  const size_t part_bytes_;
  std::string part_;
  std::string upload_;
  std::vector<std::string> tags_;
};

/// A piece that is read in windows: the state may be more than fits into memory.
class PieceOfObject final : public PieceBytes {
 public:
  PieceOfObject(std::shared_ptr<ObjectStore> objects, std::string bucket, std::string key, const StatePiece& piece,
                uint64_t window_bytes)
      : objects_(std::move(objects)),
        bucket_(std::move(bucket)),
        key_(std::move(key)),
        start_(piece.offset),
        length_(piece.length),
        window_bytes_(window_bytes) {}

  Result<std::string_view> Part(uint64_t offset, size_t length, std::string& buffer) const override {
    const std::lock_guard lock(mutex_);
    if (offset < window_at_ || offset + length > window_at_ + window_.size()) {
      const uint64_t wanted = std::min(std::max<uint64_t>(length, window_bytes_), length_ - offset);
      SLUICE_ASSIGN_OR_RETURN(window_, objects_->Get(bucket_, key_, start_ + offset, wanted));
      window_at_ = offset;
      if (window_.size() < length) {
        return Error(ErrorCode::kCorrupt, fmt::format("'s3://{}/{}' is cut short", bucket_, key_));
      }
    }
    buffer.assign(window_, offset - window_at_, length);
    return std::string_view(buffer);
  }

 private:
  const std::shared_ptr<ObjectStore> objects_;
  const std::string bucket_, key_;
  const uint64_t start_, length_, window_bytes_;
  mutable std::mutex mutex_;  // of what follows
  mutable std::string window_;
  mutable uint64_t window_at_ = 0;
};

/// Objects in the making hold it.
class ObjectStorage : public CheckpointStorage, public std::enable_shared_from_this<ObjectStorage> {
 public:
  ObjectStorage(std::string bucket, std::string prefix, const StorageSettings& settings)
      : bucket_(std::move(bucket)),
        prefix_(std::move(prefix)),
        objects_(settings.objects),
        inline_bytes_(settings.inline_bytes),
        read_at_once_(settings.read_at_once_bytes),
        threads_(settings.writer_threads) {}

  std::unique_ptr<StateFileWriter> CreateFile(const std::string& name) override {
    auto key = KeyOf(name);
    auto checked = CheckedStateName(name);
    std::string shown = checked.ok() ? *checked : name;
    auto self = shared_from_this();
    return MakeQueuedWriter(
        {self, &threads_}, std::move(shown), inline_bytes_,
        [self, key = std::move(key)]() -> Result<std::unique_ptr<PieceSink>> {
          if (!key.ok()) return key.error();
          return std::unique_ptr<PieceSink>(std::make_unique<ObjectSink>(self->objects_.get(), self->bucket_, *key));
        });
  }
  Status WriteWhole(const std::string& name, std::string_view bytes) override {
    SLUICE_ASSIGN_OR_RETURN(const std::string key, KeyOf(name));
    return objects_->Put(bucket_, key, std::string(bytes));
  }
  Result<std::string> ReadWhole(const std::string& name) override {
    SLUICE_ASSIGN_OR_RETURN(const std::string key, KeyOf(name));
    return objects_->Get(bucket_, key, 0, UINT64_MAX);
  }
  Result<std::string> Read(const StatePiece& piece) override {
    if (piece.file.empty()) {
      SLUICE_RETURN_IF_ERROR(CheckPieceBytes(piece, piece.bytes, "the manifest"));
      return piece.bytes;
    }
    SLUICE_ASSIGN_OR_RETURN(const std::string key, KeyOf(piece.file));
    auto bytes = objects_->Get(bucket_, key, piece.offset, piece.length);
    const std::string where = JoinLocation(location(), piece.file);
    if (!bytes.ok() && bytes.error().code() == ErrorCode::kNotFound) {
      return Error(ErrorCode::kCorrupt, fmt::format("'{}' is missing", where));
    }
    if (!bytes.ok()) return bytes.error();
    SLUICE_RETURN_IF_ERROR(CheckPieceBytes(piece, *bytes, where));
    return bytes;
  }
  Result<std::unique_ptr<PieceBytes>> Open(const StatePiece& piece) override {
    if (piece.file.empty() || piece.length <= read_at_once_) return PieceReader::Open(piece);
    SLUICE_ASSIGN_OR_RETURN(std::string key, KeyOf(piece.file));
    return std::unique_ptr<PieceBytes>(
        std::make_unique<PieceOfObject>(objects_, bucket_, std::move(key), piece, read_at_once_ / 8));
  }
  Result<uint64_t> Size(const std::string& name) override {
    SLUICE_ASSIGN_OR_RETURN(const std::string key, KeyOf(name));
    return objects_->Size(bucket_, key);
  }
  Result<std::vector<std::string>> List(const std::string& prefix) override {
    SLUICE_ASSIGN_OR_RETURN(const std::string checked, CheckedStateName(prefix));
    const std::string folder = JoinLocation(prefix_, checked);
    SLUICE_ASSIGN_OR_RETURN(auto keys, objects_->List(bucket_, folder.empty() ? "" : folder + "/"));
    for (std::string& key : keys) key.erase(0, prefix_.empty() ? 0 : prefix_.size() + 1);
    std::erase_if(keys, [](const std::string& key) { return key.empty() || key.ends_with('/'); });
    return keys;
  }
  Status Remove(const std::string& name) override {
    SLUICE_ASSIGN_OR_RETURN(const std::string key, KeyOf(name));
    SLUICE_RETURN_IF_ERROR(objects_->Delete(bucket_, key));
    SLUICE_ASSIGN_OR_RETURN(const auto below, objects_->List(bucket_, key + "/"));
    for (const std::string& one : below) SLUICE_RETURN_IF_ERROR(objects_->Delete(bucket_, one));
    return {};
  }
  std::string location() const override { return JoinLocation("s3://" + bucket_, prefix_); }

 private:
  Result<std::string> KeyOf(const std::string& name) const {
    SLUICE_ASSIGN_OR_RETURN(const std::string checked, CheckedStateName(name));
    if (checked.empty()) return Error(ErrorCode::kInvalidArgument, "a checkpoint file needs a name");
    return prefix_.empty() ? checked : JoinLocation(prefix_, checked);
  }

  const std::string bucket_, prefix_;  // the prefix without a slash at either end
  const std::shared_ptr<ObjectStore> objects_;
  const size_t inline_bytes_;
  const uint64_t read_at_once_;
  WriterThreads threads_;  // last: they end first
};

}  // namespace

Result<std::shared_ptr<CheckpointStorage>> MakeObjectCheckpointStorage(const std::string& root,
                                                                       const StorageSettings& settings) {
  const size_t colon = root.find("://");
  const size_t begin = colon == std::string::npos ? root.size() : colon + 3;
  const size_t slash = std::min(root.find('/', begin), root.size());
  std::string bucket = root.substr(begin, slash - begin);
  if (bucket.empty()) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("'{}' names no bucket; write s3://bucket/folder", root));
  }
  SLUICE_ASSIGN_OR_RETURN(std::string prefix, CheckedStateName(root.substr(std::min(slash + 1, root.size()))));
  if (settings.objects == nullptr) {
    return Error(ErrorCode::kNotSupported, fmt::format("'{}': no S3 client is set up in this process", root));
  }
  return std::shared_ptr<CheckpointStorage>(
      std::make_shared<ObjectStorage>(std::move(bucket), std::move(prefix), settings));
}

}  // namespace sluice::engine
