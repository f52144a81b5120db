// Runs plans in this process: worker threads, jobs, waiting, cancelling. For the shell, `sluice test`, `sluice bench`
// and the engine process.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "engine/job/job_builder.h"
#include "engine/runtime/job_master.h"
#include "engine/state/restore_point.h"

namespace sluice::engine {

class WorkerPool;

/// A started job. Destroying it cancels the job and waits for its end; its checkpoints stay. Methods may be called from
/// any thread.
class LocalJob {
 public:
  /// Told once, when the job has ended, with its error if it failed. Must not ask the job anything.
  using EndCallback = std::function<void(JobStatus status, const std::optional<Error>& failure)>;

  ~LocalJob();
  LocalJob(const LocalJob&) = delete;
  LocalJob& operator=(const LocalJob&) = delete;

  const std::string& id() const { return id_; }
  void Cancel() { master_->Cancel(); }
  /// Ends the job gracefully: sources stop, sinks make visible what they have.
  void Stop() { master_->Stop(); }
  /// Waits until the job has ended or `limit` has passed; false: it still runs.
  bool WaitFor(std::chrono::milliseconds limit);
  /// Waits for the end: OK if it finished, kCancelled, or the error that made it fail.
  Status Wait();
  JobSnapshot Snapshot() const { return master_->Snapshot(); }
  std::optional<Error> failure() const { return master_->failure(); }
  /// When (wall clock, ms) the job came into each JobStatus; 0: never.
  StatusTimes status_times() const { return master_->status_times(); }
  /// Checkpoints, savepoints, restarts, rescaling.
  JobMaster& master() { return *master_; }
  const JobMaster& master() const { return *master_; }

 private:
  friend class LocalExecutor;
  LocalJob(std::string id, Clock& clock, EndCallback on_end)
      : id_(std::move(id)), clock_(clock), on_end_(std::move(on_end)) {}
  void OnStatus(JobStatus status);

  const std::string id_;
  Clock& clock_;
  EndCallback on_end_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::unique_ptr<JobMaster> master_;
};

struct LocalExecutorOptions {
  int threads = 1;
  MetricsRegistry* metrics = nullptr;
  /// Opens the storages of checkpoints and savepoints. Empty: folders only.
  OpenStorage open_storage;
  /// Makes state.backend.type = rocksdb, with its working files below the folder. Empty: as RocksDbStateBackends does.
  std::function<StateBackendFactory(const std::string& folder)> make_rocksdb;
};

struct SubmitOptions {
  std::string job_id;  // 32 hex digits; empty: a random one
  /// Checkpoints that an earlier process kept of a job with this id: it goes on from the newest.
  bool resume = false;
  LocalJob::EndCallback on_end;
  /// Told of checkpoints that failed, restarts, restores: a line each, on any thread.
  std::function<void(const std::string& line, bool problem)> on_note;
};

/// Owns the worker threads, which start with the first job. All jobs must be gone before it. One caller at a time.
class LocalExecutor {
 public:
  LocalExecutor(JobBuildEnvironment environment, LocalExecutorOptions options);
  ~LocalExecutor();

  /// Builds and starts a job; an Error if the plan cannot run here. The parallelism comes from the plan's options
  /// (parallelism.default), else from the environment.
  /// Checkpoints, restarts and restores as the plan's options say; a batch job has none. A query's rows cannot be taken
  /// back: a job with a `consumer` is not restarted.
  Result<std::unique_ptr<LocalJob>> Submit(PhysicalPlan plan, ResultConsumer consumer, SubmitOptions options = {});

  /// Deletes a savepoint or a retained checkpoint. kNotFound if there is none at the path.
  Status DisposeSavepoint(const std::string& path) const;

 private:
  Result<OpenStorage> StorageOpener(const PhysicalPlan& plan) const;

  JobBuildEnvironment environment_;
  LocalExecutorOptions options_;
  std::unique_ptr<Random> random_;
  std::unique_ptr<WorkerPool> workers_;
};

}  // namespace sluice::engine
