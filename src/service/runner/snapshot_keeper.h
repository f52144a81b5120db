// The thread that looks after snapshots where no engine is needed; a part of the supervisor.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "service/runner/supervisor.h"

namespace sluice::service {

/// What is to be done stands in the store alone: rows that are DELETING, operations that are IN_PROGRESS. A keeper that
/// is started again begins each of them anew.
class Supervisor::SnapshotKeeper {
 public:
  explicit SnapshotKeeper(Supervisor& supervisor);
  ~SnapshotKeeper();
  void Wake();
  /// Gives up what is under way, and ends the thread.
  void Close();

 private:
  void Loop();
  void Delete(const SnapshotRow& row);
  Status Export(const SnapshotRow& row, const SnapshotOperationRow& operation);
  Status Import(const SnapshotRow& row, const SnapshotOperationRow& operation);
  void Transfer(const SnapshotOperationRow& operation);
  bool Closed();

  Supervisor& supervisor_;
  Logger logger_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wake_ = false;
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace sluice::service
