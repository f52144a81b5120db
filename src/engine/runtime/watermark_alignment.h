// Watermark alignment: sources of one group whose event time has run ahead of the slowest one's by more than the
// allowed drift are not read until the others have caught up. Follows Flink's SourceCoordinator
// (announceCombinedWatermark), but by subtask: splits of one subtask wait together.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace sluice::engine {

/// The groups of one job. Thread-safe; members may outlive it.
class WatermarkAlignment {
 public:
  class Group;

  /// One source subtask; used by its task only. It counts from its first report until it is gone.
  class Member {
   public:
    Member(std::shared_ptr<Group> group, int64_t max_drift_ms);
    ~Member();
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    /// The subtask's watermark; kNoWatermark as long as it has none, kMaxWatermark while it is idle or has ended.
    void Report(int64_t watermark);
    /// False: it is too far ahead. What the others have reported is looked at once an update interval.
    bool MayRead(int64_t now_ms);

   private:
    std::shared_ptr<Group> group_;
    const int64_t max_drift_ms_;
    int64_t reported_;
  };

  /// `update_interval_ms`: the group's is that of the first to join.
  std::unique_ptr<Member> Join(const std::string& group, int64_t max_drift_ms, int64_t update_interval_ms);

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Group>> groups_;
};

}  // namespace sluice::engine
