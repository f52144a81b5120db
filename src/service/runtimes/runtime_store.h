// The distributions of Apache Flink on this machine: <folder>/FLINK-2_3/{lib,opt,plugins,licenses}. Assembled from
// files of registries; complete as soon as the folder has its name, also after a crash at any moment.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "net/aws/credentials.h"
#include "service/runtimes/registry_files.h"

namespace sluice::service {

struct InstalledRuntime {
  std::string runtime;  // "FLINK-2_3"
  std::string version;  // "2.3.0"
  std::string folder;
  int64_t bytes = 0;
};

/// Any thread, any process: an installation takes a lock of its runtime.
class RuntimeStore {
 public:
  RuntimeStore(std::string folder, net::EnvLookup environment)
      : folder_(std::move(folder)), environment_(std::move(environment)) {}

  const std::string& folder() const { return folder_; }

  /// The folder of a runtime that is complete; kNotFound says how to install it.
  Result<std::string> Find(const FlinkDistribution& flink) const;
  /// Fetches and assembles it, unless it is there. What an interrupted call has fetched is used by the next.
  Result<std::string> Install(const FlinkDistribution& flink, const FetchProgress& progress) const;
  std::vector<InstalledRuntime> List(bool with_sizes = true) const;
  /// Where the newest distribution has Flink's web pages; empty if there is none.
  std::string PagesFolder() const;

 private:
  Status Assemble(const FlinkDistribution& flink, const FetchProgress& progress, const std::string& into) const;

  std::string folder_;
  net::EnvLookup environment_;
};

/// The JARs of a folder, sorted: the order of a class path.
Result<std::vector<std::string>> JarsIn(const std::string& folder);

}  // namespace sluice::service
