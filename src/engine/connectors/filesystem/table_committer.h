// What the subtasks of one sink do together once a checkpoint is complete: compact its files and commit partitions.
// Both need all files of the checkpoint, so they begin when the last subtask has committed its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/connectors/filesystem/compaction.h"
#include "engine/connectors/filesystem/prepared_files.h"
#include "engine/connectors/filesystem/sink_options.h"
#include "engine/connectors/filesystem/storage.h"

namespace sluice {
class Clock;
}

namespace sluice::engine::filesystem {

/// One a sink and attempt, any thread. Compaction has threads of its own, at most one a subtask; when they fail, the
/// next call of a subtask does.
class TableCommitter {
 public:
  struct Setup {
    SinkOptions options;
    std::string root;
    bool partitioned = false;
    RewriteRules rules;
    std::string attempt;  // unique
    std::string lineage;  // of hidden files that compaction writes
    int parallelism = 1;
    Clock* clock = nullptr;  // outlives the committer
    /// A storage for a thread of its own.
    std::function<Result<std::unique_ptr<Storage>>()> open;
  };

  TableCommitter() = default;
  ~TableCommitter();
  TableCommitter(const TableCommitter&) = delete;
  TableCommitter& operator=(const TableCommitter&) = delete;

  /// A subtask takes part; the first one's setup counts. `wake` is called, from any thread, when behind() may have
  /// changed, until the subtask leaves.
  void Enter(const Setup& setup, int subtask, std::function<void()> wake);
  /// The last one to leave completes what a checkpoint of the input's end has left to do, if that is all there was.
  Status Leave(int subtask, Storage& storage);
  /// So much waits for compaction that subtasks had better write no more.
  bool behind() const;
  /// Compaction has failed.
  std::optional<Error> error() const;

  /// Of a restored checkpoint, when its files are committed. Goes on with the first own checkpoint.
  void Restore(const PreparedFiles& prepared);
  /// A subtask prepares for a checkpoint. One of them is given what the checkpoint must remember for all.
  Result<std::optional<Remembered>> Prepare(int64_t checkpoint, int subtask);
  /// A subtask has committed its files. The last one starts what they wait for, and at the end of the input waits until
  /// it is done.
  Status Committed(const PreparedFiles& prepared, int subtask, Storage& storage);
  /// A job without checkpoints: the subtask's last files are committed.
  Status Finished(const std::vector<PreparedFile>& files, Storage& storage);

  /// Partitions' success files are written here, not by who commits their files.
  static bool HoldsPartitions(const SinkOptions& options, bool partitioned);

 private:
  struct Round {
    std::set<int> expected, arrived;
    int64_t watermark = INT64_MAX;
    std::vector<HiddenFile> hidden;
  };
  struct Compaction {
    PendingCompaction pending;
    std::vector<CompactionUnit> units;  // once it is started
    size_t next = 0, done = 0;          // of them
    bool started = false, restored = false;
    int64_t watermark = INT64_MIN;  // of the checkpoint: what partitions are measured by
  };
  using Lock = std::unique_lock<std::mutex>;
  /// Restored lists, then restored files by checkpoint, then own ones.
  using Order = std::pair<int, int64_t>;

  void TakeFiles(const std::vector<PreparedFile>& files, int64_t since_ms, std::vector<HiddenFile>& hidden);
  Compaction& Add(Order order, PendingCompaction pending, bool restored);
  void TakeMemories();
  void StartAll();
  Status AdvanceDone(Lock& lock, Storage& storage);
  Status CommitPartitions(Lock& lock, Storage& storage, const std::vector<std::string>& folders);
  Result<std::vector<std::string>> DuePartitions(int64_t watermark) const;
  Status CompleteAll(Lock& lock, Storage& storage);
  Status AwaitCompactions(Lock& lock);
  void WakeAll();
  void Work();
  Status CompactNext(Lock& lock, Storage& storage);
  Compaction* Ready();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, std::function<void()>> wakes_;  // by subtask
  std::optional<Setup> setup_;
  int entered_ = 0, finished_ = 0;
  bool prepared_ = false;        // a checkpoint of our own
  bool restored_ended_ = false;  // the newest restored checkpoint was taken at the end of the input
  std::map<int64_t, Round> rounds_;
  int64_t remembered_for_ = -1;       // the newest checkpoint whose Remembered is handed out
  int64_t restored_checkpoint_ = -1;  // the newest one restored
  std::map<std::string, std::pair<int64_t, Remembered>> memories_;  // restored, by attempt: checkpoint and memory
  int64_t lists_ = 0;                                               // restored compactions, numbered
  std::map<Order, Compaction> compactions_;
  std::map<std::string, int64_t> waiting_;  // partitions' folders: since when
  std::set<std::string> expired_;           // hidden files whose rows are visible
  std::optional<Error> error_;
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::engine::filesystem
