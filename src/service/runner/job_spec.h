// What to run for one version of an application. The API layer knows how to read it out of the stored description.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "service/store/application_store.h"

namespace sluice::service {

struct JobSpec {
  std::string arn;
  int64_t version = 1;
  std::string package_name;  // "orders.sql"
  std::string package;       // its bytes
  int parallelism = 1;
  std::map<std::string, std::string> configuration;  // Flink options
  std::string application_properties;                // the JSON of /etc/flink/application_properties.json
};

/// What the current version says of the application's life.
struct LifecycleSettings {
  std::string runtime;              // "FLINK-2_3"
  bool snapshots = false;           // one at each stop and update
  bool standing_snapshots = false;  // … that outlive the application (SnapshotMode ENHANCED_SNAPSHOTS)
  bool system_rollback = false;     // back to the version before when a new one does not start
};

class JobSpecSource {
 public:
  virtual ~JobSpecSource() = default;
  /// For the application's current version. Any thread.
  virtual Result<JobSpec> SpecFor(const ApplicationRow& row) = 0;
  virtual Result<LifecycleSettings> SettingsFor(const ApplicationRow& row) = 0;
};

}  // namespace sluice::service
