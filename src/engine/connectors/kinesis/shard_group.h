// What the subtasks of one Kinesis source tell each other: which shards have been read to their end. A shard that came
// of others by a split or a merge is read when all of those have been, wherever they are read.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

namespace sluice::engine::kinesis {

/// Shared by subtasks (SharedParts). Any thread.
class ShardGroup {
 public:
  /// Everything in the shard was emitted; or it need not be read.
  void Finished(const std::string& shard) {
    std::lock_guard lock(mutex_);
    if (finished_.insert(shard).second) ++version_;
  }
  bool IsFinished(const std::string& shard) const {
    std::lock_guard lock(mutex_);
    return finished_.contains(shard);
  }
  /// Goes up whenever a shard has finished: it is time to look at the stream's shards again.
  uint64_t version() const {
    std::lock_guard lock(mutex_);
    return version_;
  }

  /// Users of the registered consumer; the last one to leave deregisters it.
  void EnterConsumer() {
    std::lock_guard lock(mutex_);
    ++users_;
  }
  bool LeaveConsumer() {
    std::lock_guard lock(mutex_);
    return --users_ == 0;
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> finished_;
  uint64_t version_ = 0;
  int users_ = 0;
};

}  // namespace sluice::engine::kinesis
