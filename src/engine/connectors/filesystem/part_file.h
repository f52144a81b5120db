// Files that a sink is writing: hidden under an in-progress name until they are committed by a rename.
//
//   part-UUID-SUBTASK-NUMBER                        visible; UUID is of one subtask of one attempt of a job
//   .part-UUID-SUBTASK-NUMBER.inprogress.LINEAGE    being written, or written and not yet committed
//   .part-UUID.owner.LINEAGE                        locked (flock) as long as that subtask lives
//
// The lineage passes from attempt to attempt through checkpoints (PreparedFiles), so that a later attempt knows what
// earlier ones have left behind.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "base/result.h"

namespace sluice::engine::filesystem {

/// Not thread-safe.
class PartFile {
 public:
  /// Creates `folder` (with its parents) and in it ".NAME.inprogress.LINEAGE".
  static Result<std::unique_ptr<PartFile>> Create(const std::string& folder, const std::string& name,
                                                  const std::string& lineage, int64_t now_ms);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  /// Where the next record goes: append to it, then call Wrote.
  std::string& buffer() { return buffer_; }
  Status Wrote(int64_t now_ms);
  Status Flush();
  /// Flushes to the disk and closes; the file keeps its in-progress name.
  Status Finish();

  uint64_t size() const { return written_ + buffer_.size(); }
  int64_t created_ms() const { return created_ms_; }
  int64_t last_write_ms() const { return last_write_ms_; }
  const std::string& temporary_path() const { return temporary_path_; }
  const std::string& final_path() const { return final_path_; }

 private:
  PartFile() = default;
  std::string temporary_path_, final_path_;
  std::string buffer_;
  int fd_ = -1;
  uint64_t written_ = 0;
  int64_t created_ms_ = 0, last_write_ms_ = 0;
};

/// A file that is durable and waits for its commit.
struct PreparedFile {
  std::string temporary_path, final_path, folder;
  uint64_t size = 0;
};

/// Renames; fine if that has happened before. kData if the file has not the size that it was prepared with. Of a
/// restored commit it is fine if both names are gone: it was committed then, and taken away since.
Status CommitPartFile(const PreparedFile& file, bool restored);

/// Makes renames and new names in a folder durable.
Status SyncFolder(const std::string& folder);

/// The mark that an attempt's subtask lives; gone with the process.
class OwnerLock {
 public:
  /// Creates `root` if need be. `prefix`: "part-UUID".
  static Result<std::unique_ptr<OwnerLock>> Take(const std::string& root, const std::string& prefix,
                                                 const std::string& lineage);
  ~OwnerLock();
  OwnerLock(const OwnerLock&) = delete;
  OwnerLock& operator=(const OwnerLock&) = delete;

 private:
  OwnerLock(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  const std::string path_;
  const int fd_;
};

/// Removes, below `root`, the in-progress files and owner marks of dead attempts of these lineages, but of
/// `own_prefix`. Only for one who knows that no checkpoint refers to them any more.
Status RemoveLeftovers(const std::string& root, const std::set<std::string>& lineages, const std::string& own_prefix);

}  // namespace sluice::engine::filesystem
