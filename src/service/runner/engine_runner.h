// What starts and ends engines: one interface for the native engine and for Apache Flink.
// An engine is a process (or cluster) of its own that answers Flink's REST API; it outlives the service.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/url.h"
#include "service/runner/job_control.h"
#include "service/runner/job_spec.h"

namespace sluice::service {

/// What the service remembers of an engine, in a file of the application's folder.
struct EngineRecord {
  std::string rest_url;  // empty while the engine is coming up
  std::string job_id;    // empty before a job was submitted
  int64_t version = 0;   // of the application that the job runs
  bool shared = false;   // a cluster that others use too: only our job in it is ours
};

/// What an engine has used of the processors.
struct EngineLoad {
  std::string processes;   // which they are: another text when one of them was replaced, and `cpu_seconds` began anew
  double cpu_seconds = 0;  // since they were started, all together
};

/// How a job is to begin.
struct JobStart {
  std::string job_id;                   // 32 hex digits, chosen by us
  std::vector<std::string> savepoints;  // absolute; one for each job of the program
  bool allow_non_restored = false;
  /// The job ran before under this id and goes on from its last checkpoint, if it has one.
  bool same_job = false;
  std::chrono::milliseconds timeout{300'000};  // until main() has returned
};

/// Asked now and then; once true the call gives up with kCancelled.
using Interruption = std::function<bool()>;

class EngineRunner {
 public:
  virtual ~EngineRunner() = default;

  /// Starts an engine for the application whose folder this is and waits until its REST API answers. An engine that was
  /// left there before is ended first. On failure no engine is left. One thread per folder.
  virtual Result<EngineRecord> Launch(const std::string& folder, const JobSpec& spec,
                                      const Interruption& interrupted) = 0;

  /// Brings the program to the engine; the id to run it by. Here: an upload through the REST API.
  virtual Result<std::string> Stage(const std::string& folder, const EngineRecord& engine, const JobSpec& spec);

  /// Runs what was staged; the job's id. Here: through the REST API.
  virtual Result<std::string> RunJob(const std::string& folder, const EngineRecord& engine, const JobSpec& spec,
                                     const std::string& staged, const JobStart& start, const Interruption& interrupted);

  /// Remembers the job, so that a service that is started again finds it.
  virtual Status RecordJob(const std::string& folder, const std::string& job_id, int64_t version) = 0;

  /// The engine of the folder if it is alive and known to be the one that was started for it.
  virtual std::optional<EngineRecord> Adopt(const std::string& folder) = 0;
  virtual bool Alive(const std::string& folder) = 0;

  /// Called at each look at a running job: brings back parts of the engine that were lost where the job goes on by
  /// itself then; what was brought back in words, empty if nothing was.
  virtual std::string Tend(const std::string& /*folder*/) { return ""; }

  /// Of the processes that do the job's work; nothing where they are not ours to look at. Any thread.
  virtual std::optional<EngineLoad> Load(const std::string& /*folder*/) { return std::nullopt; }

  /// Whether a running job's parallelism can be changed through its resource requirements.
  virtual bool RescalesInPlace(const std::string& /*folder*/) { return false; }

  /// Why the engine that runs there should make room for a newer one, in words; empty if it should not.
  virtual std::string Outdated(const std::string& /*folder*/) { return ""; }

  /// How its jobs are asked and told. Null if the record is of no use. Here: the REST API.
  virtual std::unique_ptr<JobControl> Control(const std::string& folder, const EngineRecord& engine);

  /// Ends the engine and everything it started, also one that was never recorded; returns when it is gone. Fine if
  /// there is none. Gives it `gently` some seconds to clean up. Any thread.
  virtual Status End(const std::string& folder, bool gently) = 0;

  /// The last lines that the engine wrote to its standard output and error.
  virtual std::string LastOutput(const std::string& folder) = 0;
};

/// The end of a text file; empty if there is none.
std::string TailOf(const std::string& path);

}  // namespace sluice::service
