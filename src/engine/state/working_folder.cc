#include "engine/state/working_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/files.h"

namespace sluice::engine {

namespace {

constexpr std::string_view kPrefix = "sluice-state-";
constexpr std::string_view kLock = ".lock";

bool Lock(const FileDescriptor& file) { return ::flock(file.get(), LOCK_EX | LOCK_NB) == 0; }

/// Whether the file still has its name: between open and lock another process may have removed it.
bool IsThere(const FileDescriptor& file) {
  struct stat facts {};
  return ::fstat(file.get(), &facts) == 0 && facts.st_nlink > 0;
}

}  // namespace

Result<WorkingFolder> WorkingFolder::Make(const std::string& root) {
  SLUICE_RETURN_IF_ERROR(MakeFolders(root));
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::string name = root + "/" + std::string(kPrefix) + "XXXXXX" + std::string(kLock);
    FileDescriptor lock(::mkostemps(name.data(), static_cast<int>(kLock.size()), O_CLOEXEC));
    if (lock.get() < 0) return FileError("create", name, errno);
    if (!Lock(lock) || !IsThere(lock)) continue;
    std::string path = name.substr(0, name.size() - kLock.size());
    if (::mkdir(path.c_str(), 0700) == 0) return WorkingFolder(std::move(path), std::move(lock));
    const int error = errno;
    ::unlink(name.c_str());
    if (error != EEXIST) return FileError("create folder", path, error);
  }
  return FileError("create a folder in", root, EEXIST);
}

WorkingFolder::~WorkingFolder() {
  if (lock_.get() < 0) return;  // moved away
  (void)RemoveTree(path_);
  ::unlink((path_ + std::string(kLock)).c_str());
}

void RemoveLeftWorkingFolders(const std::string& root) {
  const auto names = ListFolder(root);
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    if (!name.starts_with(kPrefix) || !name.ends_with(kLock)) continue;
    const std::string path = root + "/" + name;
    const FileDescriptor lock(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (lock.get() < 0 || !Lock(lock) || !IsThere(lock)) continue;
    if (RemoveTree(path.substr(0, path.size() - kLock.size())).ok()) ::unlink(path.c_str());
  }
}

}  // namespace sluice::engine
