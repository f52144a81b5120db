// Puts a cluster of Apache Flink together, up to the commands of its processes; starts nothing.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "service/runner/flink_cluster.h"
#include "service/runner/flink_plan.h"
#include "service/runner/package_view.h"
#include "service/runtimes/java_runtime.h"

namespace sluice::service {

/// Below an application's folder.
std::string FlinkCheckpointFolder(const std::string& folder);
/// What lies in it has been uploaded to the JobManager.
std::string FlinkUploadFolder(const std::string& folder);

/// The distribution's JARs in the order that Flink's own scripts have: flink-dist last, as what it bundles must not
/// stand before the separate JARs.
std::string FlinkClassPath(const std::vector<std::string>& jars);

/// What tells Flink's programs where the parts of `distribution` are.
std::vector<std::string> DistributionEnvironment(const std::string& distribution);
/// The beginning of a command of one of Flink's programs, up to the options of its own: the view's launcher, java, what
/// this version of Java needs, logging by `log_configuration`, `temporary` files, the view's options.
std::vector<std::string> JavaCommand(const PackageView& view, const JavaRuntime& java,
                                     const std::string& log_configuration, const std::string& temporary);

/// Writes <folder>/flink (configuration, temporary files; what was there is removed) and makes the folders of logs and
/// checkpoints. `distribution` is where the runtime is installed. The ports are free now; somebody may take them before
/// the JobManager does.
Result<FlinkCluster> ComposeFlinkCluster(const std::string& folder, const JobSpec& spec, const FlinkDistribution& flink,
                                         const std::string& distribution, const JavaRuntime& java, PackageView view,
                                         const FlinkLimits& limits, const std::string& token);

}  // namespace sluice::service
