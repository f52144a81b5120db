// The job of a FlinkDeployment, through the objects that Flink's Kubernetes operator watches and keeps up to date.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "service/runner/job_control.h"
#include "service/runner/kubectl.h"

namespace sluice::service {

/// Which FlinkDeployment, and where its savepoints go.
struct KubernetesJob {
  std::string name;
  std::string name_space;
  std::string savepoints;  // URI of a folder
  std::string work_file;   // for manifests on their way
};

class KubernetesJobs : public JobControl {
 public:
  KubernetesJobs(Kubectl kubectl, KubernetesJob job) : kubectl_(std::move(kubectl)), job_(std::move(job)) {}

  /// The FlinkDeployment as Kubernetes has it.
  Result<boost::json::object> Deployment() const;

  Result<std::vector<FlinkJob>> Jobs() const override;
  /// RUNNING when the operator says so of the job and of its JobManager. FINISHED when it is suspended.
  Result<FlinkJob> AllJobs() const override;
  /// What the operator has to say.
  Result<std::string> RootException(const std::string& job_id) const override;
  Result<std::string> Plan(const std::string& job_id) const override;
  Status Cancel(const std::string& job_id) const override;
  /// A FlinkStateSnapshot, or savepointTriggerNonce where the operator is older than 1.10; with `stop` the job is
  /// suspended behind a savepoint. They go to the folder of the application's stateUri.
  Status TriggerSavepoint(const std::string& job_id, const std::string& folder, const std::string& trigger_id,
                          bool stop) const override;
  Result<FlinkSavepoint> Savepoint(const std::string& job_id, const std::string& trigger_id) const override;

 private:
  Status Patch(const boost::json::object& patch) const;
  std::string SnapshotName(const std::string& trigger_id) const;
  Result<FlinkSavepoint> StopSavepoint(const boost::json::object& deployment) const;

  Kubectl kubectl_;
  KubernetesJob job_;
};

/// The job's state and id out of a FlinkDeployment; Flink's words for states. Pure.
FlinkJob JobOf(const boost::json::object& deployment);

/// What `status.error` says, its causes first; empty if there is none. Pure.
std::string DeploymentError(const boost::json::object& deployment);

}  // namespace sluice::service
