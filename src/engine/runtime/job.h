// A job: the tasks of a JobGraph on a WorkerPool, from creation to a terminal status.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "engine/runtime/job_graph.h"
#include "engine/runtime/job_status.h"

namespace sluice::engine {

class WorkerPool;

/// Told of what happens to a job. Calls come from worker threads, one at a time; they must not wait for the job.
class JobListener {
 public:
  virtual ~JobListener() = default;
  virtual void OnJobStatus(JobStatus status, int64_t now_ms) {
    (void)status;
    (void)now_ms;
  }
  /// The first error; later ones only follow from it.
  virtual void OnFailure(const Error& error, int64_t now_ms) {
    (void)error;
    (void)now_ms;
  }
};

struct JobEnvironment {
  Clock* clock = nullptr;
  WorkerPool* workers = nullptr;
  MetricsRegistry* metrics = nullptr;
  JobListener* listener = nullptr;  // may be null; outlives the job
};

class Job {
 public:
  /// Makes all sources, operators and sinks; a refusal ("not supported yet: …") comes from here.
  static Result<std::unique_ptr<Job>> Create(JobGraph graph, const JobEnvironment& environment);
  /// Cancels and waits if the job still runs.
  virtual ~Job() = default;

  // All methods may be called from any thread.
  virtual void Start() = 0;
  virtual void Cancel() = 0;
  /// Ends a streaming job gracefully: sources end where they are, without the last watermark, so open windows do not
  /// fire; sinks make all that they have visible; the status becomes FINISHED. A batch job is cancelled, because its
  /// operators would take the end for the end of the input.
  virtual void Stop() = 0;
  /// Blocks until the status is terminal.
  virtual JobStatus Wait() = 0;
  virtual JobStatus status() const = 0;
  /// The root error of a failed job.
  virtual std::optional<Error> failure() const = 0;
  virtual JobSnapshot Snapshot() const = 0;
};

}  // namespace sluice::engine
