#include <fmt/format.h>

#include <map>
#include <mutex>

#include "engine/state/checkpoint_storage.h"
#include "engine/state/checksum.h"
#include "engine/state/state_names.h"

namespace sluice::engine {
namespace {

constexpr std::string_view kLocation = "memory";

class SharedBytes final : public PieceBytes {
 public:
  SharedBytes(std::shared_ptr<const std::string> file, uint64_t start) : file_(std::move(file)), start_(start) {}
  Result<std::string_view> Part(uint64_t offset, size_t length, std::string&) const override {
    return std::string_view(*file_).substr(start_ + offset, length);
  }

 private:
  const std::shared_ptr<const std::string> file_;
  const uint64_t start_;
};

class MemoryCheckpointStorage : public CheckpointStorage {
 public:
  std::unique_ptr<StateFileWriter> CreateFile(const std::string& name) override;

  Status WriteWhole(const std::string& name, std::string_view bytes) override {
    return Put(name, std::make_shared<const std::string>(bytes));
  }

  Result<std::string> ReadWhole(const std::string& name) override {
    SLUICE_ASSIGN_OR_RETURN(auto bytes, Find(name));
    if (!bytes) return NoSuchFile(name);
    return *bytes;
  }

  Result<uint64_t> Size(const std::string& name) override {
    SLUICE_ASSIGN_OR_RETURN(auto bytes, Find(name));
    if (!bytes) return NoSuchFile(name);
    return bytes->size();
  }

  Result<std::string> Read(const StatePiece& piece) override {
    if (piece.file.empty()) {
      SLUICE_RETURN_IF_ERROR(CheckPieceBytes(piece, piece.bytes, "the manifest"));
      return piece.bytes;
    }
    SLUICE_ASSIGN_OR_RETURN(const auto bytes, FindPiece(piece));
    const std::string where = JoinLocation(kLocation, piece.file);
    const size_t offset = std::min<uint64_t>(piece.offset, bytes->size());
    std::string part = bytes->substr(offset, piece.length);
    SLUICE_RETURN_IF_ERROR(CheckPieceBytes(piece, part, where));
    return part;
  }

  Result<std::unique_ptr<PieceBytes>> Open(const StatePiece& piece) override {
    if (piece.file.empty()) return PieceReader::Open(piece);
    SLUICE_ASSIGN_OR_RETURN(auto bytes, FindPiece(piece));
    if (bytes->size() < piece.offset || bytes->size() - piece.offset < piece.length) {
      return Error(ErrorCode::kCorrupt, fmt::format("'{}' is cut short", JoinLocation(kLocation, piece.file)));
    }
    return std::unique_ptr<PieceBytes>(std::make_unique<SharedBytes>(std::move(bytes), piece.offset));
  }

  Result<std::vector<std::string>> List(const std::string& prefix) override {
    SLUICE_ASSIGN_OR_RETURN(std::string folder, CheckedStateName(prefix));
    if (!folder.empty()) folder += '/';
    std::vector<std::string> names;
    std::lock_guard lock(mutex_);
    for (auto at = files_.lower_bound(folder); at != files_.end() && at->first.starts_with(folder); ++at) {
      names.push_back(at->first);
    }
    return names;
  }

  Status Remove(const std::string& name) override {
    SLUICE_ASSIGN_OR_RETURN(const std::string checked, CheckedStateName(name));
    if (checked.empty()) return Error(ErrorCode::kInvalidArgument, "the root of a checkpoint storage is not removed");
    std::lock_guard lock(mutex_);
    files_.erase(checked);
    const std::string folder = checked + "/";
    auto first = files_.lower_bound(folder), last = first;
    while (last != files_.end() && last->first.starts_with(folder)) ++last;
    files_.erase(first, last);
    return {};
  }

  std::string location() const override { return std::string(kLocation); }

  Status Put(const std::string& name, std::shared_ptr<const std::string> bytes) {
    SLUICE_ASSIGN_OR_RETURN(const std::string checked, CheckedStateName(name));
    std::lock_guard lock(mutex_);
    files_[checked] = std::move(bytes);
    return {};
  }

 private:
  static Error NoSuchFile(const std::string& name) {
    return Error(ErrorCode::kNotFound, fmt::format("there is no file '{}'", JoinLocation(kLocation, name)));
  }

  Result<std::shared_ptr<const std::string>> FindPiece(const StatePiece& piece) {
    SLUICE_ASSIGN_OR_RETURN(auto bytes, Find(piece.file));
    if (bytes) return bytes;
    return Error(ErrorCode::kCorrupt, fmt::format("'{}' is missing", JoinLocation(kLocation, piece.file)));
  }

  Result<std::shared_ptr<const std::string>> Find(const std::string& name) {
    SLUICE_ASSIGN_OR_RETURN(const std::string checked, CheckedStateName(name));
    std::lock_guard lock(mutex_);
    auto found = files_.find(checked);
    return found == files_.end() ? nullptr : found->second;
  }

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const std::string>> files_;
};

class MemoryFileWriter : public StateFileWriter {
 public:
  MemoryFileWriter(MemoryCheckpointStorage* storage, std::string name) : storage_(storage), name_(std::move(name)) {}

  void Append(std::string bytes) override {
    if (content_.empty()) {
      content_ = std::move(bytes);
    } else {
      content_ += bytes;
    }
  }
  size_t queued_bytes() const override { return 0; }
  void Finish(std::function<void(Result<StatePiece>)> done) override {
    auto checked = CheckedStateName(name_);
    if (!checked.ok()) {
      done(checked.error());
      return;
    }
    StatePiece piece;
    piece.file = *checked;
    piece.length = content_.size();
    piece.checksum = StateChecksum(content_);
    if (Status put = storage_->Put(name_, std::make_shared<const std::string>(std::move(content_))); !put.ok()) {
      done(put.error());
      return;
    }
    done(std::move(piece));
  }

 private:
  MemoryCheckpointStorage* storage_;
  std::string name_;
  std::string content_;
};

std::unique_ptr<StateFileWriter> MemoryCheckpointStorage::CreateFile(const std::string& name) {
  return std::make_unique<MemoryFileWriter>(this, name);
}

}  // namespace

std::unique_ptr<CheckpointStorage> MakeMemoryCheckpointStorage() { return std::make_unique<MemoryCheckpointStorage>(); }

}  // namespace sluice::engine
