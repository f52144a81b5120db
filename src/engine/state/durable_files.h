// The file operations that checkpoints in folders are made of: a narrow interface, so that tests can have disks that
// fill up and syncs that fail. Errors name the path; a full disk or quota is kResourceExhausted. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::engine {

/// A file being written. One thread. The destructor closes it.
class DurableFile {
 public:
  virtual ~DurableFile() = default;
  /// All of `bytes`, or an error.
  virtual Status Write(std::string_view bytes) = 0;
  /// All that was written survives a crash, once the folder is synced too.
  virtual Status Sync() = 0;
};

/// A file being read, by any number of threads. The destructor closes it.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  /// Fills `room` from `offset` on; answers how many bytes there were: fewer only if the file ends before.
  virtual Result<size_t> Read(uint64_t offset, char* room, size_t length) const = 0;
};

class DurableFiles {
 public:
  virtual ~DurableFiles() = default;
  /// A new file; an old one of that name is emptied.
  virtual Result<std::unique_ptr<DurableFile>> Create(const std::string& path) = 0;
  /// kNotFound if there is no file.
  virtual Result<std::unique_ptr<ReadableFile>> Open(const std::string& path) = 0;
  /// At most `length` bytes from `offset`: fewer if the file ends before. kNotFound if there is no file.
  Result<std::string> Read(const std::string& path, uint64_t offset, uint64_t length);
  virtual Result<uint64_t> Size(const std::string& path) = 0;
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status SyncFolder(const std::string& path) = 0;
  /// With parents; each new one survives a crash.
  virtual Status MakeFolders(const std::string& path) = 0;
  /// A file, or a folder with all that is in it; fine if there is none.
  virtual Status Remove(const std::string& path) = 0;
  /// Paths, relative to `folder`, of all files below it, sorted; none if there is no such folder.
  virtual Result<std::vector<std::string>> ListFiles(const std::string& folder) = 0;
};

/// The machine's file system.
DurableFiles& MachineFiles();

}  // namespace sluice::engine
