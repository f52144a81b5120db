// Runs plans in this process: worker threads, jobs, waiting, cancelling. For the shell, `sluice test`, `sluice bench`
// and the engine process.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "engine/job/job_builder.h"
#include "engine/runtime/job.h"
#include "engine/runtime/job_master.h"

namespace sluice::engine {

class WorkerPool;

/// A started job. Destroying it cancels the job and waits for its end. Methods may be called from any thread.
class LocalJob : private JobListener {
 public:
  /// Told once, on a worker thread, when the job has ended, with its error if it failed. Must not ask the job anything.
  using EndCallback = std::function<void(JobStatus status, const std::optional<Error>& failure)>;

  ~LocalJob() override;
  LocalJob(const LocalJob&) = delete;
  LocalJob& operator=(const LocalJob&) = delete;

  void Cancel() { job_->Cancel(); }
  /// Ends the job gracefully: sources stop, sinks make visible what they have.
  void Stop() { job_->Stop(); }
  /// Waits until the job has ended or `limit` has passed; false: it still runs.
  bool WaitFor(std::chrono::milliseconds limit);
  /// Waits for the end: OK if it finished, kCancelled, or the error that made it fail.
  Status Wait();
  JobSnapshot Snapshot() const { return job_->Snapshot(); }
  std::optional<Error> failure() const { return job_->failure(); }
  /// When (wall clock, ms) the job came into each JobStatus; 0: never.
  StatusTimes status_times() const;

 private:
  friend class LocalExecutor;
  LocalJob(Clock& clock, EndCallback on_end) : clock_(clock), on_end_(std::move(on_end)) {}
  void OnJobStatus(JobStatus status, int64_t now_ms) override;
  void OnFailure(const Error& error, int64_t now_ms) override;

  Clock& clock_;
  EndCallback on_end_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::optional<Error> failure_;
  StatusTimes status_times_{};
  std::unique_ptr<Job> job_;
};

struct LocalExecutorOptions {
  int threads = 1;
  MetricsRegistry* metrics = nullptr;
};

/// Owns the worker threads, which start with the first job. All jobs must be gone before it. One caller at a time.
class LocalExecutor {
 public:
  LocalExecutor(JobBuildEnvironment environment, LocalExecutorOptions options);
  ~LocalExecutor();

  /// Builds and starts a job; an Error if the plan cannot run here. The parallelism comes from the plan's options
  /// (parallelism.default), else from the environment.
  Result<std::unique_ptr<LocalJob>> Submit(PhysicalPlan plan, ResultConsumer consumer,
                                           LocalJob::EndCallback on_end = nullptr);

 private:
  JobBuildEnvironment environment_;
  LocalExecutorOptions options_;
  std::unique_ptr<WorkerPool> workers_;
};

}  // namespace sluice::engine
