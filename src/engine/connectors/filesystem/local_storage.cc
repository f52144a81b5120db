#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.h"
#include "engine/connectors/filesystem/file_bytes.h"
#include "engine/connectors/filesystem/part_file.h"
#include "engine/connectors/filesystem/storage_kinds.h"

namespace sluice::engine::filesystem {
namespace {

class LocalFolders : public Storage {
 public:
  Result<std::vector<FileInfo>> List(const std::string& path) override { return ListFiles(path); }
  Result<std::vector<PartitionPath>> ListPartitions(const std::string& path, size_t depth) override {
    return filesystem::ListPartitions(path, depth);
  }
  Result<std::unique_ptr<RandomAccessFile>> Open(const std::string& path) override { return OpenLocalFile(path); }

  Status CheckRoot(const std::string& root) override {
    struct stat s;
    if (stat(root.c_str(), &s) != 0 || S_ISDIR(s.st_mode)) return {};
    return Error(ErrorCode::kIo, "Cannot write into " + root + ": it is a file, not a folder.");
  }
  Result<std::unique_ptr<PartFile>> Create(const std::string& folder, const std::string& name,
                                           const std::string& lineage, int64_t now_ms) override {
    return CreateLocalPartFile(folder, name, lineage, now_ms);
  }
  Result<std::unique_ptr<OwnerMark>> TakeOwnership(const std::string& root, const std::string& prefix,
                                                   const std::string& lineage) override {
    return TakeOwnerLock(root, prefix, lineage);
  }
  Status SyncFolder(const std::string& folder, bool restored) override {
    struct stat s;
    if (restored && stat(folder.c_str(), &s) != 0 && errno == ENOENT) return {};  // taken away, as its files
    return filesystem::SyncFolder(folder);
  }
  Status Commit(const PreparedFile& file, bool restored) override { return CommitPartFile(file, restored); }
  void Discard(const PreparedFile& file) override { unlink(file.temporary_path.c_str()); }
  Status RemoveLeftovers(const std::string& root, const std::set<std::string>& lineages,
                         const std::string& own_prefix) override {
    return filesystem::RemoveLeftovers(root, lineages, own_prefix);
  }
  Status WriteFile(const std::string& path, std::string_view bytes) override {
    const std::string folder = path.substr(0, path.rfind('/'));
    struct stat s;
    if (stat(folder.c_str(), &s) != 0 && errno == ENOENT) return {};  // taken away since its files were committed
    return WriteFileAtomically(path, bytes);
  }
  Status RemoveFile(const std::string& path) override { return RemoveTree(path); }
};

}  // namespace

std::unique_ptr<Storage> LocalStorage() { return std::make_unique<LocalFolders>(); }

}  // namespace sluice::engine::filesystem
