// Jobs on a session cluster of Apache Flink that somebody else looks after, by its URL: only the job is ours.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "service/runner/engine_runner.h"
#include "service/runner/flink_submission.h"
#include "service/runner/package_view.h"
#include "service/runtimes/runtime_store.h"

namespace sluice::service {

struct FlinkSessionOptions {
  std::string runtimes_folder;                        // for Flink's own clients of SQL and Python
  std::chrono::milliseconds leave_timeout{60'000};    // until a cancelled job has ended
  std::chrono::milliseconds answer_timeout{10'000};   // of the cluster, at a start
  std::chrono::milliseconds lost_after{20'000};       // of silence: as long it may be busy
  std::chrono::milliseconds return_timeout{300'000};  // of a cluster that was lost
};

/// JARs, SQL and Python. The cluster's TaskManagers must see the service's data folder, where snapshots and checkpoints
/// are; for Python functions they need Python with PyFlink. Files in an application's folder: flink_session.json,
/// flink/ (the clients'), flink_checkpoints/.
class FlinkSessionRunner : public EngineRunner {
 public:
  /// `views`, which may be null, is what Python's main() gets to see; it and `clock` must outlive the runner.
  FlinkSessionRunner(FlinkSessionOptions options, net::EnvLookup environment, PackageViewSource* views, Clock& clock)
      : options_(std::move(options)), environment_(std::move(environment)), views_(views), clock_(clock) {}

  Result<EngineRecord> Launch(const std::string& folder, const JobSpec& spec, const Interruption& interrupted) override;
  Result<std::string> Stage(const std::string& folder, const EngineRecord& engine, const JobSpec& spec) override;
  Result<std::string> RunJob(const std::string& folder, const EngineRecord& engine, const JobSpec& spec,
                             const std::string& staged, const JobStart& start,
                             const Interruption& interrupted) override;
  Status RecordJob(const std::string& folder, const std::string& job_id, int64_t version) override;
  std::optional<EngineRecord> Adopt(const std::string& folder) override;
  /// Whether the cluster answers, or has done so a moment ago.
  bool Alive(const std::string& folder) override;
  /// Cancels the job and waits until it has ended, unless the cluster does not answer.
  Status End(const std::string& folder, bool gently) override;
  std::string LastOutput(const std::string& folder) override;

 private:
  /// In the application's log: its properties, which only processes of ours would see.
  void TellWhatIsMissing(const std::string& folder, const JobSpec& spec) const;
  /// SQL and Python, by Flink's own clients on this machine.
  Result<std::string> RunByClient(const std::string& folder, const EngineRecord& engine, const JobSpec& spec,
                                  const std::string& staged, const JobStart& start, const Interruption& interrupted);
  /// Makes the client's folder.
  Result<FlinkClientPlace> ClientPlace(const std::string& folder, const net::Url& cluster,
                                       const FlinkDistribution& flink, const JobSpec& spec);

  FlinkSessionOptions options_;
  net::EnvLookup environment_;
  PackageViewSource* views_;
  Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, int64_t> silent_since_ns_;  // by folder
};

}  // namespace sluice::service
