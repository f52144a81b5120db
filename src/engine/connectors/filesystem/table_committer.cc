#include "engine/connectors/filesystem/table_committer.h"

#include <algorithm>

#include "base/clock.h"
#include "engine/connectors/filesystem/partition_path.h"

namespace sluice::engine::filesystem {
namespace {

/// Checkpoints whose files wait for compaction, before subtasks write no more.
constexpr size_t kMostBehind = 4;

/// Of Order.
enum Origin : int { kRestoredList, kRestoredFiles, kOwn };

}  // namespace

bool TableCommitter::HoldsPartitions(const SinkOptions& options, bool partitioned) {
  return partitioned && !options.success_file.empty() &&
         (options.commit_delay_ms > 0 || options.partition_time != nullptr || options.compaction_bytes > 0);
}

TableCommitter::~TableCommitter() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void TableCommitter::Enter(const Setup& setup, int subtask, std::function<void()> wake) {
  std::lock_guard lock(mutex_);
  if (!setup_) setup_ = setup;
  wakes_[subtask] = std::move(wake);
  ++entered_;
}

bool TableCommitter::behind() const {
  std::lock_guard lock(mutex_);
  return compactions_.size() > kMostBehind && !error_;
}

std::optional<Error> TableCommitter::error() const {
  std::lock_guard lock(mutex_);
  return error_;
}

/// Under the lock, so that nobody is woken who has left.
void TableCommitter::WakeAll() {
  changed_.notify_all();
  for (const auto& [subtask, wake] : wakes_) {
    if (wake) wake();
  }
}

Status TableCommitter::Leave(int subtask, Storage& storage) {
  Lock lock(mutex_);
  wakes_.erase(subtask);
  if (!wakes_.empty()) return {};
  const bool all_finished = finished_ > 0 && finished_ == entered_;
  return all_finished || (!prepared_ && restored_ended_) ? CompleteAll(lock, storage) : Status();
}

void TableCommitter::Restore(const PreparedFiles& prepared) {
  std::lock_guard lock(mutex_);
  if (prepared.checkpoint >= restored_checkpoint_) {
    restored_ended_ = prepared.ended() && (restored_ended_ || prepared.checkpoint > restored_checkpoint_);
    restored_checkpoint_ = prepared.checkpoint;
  }
  std::vector<HiddenFile> hidden;
  TakeFiles(prepared.files, prepared.prepared_ms, hidden);
  if (!hidden.empty()) {
    Add({kRestoredFiles, prepared.checkpoint}, {prepared.compaction_bytes, std::move(hidden)}, true);
  }
  if (!prepared.remembered) return;
  auto& [checkpoint, memory] = memories_[prepared.remembered->attempt];
  if (memory.attempt.empty() || prepared.checkpoint > checkpoint) {
    checkpoint = prepared.checkpoint;  // one that failed has left its memory behind: the newer one counts
    memory = *prepared.remembered;
  }
}

/// Of restored checkpoints, when all of them are there. Some may hold what others do.
void TableCommitter::TakeMemories() {
  const auto memories = std::exchange(memories_, {});
  for (const auto& [attempt, entry] : memories) {
    const auto& [checkpoint, memory] = entry;
    const bool held = std::any_of(memories.begin(), memories.end(), [&, known = checkpoint](const auto& other) {
      return other.first != attempt && other.second.second.restored >= known;
    });
    if (held) continue;
    for (const auto& [folder, since_ms] : memory.waiting) waiting_.emplace(folder, since_ms);
    for (const PendingCompaction& pending : memory.compactions) Add({kRestoredList, lists_++}, pending, true);
  }
}

Result<std::optional<Remembered>> TableCommitter::Prepare(int64_t checkpoint, int subtask) {
  std::lock_guard lock(mutex_);
  if (error_) return *error_;
  TakeMemories();
  prepared_ = true;
  rounds_[checkpoint].expected.insert(subtask);
  if (checkpoint <= remembered_for_) return std::optional<Remembered>();
  remembered_for_ = checkpoint;
  Remembered remembered;
  remembered.attempt = setup_->attempt;
  remembered.restored = restored_checkpoint_;
  remembered.waiting = waiting_;
  for (const auto& [order, compaction] : compactions_) remembered.compactions.push_back(compaction.pending);
  remembered.expired.assign(expired_.begin(), expired_.end());
  return std::optional<Remembered>(std::move(remembered));
}

/// Partitions begin to wait; files that no reader sees are to be compacted.
void TableCommitter::TakeFiles(const std::vector<PreparedFile>& files, int64_t since_ms,
                               std::vector<HiddenFile>& hidden) {
  const bool holds = HoldsPartitions(setup_->options, setup_->partitioned);
  for (const PreparedFile& f : files) {
    if (holds) waiting_.emplace(f.folder, since_ms);
    if (IsUncompacted(f.final_path)) hidden.push_back({f.final_path, f.folder, f.size});
  }
}

TableCommitter::Compaction& TableCommitter::Add(Order order, PendingCompaction pending, bool restored) {
  Compaction& compaction = compactions_[order];
  compaction.pending.target_bytes = pending.target_bytes;
  compaction.pending.files.insert(compaction.pending.files.end(), pending.files.begin(), pending.files.end());
  compaction.restored = restored;
  return compaction;
}

Status TableCommitter::Committed(const PreparedFiles& prepared, int subtask, Storage& storage) {
  Lock lock(mutex_);
  if (error_) return *error_;
  if (prepared.remembered) {
    for (const std::string& path : prepared.remembered->expired) expired_.erase(path);
  }
  auto it = rounds_.find(prepared.checkpoint);
  if (it == rounds_.end() || !it->second.arrived.insert(subtask).second) return {};  // it comes again
  Round& round = it->second;
  round.watermark = std::min(round.watermark, prepared.watermark);
  TakeFiles(prepared.files, prepared.prepared_ms, round.hidden);
  if (round.arrived.size() < round.expected.size()) return {};
  const Order order{kOwn, prepared.checkpoint};
  Add(order, {setup_->options.compaction_bytes, std::move(round.hidden)}, false).watermark = round.watermark;
  const bool ended = round.watermark == INT64_MAX;
  rounds_.erase(it);
  if (ended) return CompleteAll(lock, storage);
  StartAll();
  return AdvanceDone(lock, storage);
}

Status TableCommitter::Finished(const std::vector<PreparedFile>& files, Storage& storage) {
  Lock lock(mutex_);
  std::vector<HiddenFile> hidden;
  TakeFiles(files, 0, hidden);
  Add({kOwn, INT64_MAX}, {setup_->options.compaction_bytes, std::move(hidden)}, false).watermark = INT64_MAX;
  return ++finished_ < setup_->parallelism ? Status() : CompleteAll(lock, storage);
}

/// At the end of the input: all partitions are complete, whatever their times.
Status TableCommitter::CompleteAll(Lock& lock, Storage& storage) {
  StartAll();
  SLUICE_RETURN_IF_ERROR(AdvanceDone(lock, storage));
  SLUICE_RETURN_IF_ERROR(AwaitCompactions(lock));
  std::vector<std::string> folders;
  for (const auto& [folder, since_ms] : waiting_) folders.push_back(folder);
  SLUICE_RETURN_IF_ERROR(CommitPartitions(lock, storage, folders));
  for (const std::string& path : std::exchange(expired_, {})) (void)storage.RemoveFile(path);
  return {};
}

void TableCommitter::StartAll() {
  TakeMemories();
  size_t units = 0;
  for (auto& [order, compaction] : compactions_) {
    if (!compaction.started) {
      compaction.units = PackUnits(compaction.pending.files, compaction.pending.target_bytes);
      compaction.started = true;
    }
    units += compaction.units.size() - compaction.next;
  }
  const auto most = static_cast<size_t>(std::max(setup_->parallelism, 1));
  while (threads_.size() < std::min(units, most)) threads_.emplace_back([this] { Work(); });
  changed_.notify_all();
}

/// What follows on compactions, in the order of their checkpoints.
Status TableCommitter::AdvanceDone(Lock& lock, Storage& storage) {
  while (!compactions_.empty()) {
    auto first = compactions_.begin();
    if (!first->second.started || first->second.done < first->second.units.size()) return {};
    for (const HiddenFile& f : first->second.pending.files) expired_.insert(f.path);
    const int64_t watermark = first->second.watermark;
    const bool own = first->first.first == kOwn;
    compactions_.erase(first);
    WakeAll();
    if (!own || watermark == INT64_MAX) continue;  // at the end all partitions are complete: see CompleteAll
    SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> due, DuePartitions(watermark));
    SLUICE_RETURN_IF_ERROR(CommitPartitions(lock, storage, due));
  }
  return {};
}

