// Runs the native engine: `<program> engine --listen 127.0.0.1:0 --port-file … --data … --properties …`.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "service/runner/engine_runner.h"
#include "service/runner/log_rotation.h"
#include "service/runner/process.h"

namespace sluice::service {

struct NativeRunnerOptions {
  /// A program that takes the path of the runtime properties and a command, and becomes that command with the
  /// properties where applications look for them (`sluice enter --properties`). Empty: the command is started as it is.
  std::vector<std::string> launcher;
  std::vector<std::string> command;                  // the program and what stands before the options
  std::chrono::milliseconds launch_timeout{60'000};  // until the REST API answers
  std::chrono::milliseconds end_grace{5'000};        // between SIGTERM and SIGKILL
  LogLimits logs;
};

/// Files in an application's folder: engine.json (identity, token, job, program), engine.port, logs/engine.log.
class NativeRunner : public EngineRunner {
 public:
  /// `clock` and `random` must outlive it.
  NativeRunner(NativeRunnerOptions options, Clock& clock, Random& random)
      : options_(std::move(options)), clock_(clock), random_(random) {}

  Result<EngineRecord> Launch(const std::string& folder, const JobSpec& spec, const Interruption& interrupted) override;
  Status RecordJob(const std::string& folder, const std::string& job_id, int64_t version) override;
  std::optional<EngineRecord> Adopt(const std::string& folder) override;
  bool Alive(const std::string& folder) override;
  /// Keeps the application's logs small.
  std::string Tend(const std::string& folder) override;
  std::optional<EngineLoad> Load(const std::string& folder) override;
  bool RescalesInPlace(const std::string& folder) override;
  /// By the program's bytes: another file under the same name is another engine.
  std::string Outdated(const std::string& folder) override;
  Status End(const std::string& folder, bool gently) override;
  std::string LastOutput(const std::string& folder) override;

 private:
  Result<EngineRecord> AwaitRest(const std::string& folder, const ProcessIdentity& process,
                                 const Interruption& interrupted);
  /// The program's digest as the file is now; empty if it cannot be read.
  std::string ProgramDigest();

  NativeRunnerOptions options_;
  Clock& clock_;
  Random& random_;
  std::mutex digest_mutex_;
  std::string digest_of_;  // size and time of the file that `digest_` is of
  std::string digest_;
};

}  // namespace sluice::service
