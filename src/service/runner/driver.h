// The thread that looks after one application; a part of the supervisor.
//
// What is to be done stands in the store (status, deployment, snapshots that are CREATING); each step is one durable
// change or one request to the engine, so a service that is killed between two of them is followed by one that finds
// out how far it came.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "service/runner/application_log.h"
#include "service/runner/deployment.h"
#include "service/runner/job_control.h"
#include "service/runner/load_meter.h"
#include "service/runner/supervisor.h"

namespace sluice::service {

class Supervisor::Driver {
 public:
  Driver(Supervisor& supervisor, std::string name, std::string arn);
  ~Driver();

  /// Hands the driver its next work; what it does now gives up at its next step. `resume`: an earlier service may have
  /// done a part of it already.
  void Assign(LifecycleAction action, bool resume);
  /// Snapshots of the application are waiting in the store. Does not disturb what is under way.
  void TakeSnapshotsSoon();
  /// Why the job does not run although the application is RUNNING; nothing if it does.
  std::optional<std::string> Downtime();
  /// Makes the thread end; the engine is left alone.
  void Close();
  /// The application was removed and nothing was assigned since: the thread has ended or is about to.
  bool Gone();

 private:
  enum class Outcome { kUp, kFailed, kFinished, kInterrupted };
  /// What a job that is brought up has to do with the one before.
  enum class Continuity {
    kNew,      // nothing but the snapshot that it starts from
    kSameJob,  // it is the same, lost, and goes on from its last checkpoint
    kResume,   // an earlier service may have brought it up already, or have begun to
  };
  /// What became of the job that was to stop behind a snapshot.
  enum class Stopped { kDone, kFinished, kGone, kStillRunning, kInterrupted };

  void Loop();
  void Work(LifecycleAction action, bool resume);

  // ---- starting (driver_start.cc)
  void Start(bool resume);
  void Restart(bool resume);
  Outcome BringUp(ApplicationRow row, Continuity continuity);
  Status Submit(const JobSpec& spec, const Deployment& deployment, Continuity continuity);
  /// Finds out which snapshot the deployment begins with, and writes that down.
  Status Resolve(const ApplicationRow& row, Deployment* deployment);
  struct ChosenJob {
    std::string id;
    bool goes_on = false;  // from its last checkpoint
  };
  /// The id that the job is to run as: kept in a file, with the version, over restarts of engine and service, so that
  /// the engine finds the job's checkpoints again.
  Result<ChosenJob> ChooseJob(int64_t version, const Deployment& deployment, Continuity continuity);
  /// What that file has; an empty id if there is none.
  std::pair<int64_t, std::string> JobOnFile() const;
  Status PutJobOnFile(int64_t version, const std::string& id) const;
  /// For DescribeApplication, which asks no engine; a plan that cannot be had is no reason not to be up.
  void KeepPlan(const JobControl& client, const std::string& job_id);
  Outcome AwaitUp(int64_t version);
  void Settle(Outcome outcome);
  /// Opted in, the version that ran before is brought up again; false if there is none or nobody asked for it.
  bool RollBack();

  // ---- stopping (driver_stop.cc)
  void Stop();
  void Kill();
  void Remove();
  /// Ends the old job of a change; false if the change does not go on, which was reported then.
  bool ClearTheWay(const ApplicationRow& row, Deployment* deployment);
  /// A stop whose snapshot failed is given up: the job goes on.
  void GoOn(Deployment deployment);
  void StopJob();
  Status StopEachJob(const JobControl& client);
  Stopped StopWithSnapshot(const ApplicationRow& row, const LifecycleSettings& settings, Deployment* deployment);
  Outcome BringBackToStop(const ApplicationRow& row, const Deployment& deployment);
  Stopped NotStopped(const SnapshotRow& snapshot, const Error& why);
  /// In the store, and in the deployment that starts from it.
  void KeepStopSnapshot(const SnapshotRow& snapshot, const std::vector<std::string>& locations, Deployment* deployment);
  /// Of a job that has ended, but not behind its snapshot.
  void ReportGone();
  /// A change whose snapshot failed is undone: the old job, which still runs, goes on as a version of its own.
  void KeepOldJob(const ApplicationRow& row, Deployment deployment);

  // ---- what the service does by itself (driver_upkeep.cc)
  /// One datapoint of the load when it is due; scales the application when the rules say so.
  void WatchLoad(const FlinkJob& job);
  void Scale(const ApplicationRow& row, int64_t parallelism, double percent);
  /// False if it takes a restart; else the change is done, or was interrupted.
  bool RescaleInPlace(const ApplicationRow& row);
  Result<bool> HasParallelism(const JobControl& client, int64_t from, int64_t to, bool ask);
  /// What does not come up with the new parallelism is brought up with the one of before; false if it was that already.
  bool UndoScaling();
  void WatchForMaintenance();
  /// Without snapshots the job of AUTOSCALING or MAINTENANCE goes on from its last checkpoint.
  bool EndBehindCheckpoint(Deployment* deployment);

