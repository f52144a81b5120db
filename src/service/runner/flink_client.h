// A client of Flink's JobManager REST API, as far as the service needs it; speaks to the native engine and to Apache
// Flink. Shapes: https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/ops/rest_api/
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/url.h"

namespace sluice::service {

struct FlinkRunRequest {
  int parallelism = 1;
  std::string entry_class;  // empty: the package's own
  std::vector<std::string> program_args;
  std::map<std::string, std::string> configuration;
  std::string job_id;  // 32 hex digits; empty: the engine chooses. The native engine goes on with what it has of it
  /// What the jobs start from, in their order; Apache Flink has one job and knows the first alone.
  std::vector<std::string> savepoints;
  bool allow_non_restored = false;
};

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

/// Any thread; calls block. Errors: kIo and kTimeout when the peer cannot be reached, kNotFound for 404,
/// kInvalidArgument with the peer's own text for other refusals, kData for answers that are not Flink's.
class FlinkClient {
 public:
  /// With `only_job`, the cluster's other jobs do not exist for it.
  explicit FlinkClient(net::Url base, std::string only_job = "")
      : base_(std::move(base)), only_job_(std::move(only_job)) {}

  /// GET /overview.
  Status Ping() const;
  /// Returns the id to run it by.
  Result<std::string> UploadPackage(const std::string& file_name, std::string bytes) const;
  /// Returns the job's id. May take as long as the program's main() does.
  Result<std::string> Run(const std::string& package_id, const FlinkRunRequest& request,
                          std::chrono::milliseconds timeout) const;
  Result<std::vector<FlinkJob>> Jobs() const;  // without vertices
  Result<FlinkJob> Job(const std::string& job_id) const;
  /// All jobs of the cluster as if they were one; a SQL package has one for each INSERT outside a statement set. The
  /// state is FAILED or CANCELED as soon as one is (and `id` is that one's), FINISHED when all are, else the least far
  /// one's. kNotFound if there is no job.
  Result<FlinkJob> AllJobs() const;
  /// The root exception's text; empty if there is none.
  Result<std::string> RootException(const std::string& job_id) const;
  /// The job's plan as JSON: {"jid", "name", "type", "nodes"}.
  Result<std::string> Plan(const std::string& job_id) const;
  /// By vertex id, the upper bound of its parallelism (GET /jobs/:id/resource-requirements): what it runs with, where
  /// the engine has done what was asked for.
  Result<std::map<std::string, int64_t>> ParallelismBounds(const std::string& job_id) const;
  /// Sets them all.
  Status SetParallelismBounds(const std::string& job_id, const std::map<std::string, int64_t>& bounds) const;
  Status Cancel(const std::string& job_id) const;
  Status DeletePackage(const std::string& package_id) const;
  /// Begins a savepoint below `folder`, and with `stop` lets the job end behind it: sources end, sinks commit what they
  /// have. `trigger_id` (32 hex digits) is the one to ask for it by.
  Status TriggerSavepoint(const std::string& job_id, const std::string& folder, const std::string& trigger_id,
                          bool stop) const;
  /// kNotFound if the engine knows of no such savepoint.
  Result<FlinkSavepoint> Savepoint(const std::string& job_id, const std::string& trigger_id) const;

 private:
  Result<std::string> Call(const std::string& method, const std::string& path, std::string body,
                           const std::string& content_type, std::chrono::milliseconds timeout) const;

  net::Url base_;
  std::string only_job_;
};

}  // namespace sluice::service
