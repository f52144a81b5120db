// What the REST API can ask of an engine process; the API itself knows no SQL and no runtime beyond these facts.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/runtime/job_master.h"
#include "engine/runtime/job_status.h"

namespace sluice::engine::server {

/// A task of a job: operators that run chained, as the web page's graph shows them.
struct TaskFacts {
  std::string id;           // 32 hex digits, stable over restarts of the same plan
  std::string name;         // "Source: orders[1] -> Calc[2]"
  std::string description;  // one operator a line, "<br/>" between
  int parallelism = 1;
  std::vector<int> operators;  // indexes into JobSnapshot::vertices
  struct Input {
    std::string task_id;
    std::string ship_strategy;  // FORWARD, HASH, GLOBAL, REBALANCE, BROADCAST
  };
  std::vector<Input> inputs;
  std::vector<int> heads;  // those of `operators` that read from outside or are sources; empty: the first one
};

struct JobFacts {
  std::string id;
  std::string name;
  bool batch = false;
  int parallelism = 1;
  int max_parallelism = 128;
  std::map<std::string, std::string> configuration;
  std::vector<TaskFacts> tasks;
  JobSnapshot snapshot;
  /// When the job came into each status, 0 if never; by JobStatus.
  StatusTimes status_times{};
  CheckpointStatistics checkpoints;
  JobHistory history;
  JobConfig config;
  std::string failure_code;  // "DATA"
  std::string failure_text;  // empty: no failure
};

struct PackageFacts {
  std::string id;
  std::string name;
  int64_t uploaded_ms = 0;
};

/// Where an asynchronous operation (savepoint, checkpoint, stop, disposal) stands.
struct OperationFacts {
  bool done = false;
  std::string location;       // of a savepoint that is done
  int64_t checkpoint_id = 0;  // of a checkpoint that is done
  std::string failure;        // empty: none
};

struct RunRequest {
  std::optional<int> parallelism;
  std::string job_id;          // empty: a new one; 32 hex digits
  std::string savepoint_path;  // empty: none
  /// Of a script with several jobs, one for each in their order, an empty one for a job that starts from nothing.
  std::vector<std::string> savepoint_paths;
  bool allow_non_restored = false;
  std::map<std::string, std::string> configuration;
};

/// All methods may be called from any thread.
class EngineControl {
 public:
  virtual ~EngineControl() = default;

  virtual int slots() const = 0;
  virtual int64_t now_ms() const = 0;
  /// The engine's own configuration, for /jobmanager/config.
  virtual std::map<std::string, std::string> configuration() const = 0;

  /// Newest first.
  virtual std::vector<JobFacts> Jobs() const = 0;
  virtual std::optional<JobFacts> FindJob(const std::string& id) const = 0;
  /// kNotFound if there is no such job; fine if it has ended.
  virtual Status Cancel(const std::string& id) = 0;
  /// Ends the job gracefully: sources stop, sinks make visible what they have.
  virtual Status Stop(const std::string& id) = 0;

  // --- what takes its time: each answers a trigger id (32 hex digits), which FindOperation knows for a while.
  // kNotFound: no such job. `trigger_id` empty: a new one.
  virtual Result<std::string> TriggerSavepoint(const std::string& id, const SavepointOrder& order,
                                               const std::string& trigger_id);
  virtual Result<std::string> TriggerCheckpoint(const std::string& id, const std::string& trigger_id);
  /// Deletes a savepoint: a path or URI. Its operation belongs to no job: FindOperation("", …).
  virtual Result<std::string> DisposeSavepoint(const std::string& path);
  /// Nothing: unknown.
  virtual std::optional<OperationFacts> FindOperation(const std::string& job_id, const std::string& trigger_id) const;
  virtual std::optional<CheckpointFacts> FindCheckpoint(const std::string& id, int64_t checkpoint) const;
  /// PUT /jobs/:id/resource-requirements: by task id (TaskFacts::id), the upper bound of its parallelism.
  virtual Status UpdateParallelism(const std::string& id, const std::map<std::string, int>& by_task);

  /// Keeps a SQL package (a .sql file, or a zip or jar with one); answers its path, whose last part is the id.
  virtual Result<std::string> Upload(const std::string& name, std::string bytes) = 0;
  virtual std::vector<PackageFacts> Packages() const = 0;
  virtual Status DeletePackage(const std::string& id) = 0;
  /// Runs the package's script: every INSERT becomes a job. Answers the first job's id; on an error no job runs.
  virtual Result<std::string> RunPackage(const std::string& id, const RunRequest& request) = 0;

  /// The process shall end.
  virtual void ShutDown() = 0;
  virtual std::string PrometheusText() const = 0;
};

}  // namespace sluice::engine::server
