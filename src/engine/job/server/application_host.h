// The engine process behind its REST API: packages, sessions that run their scripts, and the jobs that come of them.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/logging.h"
#include "base/metrics_registry.h"
#include "engine/job/builtins.h"
#include "engine/job/local_executor.h"
#include "engine/job/server/engine_control.h"
#include "engine/job/server/package_store.h"

namespace sluice {
class Random;
}

namespace sluice::engine::server {

struct HostOptions {
  std::string data_folder;
  int parallelism = 1;
  int threads = 1;
  /// Settings that every session starts with.
  std::map<std::string, std::string> configuration;
};

/// All pointers outlive the host.
struct HostEnvironment {
  const Builtins* builtins = nullptr;
  Clock* clock = nullptr;
  Random* random = nullptr;
  std::ostream* out = nullptr;
  std::ostream* err = nullptr;
  Logger log;
  /// Called when a client asks the process to end.
  std::function<void()> on_shut_down;
};

/// Thread-safe. Destroying it cancels all jobs and waits for them.
class ApplicationHost : public EngineControl {
 public:
  ApplicationHost(HostEnvironment environment, HostOptions options);
  ~ApplicationHost() override;

  int slots() const override { return options_.threads; }
  int64_t now_ms() const override { return env_.clock->NowMs(); }
  std::map<std::string, std::string> configuration() const override { return options_.configuration; }
  std::vector<JobFacts> Jobs() const override;
  std::optional<JobFacts> FindJob(const std::string& id) const override;
  Status Cancel(const std::string& id) override;
  Status Stop(const std::string& id) override;
  Result<std::string> TriggerSavepoint(const std::string& id, const SavepointOrder& order,
                                       const std::string& trigger_id) override;
  Result<std::string> TriggerCheckpoint(const std::string& id, const std::string& trigger_id) override;
  Result<std::string> DisposeSavepoint(const std::string& path) override;
  std::optional<OperationFacts> FindOperation(const std::string& job_id, const std::string& trigger_id) const override;
  std::optional<CheckpointFacts> FindCheckpoint(const std::string& id, int64_t checkpoint) const override;
  Status UpdateParallelism(const std::string& id, const std::map<std::string, int>& by_task) override;
  Result<std::string> Upload(const std::string& name, std::string bytes) override;
  std::vector<PackageFacts> Packages() const override { return packages_.List(); }
  Status DeletePackage(const std::string& id) override { return packages_.Delete(id); }
  Result<std::string> RunPackage(const std::string& id, const RunRequest& request) override;
  void ShutDown() override { env_.on_shut_down(); }
  std::string PrometheusText() const override;

  /// Runs a script as RunPackage does.
  Result<std::string> RunScript(const std::string& script, const RunRequest& request);
  /// Ends what runs and waits for all jobs. Their checkpoints stay: run again with the same job id they go on.
  void EndAll();

 private:
  struct HostedJob {
    JobFacts facts;  // without what the snapshot gives
    std::shared_ptr<LocalJob> job;
    std::shared_ptr<const PhysicalPlan> plan;
  };
  struct Operation {
    std::string trigger_id;
    std::string job_id;  // empty: a disposal
    int64_t order = 0;
    OperationFacts facts;  // of a disposal
  };
  OptionMap DefaultsOf(const RunRequest& request) const;
  /// `job_id` empty: a new one; else it goes on from what an earlier process has left of the job.
  Result<HostedJob> StartJob(PhysicalPlan plan, const std::string& job_id);
  std::string Remember(Operation operation);
  JobFacts FactsOf(const HostedJob& job) const;
  std::shared_ptr<LocalJob> JobOf(const std::string& id) const;

  HostEnvironment env_;
  HostOptions options_;
  mutable MetricsRegistry metrics_;
  PackageStore packages_;
  mutable std::mutex mutex_;     // of jobs_
  std::mutex submission_mutex_;  // one script at a time; taken before mutex_
  LocalExecutor executor_;
  std::vector<HostedJob> jobs_;       // oldest first; gone before the executor
  std::deque<Operation> operations_;  // newest last, under mutex_
};

/// The tasks of a plan as the web page shows them, from the chains that the running job has. Pure.
std::vector<TaskFacts> TasksOf(const PhysicalPlan& plan, const JobSnapshot& snapshot);

}  // namespace sluice::engine::server
