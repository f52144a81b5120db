// Where a table's files are: a folder of this machine, or a bucket. Source and sink speak to this only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/connectors/filesystem/file_listing.h"
#include "engine/connectors/filesystem/prepared_files.h"
#include "engine/formats/file_format.h"

namespace sluice::engine {
struct ConnectorEnvironment;
}

namespace sluice::engine::filesystem {

/// A file being written, invisible until it is committed. Not thread-safe.
class PartFile {
 public:
  virtual ~PartFile() = default;

  /// Where the next record goes: append to it, then call Wrote.
  std::string& buffer() { return buffer_; }
  Status Wrote(int64_t now_ms) {
    last_write_ms_ = now_ms;
    return buffer_.size() < buffer_bytes_ ? Status() : Flush(false);
  }
  /// Hands the buffer on. `all`: nothing is kept back, if the storage can do that.
  virtual Status Flush(bool all) = 0;
  /// Nothing more will be written. True: what is left is under way without the caller, and Finish only waits for it.
  virtual Result<bool> BeginFinish() { return false; }
  /// Everything is made durable; the file stays invisible.
  virtual Result<PreparedFile> Finish() = 0;
  /// It never becomes visible. Fine after a failure.
  virtual void Discard() = 0;

  uint64_t size() const { return written_ + buffer_.size(); }
  int64_t created_ms() const { return created_ms_; }
  int64_t last_write_ms() const { return last_write_ms_; }

 protected:
  PartFile(size_t buffer_bytes, int64_t now_ms)
      : buffer_bytes_(buffer_bytes), created_ms_(now_ms), last_write_ms_(now_ms) {}
  std::string buffer_;
  uint64_t written_ = 0;

 private:
  const size_t buffer_bytes_;
  const int64_t created_ms_;
  int64_t last_write_ms_;
};

/// Says that this attempt's subtask lives, until it is destroyed.
class OwnerMark {
 public:
  virtual ~OwnerMark() = default;
};

/// Paths are as Resolve answers them. Not thread-safe; what it opened may outlive it.
class Storage {
 public:
  virtual ~Storage() = default;

  // --- reading
  /// All files at or below `path`, sorted by path; names that begin with '.' or '_' are left out, folders with such
  /// names too. kNotFound if there is no such path.
  virtual Result<std::vector<FileInfo>> List(const std::string& path) = 0;
  /// The folders `depth` levels below `path` whose last `depth` names are "k=v". None if the path does not exist.
  virtual Result<std::vector<PartitionPath>> ListPartitions(const std::string& path, size_t depth) = 0;
  virtual Result<std::unique_ptr<RandomAccessFile>> Open(const std::string& path) = 0;

  // --- writing
  /// So much is under way that a writer had better wait; one that goes on is held up when it is too much.
  virtual bool saturated() const { return false; }
  /// Called, from any thread, when that may have changed. Null: no more; waits for a call that is under way.
  virtual void OnRoom(std::function<void()> call) { (void)call; }
  /// kIo if files cannot be written below `root`.
  virtual Status CheckRoot(const std::string& root) = 0;
  /// What a file "part-…" of an attempt must be named so that RemoveLeftovers knows whose it is.
  virtual std::string PartName(const std::string& name, const std::string& lineage) const {
    (void)lineage;
    return name;
  }
  /// A new file `name` (of PartName, with a prefix or not) of an attempt; one of the same name that was never finished
  /// is no more. `lineage` passes from attempt to attempt through checkpoints, so that a later one knows what earlier
  /// ones have left behind. `prefix`, which the name begins with, is of one subtask of one attempt.
  virtual Result<std::unique_ptr<PartFile>> Create(const std::string& folder, const std::string& name,
                                                   const std::string& lineage, int64_t now_ms) = 0;
  /// May be null: then no attempt of these lineages lives but the caller's.
  virtual Result<std::unique_ptr<OwnerMark>> TakeOwnership(const std::string& root, const std::string& prefix,
                                                           const std::string& lineage) = 0;
  /// Makes names that were given in `folder` durable. `restored`: fine if it is gone.
  virtual Status SyncFolder(const std::string& folder, bool restored) = 0;
  /// Makes a file visible; fine if that has happened before. kData if it is not the file that was prepared.
  virtual Status Commit(const PreparedFile& file, bool restored) = 0;
  virtual void Discard(const PreparedFile& file) = 0;
  /// Removes, below `root`, what dead attempts of these lineages, but of `own_prefix`, have left unfinished. Only for
  /// one who knows that no checkpoint refers to it any more.
  virtual Status RemoveLeftovers(const std::string& root, const std::set<std::string>& lineages,
                                 const std::string& own_prefix) = 0;
  /// A small visible file; replaces another one.
  virtual Status WriteFile(const std::string& path, std::string_view bytes) = 0;
  /// Fine if there is none.
  virtual Status RemoveFile(const std::string& path) = 0;
};

/// The storage of the option 'path' and the path in it.
struct Location {
  std::unique_ptr<Storage> storage;
  std::string path;
};
Result<Location> Resolve(const std::string& option, const ConnectorEnvironment& environment);

/// Checks the option 'path' without touching anything.
Status CheckPath(const std::string& option);

}  // namespace sluice::engine::filesystem
