// For tests: the machine's files with faults that a test switches on.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/state/durable_files.h"

namespace sluice::engine {

/// The knobs may be turned at any time, from any thread.
class FaultyDurableFiles : public DurableFiles {
 public:
  std::atomic<int64_t> bytes_left{std::numeric_limits<int64_t>::max()};  // then "No space left on device"
  std::atomic<bool> fail_create{false};
  std::atomic<bool> fail_sync{false};
  std::atomic<bool> fail_sync_folder{false};
  std::atomic<bool> fail_rename{false};
  std::atomic<bool> fail_remove{false};
  std::atomic<int> syncs{0}, folder_syncs{0};

  Result<std::unique_ptr<DurableFile>> Create(const std::string& path) override;
  Result<std::unique_ptr<ReadableFile>> Open(const std::string& path) override;
  Result<uint64_t> Size(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status SyncFolder(const std::string& path) override;
  Status MakeFolders(const std::string& path) override;
  Status Remove(const std::string& path) override;
  Result<std::vector<std::string>> ListFiles(const std::string& folder) override;
};

}  // namespace sluice::engine
