// The SQL packages that were uploaded, as files of a folder: <uuid>_<name>.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "engine/job/server/engine_control.h"

namespace sluice::engine::server {

/// The SQL script of a package: the bytes of a .sql file, or the one .sql file of a zip (several: the one named
/// "main.sql" or "application.sql"). kValidation with what was found, if there is none.
Result<std::string> ScriptOfPackage(const std::string& name, std::string_view bytes);

/// Thread-safe. What was uploaded to the folder by an earlier process is there again.
class PackageStore {
 public:
  PackageStore(std::string folder, Random& random) : folder_(std::move(folder)), random_(random) {}

  /// Refuses bytes without a script. Answers the file's path.
  Result<std::string> Add(const std::string& name, std::string_view bytes);
  /// Newest first.
  std::vector<PackageFacts> List() const;
  Status Delete(const std::string& id);
  Result<std::string> Script(const std::string& id) const;

 private:
  Result<std::string> PathOf(const std::string& id) const;
  std::string folder_;
  Random& random_;
  mutable std::mutex mutex_;
};

}  // namespace sluice::engine::server
