// What to run for one version of an application. The API layer knows how to read it out of the stored description.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "service/store/application_store.h"

namespace sluice::service {

enum class EngineKind : uint8_t { kNative, kFlink, kKubernetes };
enum class ProgramKind : uint8_t { kSql, kJar, kPython };

struct JobSpec {
  std::string name;  // the application's
  std::string arn;
  std::string role;     // ARN of the execution role
  std::string runtime;  // "FLINK-2_3"
  int64_t version = 1;
  EngineKind engine = EngineKind::kNative;
  ProgramKind program = ProgramKind::kSql;
  std::string package_name;  // "orders.sql"
  std::string package;       // the SQL; empty for other programs
  std::string package_file;  // where the JAR or the zip of a Python program is
  std::string entry_class;   // of a JAR; empty: the one that its manifest names
  std::vector<std::string> program_args;
  std::map<std::string, std::string> python;       // the group kinesis.analytics.flink.run.options
  std::string cluster_url;                         // a Flink cluster that is there already; empty: one of our own
  std::map<std::string, std::string> run_options;  // the whole group sluice.run.options
  int parallelism = 1;
  int parallelism_per_kpu = 1;
  std::string log_level = "INFO";                    // LogLevel
  std::map<std::string, std::string> configuration;  // Flink options, as Flink 2.3 spells them
  std::map<std::string, std::string> own_options;    // those of the owner among them
  std::string application_properties;                // the JSON of /etc/flink/application_properties.json
};

/// What the current version says of the application's life.
struct LifecycleSettings {
  std::string runtime;              // "FLINK-2_3"
  bool snapshots = false;           // one at each stop and update
  bool standing_snapshots = false;  // … that outlive the application (SnapshotMode ENHANCED_SNAPSHOTS)
  bool system_rollback = false;     // back to the version before when a new one does not start
  bool autoscaling = false;         // AutoScalingEnabled
  int64_t parallelism = 1;          // as configured
  int64_t parallelism_per_kpu = 1;
  std::string metrics_level;  // MetricsLevel; empty: APPLICATION
};

class JobSpecSource {
 public:
  virtual ~JobSpecSource() = default;
  /// For the application's current version. Any thread.
  virtual Result<JobSpec> SpecFor(const ApplicationRow& row) = 0;
  virtual Result<LifecycleSettings> SettingsFor(const ApplicationRow& row) = 0;
};

}  // namespace sluice::service
