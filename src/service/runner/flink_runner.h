// Runs Apache Flink: for each application one JobManager and its TaskManagers as processes of their own, on loopback
// only. They outlive the service; the next one recognises them.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/logging.h"
#include "base/random.h"
#include "net/aws/credentials.h"
#include "service/runner/engine_runner.h"
#include "service/runner/flink_cluster.h"
#include "service/runner/flink_plan.h"
#include "service/runner/log_rotation.h"
#include "service/runner/package_view.h"
#include "service/runtimes/runtime_store.h"

namespace sluice::service {

struct FlinkRunnerOptions {
  std::string runtimes_folder;
  bool install_on_first_use = true;
  FlinkLimits limits;
  std::chrono::milliseconds launch_timeout{180'000};  // until the REST API answers; JVMs are slow on busy machines
  std::chrono::milliseconds end_grace{3'000};         // between SIGTERM and SIGKILL
  LogLimits logs;
  /// A cgroup (version 2) below which each cluster gets one with limits; empty: this process's own. Where that is not
  /// permitted they are not limited.
  std::string control_groups;
};

/// Files in an application's folder: flink.json (processes, token, job), flink/ (configuration, temporary files),
/// flink_checkpoints/, logs/application.log (log4j), logs/engine.log (standard output of all processes).
class FlinkRunner : public EngineRunner {
 public:
  /// All but `options` must outlive it. `views` may be null.
  FlinkRunner(FlinkRunnerOptions options, net::EnvLookup environment, PackageViewSource* views, Clock& clock,
              Random& random, Logger logger);

  Result<EngineRecord> Launch(const std::string& folder, const JobSpec& spec, const Interruption& interrupted) override;
  Result<std::string> Stage(const std::string& folder, const EngineRecord& engine, const JobSpec& spec) override;
  Result<std::string> RunJob(const std::string& folder, const EngineRecord& engine, const JobSpec& spec,
                             const std::string& staged, const JobStart& start,
                             const Interruption& interrupted) override;
  Status RecordJob(const std::string& folder, const std::string& job_id, int64_t version) override;
  std::optional<EngineRecord> Adopt(const std::string& folder) override;
  bool Alive(const std::string& folder) override;
  /// Starts a TaskManager anew that has ended: the JobManager gives it its tasks back.
  std::string Tend(const std::string& folder) override;
  /// Of all processes but the JobManager, as AWS's containerCPUUtilization counts.
  std::optional<EngineLoad> Load(const std::string& folder) override;
  /// When the installed distribution has a newer version than the one that runs.
  std::string Outdated(const std::string& folder) override;
  Status End(const std::string& folder, bool gently) override;
  std::string LastOutput(const std::string& folder) override;
  /// Of the newest distribution that is installed; empty if none is.
  std::string PagesFolder() const { return runtimes_.PagesFolder(); }

 private:
  Result<std::string> Distribution(const FlinkDistribution& flink, const Interruption& interrupted);
  Result<FlinkCluster> Prepare(const std::string& folder, const JobSpec& spec, const FlinkDistribution& flink,
                               const std::string& distribution);
  void LimitResources(FlinkCluster* cluster);
  Result<ProcessIdentity> StartProcess(const std::string& folder, const FlinkCluster& cluster,
                                       const std::vector<std::string>& command);
  Status StartProcesses(const std::string& folder, FlinkCluster* cluster);
  Status EndProcesses(const FlinkCluster& cluster, bool gently);
  Status AwaitRest(const std::string& folder, const FlinkCluster& cluster, const Interruption& interrupted);
  Status SubmitByClient(const std::string& folder, const JobSpec& spec, const std::string& staged,
                        const JobStart& start, const Interruption& interrupted);

  FlinkRunnerOptions options_;
  RuntimeStore runtimes_;
  net::EnvLookup environment_;
  PackageViewSource* views_;
  Clock& clock_;
  Random& random_;
  Logger logger_;
  std::atomic<bool> told_about_limits_ = false;
};

}  // namespace sluice::service
