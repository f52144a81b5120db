#include <fmt/format.h>

#include <filesystem>
#include <mutex>
#include <set>
#include <utility>

#include "engine/state/checkpoint_storage.h"
#include "engine/state/durable_files.h"
#include "engine/state/queued_writer.h"
#include "engine/state/state_names.h"
#include "engine/state/storage_location.h"

namespace sluice::engine {
namespace {

/// A whole file in the making; never listed, so that what a crash leaves of it does not count.
constexpr std::string_view kUnfinished = ".inprogress";

/// A missing file is damage when something refers to it.
Error AsDamage(const Error& error) {
  return error.code() == ErrorCode::kNotFound ? Error(ErrorCode::kCorrupt, error.message()) : error;
}

/// Smaller pieces are read in one go.
constexpr size_t kSmallPiece = 256 << 10;

class PieceOfFile final : public PieceBytes {
 public:
  PieceOfFile(std::string path, uint64_t start, std::unique_ptr<ReadableFile> file)
      : path_(std::move(path)), start_(start), file_(std::move(file)) {}

  Result<std::string_view> Part(uint64_t offset, size_t length, std::string& buffer) const override {
    if (buffer.size() < length) buffer.resize(length);
    SLUICE_ASSIGN_OR_RETURN(const size_t got, file_->Read(start_ + offset, buffer.data(), length));
    if (got < length) return Error(ErrorCode::kCorrupt, fmt::format("'{}' is cut short", path_));
    return std::string_view(buffer).substr(0, length);
  }

 private:
  const std::string path_;
  const uint64_t start_;
  const std::unique_ptr<ReadableFile> file_;
};

/// Files in the making hold it.
class FolderStorage : public CheckpointStorage, public std::enable_shared_from_this<FolderStorage> {
 public:
  FolderStorage(std::string root, const StorageSettings& settings)
      : root_(std::move(root)),
        held_files_(settings.files),
        files_(held_files_ ? *held_files_ : MachineFiles()),
        inline_bytes_(settings.inline_bytes),
        threads_(settings.writer_threads) {}

  std::unique_ptr<StateFileWriter> CreateFile(const std::string& name) override {
    auto checked = CheckedStateName(name);
    std::string shown = checked.ok() ? *checked : name;
    auto self = shared_from_this();
    return MakeQueuedWriter({self, &threads_}, std::move(shown), inline_bytes_,
                            [self, checked = std::move(checked)] { return self->OpenSink(checked); });
  }

  Status WriteWhole(const std::string& name, std::string_view bytes) override {
    SLUICE_ASSIGN_OR_RETURN(const std::string path, PathOf(name));
    const std::string folder = std::filesystem::path(path).parent_path().string();
    const std::string temporary = path + std::string(kUnfinished);
    SLUICE_RETURN_IF_ERROR(files_.MakeFolders(folder));
    Status written = WriteAndSync(temporary, bytes);
    if (written.ok()) written = files_.Rename(temporary, path);
    if (!written.ok()) {
      (void)files_.Remove(temporary);
      return written;
    }
    if (Status synced = files_.SyncFolder(folder); !synced.ok()) {
      // Nobody may see what might be gone after a crash.
      (void)files_.Remove(path);
      return synced;
    }
    return {};
  }

  Result<std::string> ReadWhole(const std::string& name) override {
    SLUICE_ASSIGN_OR_RETURN(const std::string path, PathOf(name));
    return files_.Read(path, 0, UINT64_MAX);
  }

  Result<std::string> Read(const StatePiece& piece) override {
    if (piece.file.empty()) {
      SLUICE_RETURN_IF_ERROR(CheckPieceBytes(piece, piece.bytes, "the manifest"));
      return piece.bytes;
    }
    SLUICE_ASSIGN_OR_RETURN(const std::string path, PathOf(piece.file));
    auto bytes = files_.Read(path, piece.offset, piece.length);
    if (!bytes.ok()) return AsDamage(bytes.error());
    SLUICE_RETURN_IF_ERROR(CheckPieceBytes(piece, *bytes, path));
    return bytes;
  }

  Result<std::unique_ptr<PieceBytes>> Open(const StatePiece& piece) override {
    if (piece.file.empty() || piece.length <= kSmallPiece) return PieceReader::Open(piece);
    SLUICE_ASSIGN_OR_RETURN(const std::string path, PathOf(piece.file));
    auto file = files_.Open(path);
    if (!file.ok()) return AsDamage(file.error());
    return std::unique_ptr<PieceBytes>(std::make_unique<PieceOfFile>(path, piece.offset, std::move(*file)));
  }

  Result<uint64_t> Size(const std::string& name) override {
    SLUICE_ASSIGN_OR_RETURN(const std::string path, PathOf(name));
    return files_.Size(path);
  }

