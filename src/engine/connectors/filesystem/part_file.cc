#include "engine/connectors/filesystem/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.h"
#include "engine/connectors/filesystem/compaction.h"

namespace sluice::engine::filesystem {
namespace {

constexpr size_t kBufferBytes = 256 * 1024;
constexpr size_t kPrefixBytes = 5 + 36;  // "part-UUID"
constexpr std::string_view kInProgress = ".inprogress.";
constexpr std::string_view kOwner = ".owner.";

Error IoError(const std::string& what, const std::string& path) {
  return Error(ErrorCode::kIo, "Cannot " + what + " " + path + ": " + std::strerror(errno));
}

std::string OwnerPath(const std::string& root, std::string_view prefix, std::string_view lineage) {
  return root + "/." + std::string(prefix) + std::string(kOwner) + std::string(lineage);
}

/// The prefix of a hidden name that belongs to one of the lineages; empty for others.
std::string_view PrefixOf(std::string_view name, const std::set<std::string>& lineages) {
  name.remove_prefix(1);
  for (const std::string_view mark : {kUncompacted, kCompacted}) {
    if (name.starts_with(mark)) name.remove_prefix(mark.size());
  }
  if (!name.starts_with("part-") || name.size() < kPrefixBytes) return {};
  for (const std::string_view mark : {kInProgress, kOwner}) {
    const size_t at = name.find(mark, kPrefixBytes);
    if (at != std::string_view::npos && lineages.contains(std::string(name.substr(at + mark.size())))) {
      return name.substr(0, kPrefixBytes);
    }
  }
  return {};
}

/// Hidden files of the lineages below `folder`, by prefix.
Status CollectLeftovers(const std::string& folder, const std::set<std::string>& lineages,
                        std::map<std::string, std::vector<std::string>>& by_prefix) {
  Result<std::vector<std::string>> names = ListFolder(folder);
  if (!names.ok()) return names.error().code() == ErrorCode::kNotFound ? Status() : names.error();
  for (const std::string& name : *names) {
    const std::string path = folder + "/" + name;
    if (name.starts_with('.')) {
      const std::string_view prefix = PrefixOf(name, lineages);
      if (!prefix.empty()) by_prefix[std::string(prefix)].push_back(path);
      continue;
    }
    struct stat s;
    if (name.find('=') == std::string::npos || stat(path.c_str(), &s) != 0 || !S_ISDIR(s.st_mode)) continue;
    SLUICE_RETURN_IF_ERROR(CollectLeftovers(path, lineages, by_prefix));
  }
  return {};
}

/// Nobody holds the owner's mark.
bool IsDead(const std::string& root, const std::string& prefix, const std::set<std::string>& lineages) {
  for (const std::string& lineage : lineages) {
    const int fd = open(OwnerPath(root, prefix, lineage).c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    const bool free = flock(fd, LOCK_EX | LOCK_NB) == 0;
    close(fd);
    if (!free) return false;
  }
  return true;
}

class LocalPartFile : public PartFile {
 public:
  LocalPartFile(const std::string& folder, const std::string& name, const std::string& lineage, int64_t now_ms)
      : PartFile(kBufferBytes, now_ms),
        folder_(folder),
        final_path_(folder + "/" + name),
        temporary_path_(folder + "/." + name + std::string(kInProgress) + lineage) {}
  ~LocalPartFile() override {
    if (fd_ >= 0) close(fd_);
  }

  Status Open() {
    // Of an attempt that was killed while it compacted the same files.
    if (unlink(temporary_path_.c_str()) != 0 && errno != ENOENT) return IoError("replace", temporary_path_);
    fd_ = open(temporary_path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    return fd_ >= 0 ? Status() : IoError("create", temporary_path_);
  }

  Status Flush(bool) override {
    size_t done = 0;
    while (done < buffer_.size()) {
      const ssize_t n = write(fd_, buffer_.data() + done, buffer_.size() - done);
      if (n < 0) {
        if (errno == EINTR) continue;
        return IoError("write", temporary_path_);
      }
      done += static_cast<size_t>(n);
    }
    written_ += buffer_.size();
    buffer_.clear();
    return {};
  }

  Result<PreparedFile> Finish() override {
    SLUICE_RETURN_IF_ERROR(Flush(true));
    if (fdatasync(fd_) != 0) return IoError("flush", temporary_path_);
    const int fd = std::exchange(fd_, -1);
    if (close(fd) != 0) return IoError("close", temporary_path_);
    PreparedFile prepared;
    prepared.temporary_path = temporary_path_;
    prepared.final_path = final_path_;
    prepared.folder = folder_;
    prepared.size = written_;
    return prepared;
  }

  void Discard() override { unlink(temporary_path_.c_str()); }

 private:
  const std::string folder_, final_path_, temporary_path_;
  int fd_ = -1;
};

/// The mark that an attempt's subtask lives; gone with the process.
class OwnerLock : public OwnerMark {
 public:
  OwnerLock(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  ~OwnerLock() override {
    unlink(path_.c_str());
    close(fd_);
  }
  OwnerLock(const OwnerLock&) = delete;
  OwnerLock& operator=(const OwnerLock&) = delete;

 private:
  const std::string path_;
  const int fd_;
};

}  // namespace

Result<std::unique_ptr<PartFile>> CreateLocalPartFile(const std::string& folder, const std::string& name,
                                                      const std::string& lineage, int64_t now_ms) {
  SLUICE_RETURN_IF_ERROR(MakeFolders(folder));
  auto file = std::make_unique<LocalPartFile>(folder, name, lineage, now_ms);
  SLUICE_RETURN_IF_ERROR(file->Open());
  return std::unique_ptr<PartFile>(std::move(file));
}

Status CommitPartFile(const PreparedFile& file, bool restored) {
  struct stat s;
  if (stat(file.temporary_path.c_str(), &s) == 0) {
    if (static_cast<uint64_t>(s.st_size) != file.size) {
      return Error(ErrorCode::kData, "The file " + file.temporary_path + " has " + std::to_string(s.st_size) +
                                         " bytes, but " + std::to_string(file.size) +
                                         " were prepared for the commit: someone else has changed it.");
    }
    if (std::rename(file.temporary_path.c_str(), file.final_path.c_str()) == 0) return {};
  }
  const int error = errno;
  if (error == ENOENT && (restored || stat(file.final_path.c_str(), &s) == 0)) return {};
  errno = error;
  return IoError("commit", file.final_path);
}

Status SyncFolder(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return IoError("open the folder", folder);
  const bool ok = fsync(fd) == 0;
  const int error = errno;
  close(fd);
  errno = error;
  return ok ? Status() : IoError("flush the folder", folder);
}

Result<std::unique_ptr<OwnerMark>> TakeOwnerLock(const std::string& root, const std::string& prefix,
                                                 const std::string& lineage) {
  SLUICE_RETURN_IF_ERROR(MakeFolders(root));
  std::string path = OwnerPath(root, prefix, lineage);
  while (true) {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return IoError("create", path);
    // A file system without locks gives none; then nobody's leftovers look dead and all stay.
    (void)flock(fd, LOCK_EX | LOCK_NB);
    struct stat mine, there;
    const bool kept = fstat(fd, &mine) == 0 && stat(path.c_str(), &there) == 0 && mine.st_ino == there.st_ino;
    if (kept) return std::unique_ptr<OwnerMark>(std::make_unique<OwnerLock>(std::move(path), fd));
    close(fd);  // someone took it for a dead one's before it was locked
  }
}

Status RemoveLeftovers(const std::string& root, const std::set<std::string>& lineages, const std::string& own_prefix) {
  std::map<std::string, std::vector<std::string>> by_prefix;
  SLUICE_RETURN_IF_ERROR(CollectLeftovers(root, lineages, by_prefix));
  for (const auto& [prefix, paths] : by_prefix) {
    if (prefix == own_prefix || !IsDead(root, prefix, lineages)) continue;
    for (const std::string& path : paths) {
      if (unlink(path.c_str()) != 0 && errno != ENOENT) return IoError("remove the leftover", path);
    }
  }
  return {};
}

}  // namespace sluice::engine::filesystem
