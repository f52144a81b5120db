// Carries out what the lifecycle decides: one driver thread for each application that has or shall have an engine.
// It starts the job, watches it, restarts it, stops it, and reports back as events of the state machine.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/logging.h"
#include "base/result.h"
#include "service/lifecycle/scaling_policy.h"
#include "service/observe/metrics_board.h"
#include "service/runner/engine_choice.h"
#include "service/runner/job_spec.h"
#include "service/runner/snapshot_objects.h"
#include "service/runner/steps.h"
#include "service/store/application_store.h"

namespace sluice::service {

struct SupervisorOptions {
  std::string data_folder;
  std::chrono::milliseconds poll_interval{500};
  std::chrono::milliseconds start_timeout{300'000};     // until every task runs; AWS waits as long
  std::chrono::milliseconds stop_timeout{30'000};       // for a graceful stop, before the engine is ended
  std::chrono::milliseconds unreachable_limit{60'000};  // an engine that lives but does not answer counts as lost
  int restart_attempts = 3;                             // in a row; a job that ran for a while starts the count anew
  std::chrono::milliseconds restart_delay{10'000};      // AWS's fixed delay
  std::chrono::milliseconds snapshot_timeout{600'000};  // until a snapshot is complete
  ScalingRules scaling;
  int64_t max_kpus = 64;                                   // the quota: no application is scaled beyond it
  std::chrono::milliseconds maintenance_check{30'000};     // how often a running engine's age is looked at …
  std::chrono::milliseconds maintenance_retry{3'600'000};  // … and after one that was tried
  int maintenances_at_once = 2;                            // that the service begins by itself
  std::chrono::milliseconds metrics_interval{15'000};      // at which a job's metrics are read, as AWS does
  SnapshotObjects* objects = nullptr;  // where snapshots are exported to; must outlive the supervisor
  StepObserver at_step;
};

/// Everything an application has on disk: <data>/apps/<name>, safe for every name that the API allows.
std::string ApplicationFolder(const std::string& data_folder, const std::string& name);
/// In that folder: the plan (JSON) of the job that ran last. Missing until one has run.
std::string JobPlanFile(const std::string& application_folder);

/// Any thread may call. The store, engines, specs and clock must outlive it.
class Supervisor {
 public:
  Supervisor(SupervisorOptions options, ApplicationStore& store, EngineChoice& engines, JobSpecSource& specs,
             Clock& clock, Logger logger);
  ~Supervisor();

  /// Takes up what an earlier service has left: adopts engines that run, carries on with what was under way.
  Status Resume();

  /// Does what an accepted transition asks for, in the background; a newer request replaces one under way.
  void Perform(const std::string& name, LifecycleAction action);

  /// Takes the snapshots of the application that the store has as CREATING.
  void TakeSnapshots(const std::string& name);
  /// Carries out what the store says of snapshots that needs no engine: deletes, exports, imports.
  void KeepSnapshots();
  /// Why the job of a RUNNING application does not run at the moment; nothing if it does.
  std::optional<std::string> Downtime(const std::string& name);
  void AtStep(std::string_view step) const {
    if (options_.at_step) options_.at_step(step);
  }

  /// The metrics of all applications whose jobs are to run, in Prometheus' text format; not older than their interval.
  Result<std::string> PrometheusText();

  /// Ends all drivers. Engines go on running unless `stop_engines`; the applications keep their status either way, so
  /// that the next service takes up from there.
  void Shutdown(bool stop_engines);

 private:
  class Driver;
  class SnapshotKeeper;

  Driver& DriverOf(const std::string& name);  // needs mutex_
  void FailSnapshots(const std::string& name, const std::string& why);
  void Assign(const std::string& name, LifecycleAction action, bool resume);

  SupervisorOptions options_;
  std::atomic<int> maintenances_{0};  // that drivers have begun and are at
  ApplicationStore& store_;
  EngineChoice& engines_;
  JobSpecSource& specs_;
  Clock& clock_;
  Logger logger_;
  std::mutex mutex_;
  bool closed_ = false;
  MetricsBoard metrics_;
  std::map<std::string, std::unique_ptr<Driver>> drivers_;
  std::unique_ptr<SnapshotKeeper> keeper_;
};

}  // namespace sluice::service
