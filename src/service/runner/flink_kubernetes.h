// An application as objects of Kubernetes, for Flink's own operator (flink.apache.org/v1beta1): application mode, a
// cluster for the one job. Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "service/runner/flink_plan.h"
#include "service/runner/job_spec.h"

namespace sluice::service {

struct KubernetesOptions {
  std::string image;                      // empty: Flink's own of the version
  std::string name_space = "default";     // of Kubernetes
  std::string service_account = "flink";  // the operator's default for jobs
  std::string jar_uri;                    // where the job's pods find the package: s3://…, local:///…
  std::string state_uri;                  // folder for checkpoints and savepoints that all pods reach: s3://…
  std::string savepoint;                  // to start from; empty: from nothing
  bool allow_non_restored = false;
  int64_t restart_nonce = 0;  // another one than before: the job is restarted from its last state
  FlinkLimits limits;
};

/// Those that the group sluice.run.options names: jarUri, stateUri, namespace, image, serviceAccount.
KubernetesOptions KubernetesOptionsOf(const JobSpec& spec, const FlinkLimits& limits);

/// One JSON document, a List of a ConfigMap (the runtime properties) and a FlinkDeployment, for `kubectl apply -f -`.
/// kNotSupported for programs that are no JARs and for runtimes that the operator does not know; kInvalidArgument when
/// jar_uri or state_uri is missing.
Result<std::string> KubernetesManifest(const JobSpec& spec, const KubernetesOptions& options);

/// A FlinkStateSnapshot (JSON) that asks the operator for a savepoint of the deployment's job below `folder`.
std::string KubernetesSnapshot(const std::string& name, const std::string& name_space, const std::string& deployment,
                               const std::string& folder);

/// A name for Kubernetes: lower case, digits and '-', begins with a letter, at most 45 characters (the operator's
/// limit). Names that differ in what is lost get different endings.
std::string KubernetesName(const std::string& application);

}  // namespace sluice::service