  Result<std::vector<std::string>> List(const std::string& prefix) override {
    SLUICE_ASSIGN_OR_RETURN(const std::string checked, CheckedStateName(prefix));
    SLUICE_ASSIGN_OR_RETURN(std::vector<std::string> names, files_.ListFiles(JoinLocation(root_, checked)));
    std::lock_guard lock(mutex_);
    std::erase_if(names, [&](std::string& name) {
      if (!checked.empty()) name = checked + "/" + name;
      return name.ends_with(kUnfinished) || unfinished_.contains(name);
    });
    return names;
  }

  Status Remove(const std::string& name) override {
    SLUICE_ASSIGN_OR_RETURN(const std::string checked, CheckedStateName(name));
    if (checked.empty()) return Error(ErrorCode::kInvalidArgument, "the root of a checkpoint storage is not removed");
    return files_.Remove(JoinLocation(root_, checked));
  }

  std::string location() const override { return "file:" + root_; }

 private:
  class Sink : public PieceSink {
   public:
    Sink(FolderStorage* storage, std::string name, std::string path, std::unique_ptr<DurableFile> file)
        : storage_(storage), name_(std::move(name)), path_(std::move(path)), file_(std::move(file)) {}
    ~Sink() override {
      file_.reset();
      if (!committed_) (void)storage_->files_.Remove(path_);
      storage_->SetUnfinished(name_, false);
    }
    Status Write(std::string_view bytes) override { return file_->Write(bytes); }
    Status Commit() override {
      SLUICE_RETURN_IF_ERROR(file_->Sync());
      SLUICE_RETURN_IF_ERROR(storage_->files_.SyncFolder(std::filesystem::path(path_).parent_path().string()));
      committed_ = true;
      return {};
    }

   private:
    FolderStorage* storage_;
    const std::string name_, path_;
    std::unique_ptr<DurableFile> file_;
    bool committed_ = false;
  };

  Result<std::unique_ptr<PieceSink>> OpenSink(const Result<std::string>& name) {
    if (!name.ok()) return name.error();
    SLUICE_ASSIGN_OR_RETURN(const std::string path, PathOf(*name));
    SLUICE_RETURN_IF_ERROR(files_.MakeFolders(std::filesystem::path(path).parent_path().string()));
    SetUnfinished(*name, true);
    auto file = files_.Create(path);
    if (!file.ok()) {
      SetUnfinished(*name, false);
      return file.error();
    }
    return std::unique_ptr<PieceSink>(std::make_unique<Sink>(this, *name, path, std::move(*file)));
  }

  Status WriteAndSync(const std::string& path, std::string_view bytes) {
    SLUICE_ASSIGN_OR_RETURN(auto file, files_.Create(path));
    SLUICE_RETURN_IF_ERROR(file->Write(bytes));
    return file->Sync();
  }

  Result<std::string> PathOf(const std::string& name) const {
    SLUICE_ASSIGN_OR_RETURN(const std::string checked, CheckedStateName(name));
    if (checked.empty()) return Error(ErrorCode::kInvalidArgument, "a checkpoint file needs a name");
    return JoinLocation(root_, checked);
  }

  void SetUnfinished(const std::string& name, bool unfinished) {
    std::lock_guard lock(mutex_);
    if (unfinished) {
      unfinished_.insert(name);
    } else {
      unfinished_.erase(name);
    }
  }

  const std::string root_;
  const std::shared_ptr<DurableFiles> held_files_;
  DurableFiles& files_;
  const size_t inline_bytes_;
  std::mutex mutex_;
  std::set<std::string> unfinished_;
  WriterThreads threads_;  // last: they end first
};

/// The path in "file:/x", "file:///x", "file://localhost/x" or "/x", without a slash at the end.
Result<std::string> PathOfUri(const std::string& uri) {
  std::string path = uri;
  if (path.starts_with("file:")) {
    path = path.substr(5);
    if (path.starts_with("//")) {
      const size_t slash = path.find('/', 2);
      const std::string host = path.substr(2, slash == std::string::npos ? slash : slash - 2);
      if (!host.empty() && host != "localhost") {
        return Error(
            ErrorCode::kInvalidArgument,
            fmt::format("'{}' names the host '{}'; write file:///folder for a folder of this machine", uri, host));
      }
      path = slash == std::string::npos ? "" : path.substr(slash);
    }
    if (!path.starts_with('/')) {
      return Error(ErrorCode::kInvalidArgument, fmt::format("'{}' has no absolute path; write file:///folder", uri));
    }
  }
  if (path.empty()) return Error(ErrorCode::kInvalidArgument, "the path of a checkpoint folder is empty");
  std::error_code error;
  path = std::filesystem::absolute(path, error).lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

Result<std::shared_ptr<CheckpointStorage>> MakeFolderCheckpointStorage(const std::string& root,
                                                                       const StorageSettings& settings) {
  SLUICE_ASSIGN_OR_RETURN(std::string path, PathOfUri(root));
  return std::shared_ptr<CheckpointStorage>(std::make_shared<FolderStorage>(std::move(path), settings));
}

}  // namespace sluice::engine