Result<std::vector<std::string>> TableCommitter::DuePartitions(int64_t watermark) const {
  const SinkOptions& options = setup_->options;
  const int64_t now_ms = setup_->clock->NowMs();
  std::vector<std::string> due;
  for (const auto& [folder, since_ms] : waiting_) {
    bool is_due = options.commit_delay_ms == 0 || since_ms <= now_ms - options.commit_delay_ms;
    if (options.partition_time) {
      const std::string_view below = std::string_view(folder).substr(std::min(folder.size(), setup_->root.size()));
      SLUICE_ASSIGN_OR_RETURN(const int64_t begin_ms, options.partition_time->Begin(PartitionsOfPath(below)));
      is_due = watermark > begin_ms && watermark - begin_ms > options.commit_delay_ms;
    }
    if (is_due) due.push_back(folder);
  }
  return due;
}

Status TableCommitter::CommitPartitions(Lock& lock, Storage& storage, const std::vector<std::string>& folders) {
  lock.unlock();
  Status status;
  for (const std::string& folder : folders) {
    if (status.ok()) status = storage.WriteFile(folder + "/" + setup_->options.success_file, "");
  }
  lock.lock();
  if (status.ok()) {
    for (const std::string& folder : folders) waiting_.erase(folder);
  }
  return status;
}

Status TableCommitter::AwaitCompactions(Lock& lock) {
  changed_.wait(lock, [&] { return compactions_.empty() || error_; });
  return error_ ? Status(*error_) : Status();
}

TableCommitter::Compaction* TableCommitter::Ready() {
  for (auto& [order, compaction] : compactions_) {
    if (compaction.started && compaction.next < compaction.units.size()) return &compaction;
  }
  return nullptr;
}

void TableCommitter::Work() {
  Result<std::unique_ptr<Storage>> storage = setup_->open();
  Lock lock(mutex_);
  Status status = storage.ok() ? Status() : storage.error();
  while (status.ok()) {
    changed_.wait(lock, [&] { return stop_ || error_ || Ready() != nullptr; });
    if (stop_ || error_) return;
    status = CompactNext(lock, **storage);
  }
  if (!stop_ && !error_) error_ = status.error();
  WakeAll();
}

Status TableCommitter::CompactNext(Lock& lock, Storage& storage) {
  Compaction& compaction = *Ready();  // stays where it is until this unit is done
  const CompactionUnit unit = compaction.units[compaction.next++];
  lock.unlock();
  const Status status = CompactUnit(storage, unit, setup_->rules, setup_->lineage, compaction.restored, stop_);
  lock.lock();
  if (!status.ok()) return status;
  ++compaction.done;
  return AdvanceDone(lock, storage);
}

}  // namespace sluice::engine::filesystem