  // ---- snapshots (driver_snapshots.cc)
  void TakeSnapshots();
  void TakeSnapshot(const SnapshotRow& row);
  /// The one that a stop or change has begun; nothing if none has.
  std::optional<SnapshotRow> BegunSnapshot();
  Result<SnapshotRow> SystemSnapshot(const ApplicationRow& row, const LifecycleSettings& settings);
  /// Savepoints of all jobs, below the data folder; `stop` ends the jobs behind them. kCancelled when interrupted.
  /// Each `attempt` asks the engine anew.
  Result<std::vector<std::string>> Savepoints(const SnapshotRow& row, bool stop, int attempt);
  Result<std::vector<std::string>> SavepointsAndStop(const SnapshotRow& row);
  Result<std::string> AwaitSavepoint(const JobControl& client, const std::string& job, const std::string& trigger,
                                     bool stop, int64_t deadline_ns);
  /// What a stop that an earlier service began has left, complete; nothing if it is not.
  std::optional<std::vector<std::string>> SavepointsOnDisk(const SnapshotRow& row);
  std::string BelowDataFolder(std::string location) const;
  std::string AbsoluteLocation(const std::string& location) const;

  // ---- watching (driver_watch.cc)
  void Watch();
  void Tend(int64_t version);
  void Observe(const FlinkJob& job);
  /// Puts the job's metrics onto the board when it is time (driver_metrics.cc).
  void ReadMetrics(const JobControl& client);
  void NoteFailure(int64_t now_ns, const std::string& why);
  /// Brings the job up again after it was lost; false when that was given up or interrupted.
  bool Recover(const std::string& why);
  void RecordLoss(const std::string& why);
  void SetDowntime(std::optional<std::string> why);

  /// Tells the state machine, and ends the operations in progress with `status` in the same transaction (none if it is
  /// empty). A status that says "no engine" is reported only after the engine has ended.
  bool Report(ApplicationEvent event, const std::string& status = "", const std::string& error = "");
  bool Commit(const ApplicationStore::Change& change);
  void EndEngine(bool gently);
  bool IsUp();
  bool Interrupted();
  /// Interrupted by what cannot wait for a snapshot.
  bool Urgent();
  /// Waits; false if new work or the end came in between.
  bool Pause(std::chrono::milliseconds duration);
  /// Of the engine that is in the folder.
  EngineRunner& Runner() { return supervisor_.engines_.In(folder_); }
  std::unique_ptr<JobControl> Client();
  std::string ExceptionText(const std::string& job_id);
  void At(std::string_view step) const { supervisor_.AtStep(step); }
  int64_t NowMs() const { return supervisor_.clock_.NowMs(); }
  /// Of the clock's MonotonicNs.
  int64_t DeadlineIn(std::chrono::milliseconds time) const {
    return supervisor_.clock_.MonotonicNs() + std::chrono::nanoseconds(time).count();
  }
  /// 32 hex digits.
  static std::string NewId();

  Supervisor& supervisor_;
  const std::string name_;
  const std::string account_;
  const std::string folder_;
  ApplicationLog log_;
  Logger logger_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<LifecycleAction> next_;
  bool next_resumes_ = false;
  bool snapshots_wanted_ = true;  // an earlier service may have left some
  bool closed_ = false;
  bool removed_ = false;
  std::optional<std::string> downtime_;

  // Of the driver's thread only.
  std::optional<EngineRecord> engine_;
  std::string failure_;  // why the last start or snapshot failed
  bool watching_ = false;
  bool rolled_back_ = false;
  int attempts_ = 0;
  int64_t version_ = 0;
  std::string last_state_;
  int64_t last_seen_ns_ = 0;
  int64_t up_since_ns_ = 0;
  int64_t runs_since_ns_ = 0;
  std::optional<LoadHistory> history_;
  LoadMeter load_;          // looked at for each datapoint
  LoadMeter metrics_load_;  // … and for the metrics
  int64_t metrics_ns_ = 0;  // when they were read last
  bool metrics_failed_ = false;
  int64_t unscalable_version_ = 0;  // did not come up when it was scaled
  int64_t maintenance_due_ns_ = 0;
  std::deque<int64_t> failures_ns_;  // of a job that the engine restarts by itself

  std::thread thread_;
};

}  // namespace sluice::service
