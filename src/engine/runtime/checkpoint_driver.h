// Carries out what the CheckpointCoordinator decides: begins checkpoints and savepoints in their storages, tells the
// current attempt's tasks, gathers their answers into a manifest, writes it, confirms. Used by the job master's control
// thread; only what says so is for other threads too.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/checkpoint_coordinator.h"
#include "engine/runtime/checkpoint_statistics.h"
#include "engine/runtime/job.h"
#include "engine/runtime/job_master.h"
#include "engine/state/checkpoint_store.h"

namespace sluice::engine {

class CheckpointDriver {
 public:
  struct Hooks {
    /// The job shall fail: too many checkpoints did, or a savepoint with which it was to stop.
    std::function<void(const Error& error)> fail_job;
    /// The savepoint with which the job was to be cancelled is complete.
    std::function<void()> cancel_job;
    /// The tasks wait behind a snapshot for another parallelism; `error`: there will be none, they go on.
    std::function<void(Result<RestorePoint> snapshot)> rescale;
    std::function<void(const std::string& line)> note;
  };
  CheckpointDriver(std::string job_id, const CheckpointConfig& config, const JobMasterEnvironment& environment,
                   Hooks hooks);

  /// Opens the storage of the job's checkpoints, if that was not done yet.
  Status OpenStore();
  /// From what an attempt shall start: the newest whole checkpoint of this job; nothing if it has none. Only after
  /// OpenStore.
  Result<std::optional<RestorePoint>> Newest() { return store_->LoadNewest(); }
  /// Monotonic time at which the tasks were last told to stop for another parallelism.
  int64_t rescale_began_ns() const { return rescale_began_ns_; }
  bool has_completed() const { return has_completed_; }
  /// The checkpoint `id` could not be read.
  void Reject(int64_t id, const Error& why) { store_->Reject(id, why); }
  /// An attempt starts from `point`, which is the job's own checkpoint, or another's snapshot.
  void Restored(const RestorePoint& point, bool own, ClaimMode claim);

  // --- the attempt
  /// `job` and `graph` stay until JobStops.
  void JobRuns(Job& job, const JobGraph& graph);
  void JobStops(CheckpointFailure why);
  /// Another attempt follows at once, which JobRuns will tell of.
  void JobPauses();
  void Acknowledged(SubtaskAck ack);
  void Declined(int64_t id, const Error& error);
  void FinalWanted();

  // --- the users' orders
  /// From any thread: a number for FindOrder; Place then gives it to the coordinator.
  int64_t NewOrder();
  void Place(CheckpointOrder order, std::string folder);
  /// From any thread.
  std::optional<SavepointFacts> FindOrder(int64_t number) const;
  std::optional<int64_t> CheckpointOfOrder(int64_t number) const;

  bool runs() const { return coordinator_.runs(); }
  /// Does what is due.
  void Run();
  int64_t WakeAtMs() const { return coordinator_.WakeAtMs(); }
  /// The job has ended for good: `keep` says whether its checkpoints stay.
  void Close(bool keep);

  /// From any thread.
  CheckpointStatistics Facts() const;
  std::optional<CheckpointFacts> Find(int64_t id) const;

 private:
  struct Pending {
    CheckpointOrder order;
    CheckpointManifest manifest;
    std::optional<SavepointTarget> savepoint;
    std::shared_ptr<CheckpointStorage> memory;  // rescaling
  };
  void Trigger(const CheckpointAction& action);
  Status BeginStorage(const CheckpointAction& action, CheckpointRequest& request, Pending& pending);
  void Abort(const CheckpointAction& action);
  void Complete(int64_t id);
  Result<std::string> Write(Pending& pending);
  void EndOrder(int64_t number, int64_t checkpoint, Result<std::string> location);
  OpenStorage Opener() const;

  const std::string job_id_;
  const CheckpointConfig config_;
  const JobMasterEnvironment& env_;
  const Hooks hooks_;
  CheckpointCoordinator coordinator_;
  std::unique_ptr<CheckpointStore> store_;
  Job* job_ = nullptr;
  const JobGraph* graph_ = nullptr;
  std::map<int64_t, Pending> pending_;
  std::vector<std::shared_ptr<CheckpointStorage>> retired_;  // of savepoints that were given up; as long as the job
  std::map<int64_t, std::string> folders_;                   // of savepoint orders that have not begun
  bool has_completed_ = false;
  int64_t rescale_began_ns_ = 0;

  mutable std::mutex mutex_;  // of what follows
  CheckpointTracker tracker_;
  int64_t last_order_ = 0;
  struct OrderEnd {
    SavepointFacts facts;
    int64_t checkpoint = 0;
  };
  std::map<int64_t, OrderEnd> orders_;
};

}  // namespace sluice::engine
