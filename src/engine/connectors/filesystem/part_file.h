// One file that a sink is writing: hidden under an in-progress name until it is committed by a rename.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"

namespace sluice::engine::filesystem {

/// Not thread-safe.
class PartFile {
 public:
  /// Creates `folder` (with its parents) and in it ".NAME.inprogress.ID".
  static Result<std::unique_ptr<PartFile>> Create(const std::string& folder, const std::string& name,
                                                  const std::string& id, int64_t now_ms);
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

/// Renames; fine if that has happened before.
Status CommitPartFile(const std::string& temporary_path, const std::string& final_path);

}  // namespace sluice::engine::filesystem
