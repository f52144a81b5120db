// Folders for working files that do not outlive their process. A lock beside each tells whether its owner still lives,
// so that what died is cleared away by whoever comes next, on this machine or in another container with the same disk.
#pragma once

#include <string>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace sluice::engine {

class WorkingFolder {
 public:
  /// A new one below `root`, which is made if it is not there. kIo.
  static Result<WorkingFolder> Make(const std::string& root);
  /// Removes the folder with all that is in it.
  ~WorkingFolder();
  WorkingFolder(WorkingFolder&& other) noexcept = default;
  WorkingFolder& operator=(WorkingFolder&&) = delete;

  const std::string& path() const { return path_; }

 private:
  WorkingFolder(std::string path, FileDescriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  FileDescriptor lock_;
};

/// Removes the working folders below `root` whose owners are gone; what cannot be removed is left.
void RemoveLeftWorkingFolders(const std::string& root);

}  // namespace sluice::engine
