// Applications on Kubernetes: Flink's own operator starts, watches and restarts them (application mode); this hands it
// the objects and reads what it writes into them. docs/design/apache_flink.md, "Kubernetes".
#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"
#include "service/runner/engine_runner.h"
#include "service/runner/flink_plan.h"
#include "service/runner/kubectl.h"
#include "service/runner/kubernetes_jobs.h"

namespace sluice::service {

struct KubernetesRunnerOptions {
  std::string kubectl = "kubectl";
  FlinkLimits limits;
  std::chrono::milliseconds poll_interval{1'000};
  std::chrono::milliseconds delete_timeout{120'000};
};

/// JARs. Files in an application's folder: kubernetes.json (which FlinkDeployment), kubernetes/ (manifests as applied).
/// Snapshots lie where stateUri says: the service knows their URIs.
class KubernetesRunner : public EngineRunner {
 public:
  /// `clock` must outlive it.
  KubernetesRunner(KubernetesRunnerOptions options, Clock& clock)
      : options_(std::move(options)), kubectl_(options_.kubectl), clock_(clock) {}

  /// Makes sure that there is a cluster with the operator's kinds; an object that is there is changed by RunJob.
  Result<EngineRecord> Launch(const std::string& folder, const JobSpec& spec, const Interruption& interrupted) override;
  /// Nothing: the pods find the package themselves.
  Result<std::string> Stage(const std::string& folder, const EngineRecord& engine, const JobSpec& spec) override;
  /// Applies the manifest; returns when the operator has a job. The id is the operator's.
  Result<std::string> RunJob(const std::string& folder, const EngineRecord& engine, const JobSpec& spec,
                             const std::string& staged, const JobStart& start,
                             const Interruption& interrupted) override;
  Status RecordJob(const std::string& folder, const std::string& job_id, int64_t version) override;
  std::optional<EngineRecord> Adopt(const std::string& folder) override;
  /// Whether the object is there, as far as one can know.
  bool Alive(const std::string& folder) override;
  std::unique_ptr<JobControl> Control(const std::string& folder, const EngineRecord& engine) override;
  /// Deletes the objects; the operator ends what belongs to them. Savepoints stay.
  Status End(const std::string& folder, bool gently) override;
  std::string LastOutput(const std::string& folder) override;

 private:
  struct Known;  // what kubernetes.json holds

  static std::optional<Known> LoadKnown(const std::string& folder);
  static Status Save(const std::string& folder, const Known& known);
  KubernetesJobs JobsOf(const std::string& folder, const Known& known) const;
  Status Delete(const Known& known) const;
  Result<std::string> AwaitJob(const KubernetesJobs& jobs, std::chrono::milliseconds timeout,
                               const Interruption& interrupted);

  KubernetesRunnerOptions options_;
  Kubectl kubectl_;
  Clock& clock_;
};

}  // namespace sluice::service
