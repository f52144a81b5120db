// What the processes of one application get to see beside their engine's own options: properties, credentials, AWS's
// hosts. The engine's runner asks for it before it starts them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "service/runner/job_spec.h"

namespace sluice::service {

struct PackageView {
  std::vector<std::string> launcher;     // stands before each command: PROGRAM ARGUMENTS… follow
  std::vector<std::string> environment;  // "NAME=value"; of JobManager, TaskManagers and clients
  std::vector<std::string> jvm_options;
  std::map<std::string, std::string> flink_options;  // stand behind the service's own and before the owner's
};

class PackageViewSource {
 public:
  virtual ~PackageViewSource() = default;
  /// `folder` is the application's. Called at each launch; any thread.
  virtual Result<PackageView> ViewFor(const std::string& folder, const JobSpec& spec) = 0;
};

}  // namespace sluice::service
