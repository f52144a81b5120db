// The jobs of one engine as a driver needs them: what runs, snapshots, ends. Flink's REST API for most engines
// (FlinkClient); a cluster that Flink's Kubernetes operator looks after is asked through the operator's objects.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "service/observe/application_metrics.h"

namespace sluice::service {

/// How far a savepoint is.
struct FlinkSavepoint {
  bool done = false;
  std::string location;  // when it has succeeded
  std::string failure;   // when it has failed
};

struct FlinkJob {
  std::string id;
  std::string state;  // Flink's JobStatus: "CREATED", "RUNNING", "FAILED", "FINISHED", …
  int vertices = 0;
  int running_vertices = 0;
  int finished_vertices = 0;
  int64_t max_parallelism = 0;  // the smallest of vertices that may have more than one task; 0: none does

  bool all_ended = false;  // of several jobs: none runs any more

  bool finished() const { return state == "FINISHED"; }
  bool ended() const { return finished() || state == "FAILED" || state == "CANCELED"; }
  /// Every vertex runs, or has reached its end already while others run.
  bool all_up() const { return state == "RUNNING" && vertices > 0 && running_vertices + finished_vertices == vertices; }
};

/// Any thread; calls block. Errors: kIo and kTimeout when the peer cannot be reached, kNotFound for what it does not
/// know, kInvalidArgument with the peer's own text for other refusals, kData for answers that make no sense.
class JobControl {
 public:
  virtual ~JobControl() = default;

  virtual Result<std::vector<FlinkJob>> Jobs() const = 0;  // without vertices
  /// All jobs as if they were one; a SQL package has one for each INSERT outside a statement set. The state is FAILED
  /// or CANCELED as soon as one is (and `id` is that one's), FINISHED when all are, else the least far one's. kNotFound
  /// if there is no job.
  virtual Result<FlinkJob> AllJobs() const = 0;
  /// The root exception's text; empty if there is none.
  virtual Result<std::string> RootException(const std::string& job_id) const = 0;
  /// The job's plan as JSON: {"jid", "name", "type", "nodes"}.
  virtual Result<std::string> Plan(const std::string& job_id) const = 0;
  virtual Status Cancel(const std::string& job_id) const = 0;
  /// Begins a savepoint below `folder`, and with `stop` lets the job end behind it: sources end, sinks commit what they
  /// have. `trigger_id` (32 hex digits) is the one to ask for it by.
  virtual Status TriggerSavepoint(const std::string& job_id, const std::string& folder, const std::string& trigger_id,
                                  bool stop) const = 0;
  /// kNotFound if the engine knows of no such savepoint.
  virtual Result<FlinkSavepoint> Savepoint(const std::string& job_id, const std::string& trigger_id) const = 0;
  /// By vertex id, the upper bound of its parallelism: what it runs with, where the engine has done what was asked for.
  /// Here: kNotSupported.
  virtual Result<std::map<std::string, int64_t>> ParallelismBounds(const std::string& job_id) const;
  /// Sets them all.
  virtual Status SetParallelismBounds(const std::string& job_id, const std::map<std::string, int64_t>& bounds) const;
  /// The metrics of all jobs, as far as that level shows them. What the engine does not have is left out. Here:
  /// kNotSupported.
  virtual Result<EngineReading> Metrics(MetricsLevel level) const;
};

}  // namespace sluice::service
