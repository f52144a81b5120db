// What starts and ends engines: one interface for the native engine and for Apache Flink.
// An engine is a process (or cluster) of its own that answers Flink's REST API; it outlives the service.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "net/url.h"

namespace sluice::service {

/// What the service remembers of an engine, in a file of the application's folder.
struct EngineRecord {
  std::string rest_url;  // empty while the engine is coming up
  std::string job_id;    // empty before a job was submitted
  int64_t version = 0;   // of the application that the job runs
};

class EngineRunner {
 public:
  virtual ~EngineRunner() = default;

  /// Starts an engine for the application whose folder this is and waits until its REST API answers. An engine that was
  /// left there before is ended first. `interrupted` is asked now and then; once true the call gives up with
  /// kCancelled. On failure no engine is left. One thread per folder.
  virtual Result<EngineRecord> Launch(const std::string& folder, const std::function<bool()>& interrupted) = 0;

  /// Remembers the job, so that a service that is started again finds it.
  virtual Status RecordJob(const std::string& folder, const std::string& job_id, int64_t version) = 0;

  /// The engine of the folder if it is alive and known to be the one that was started for it.
  virtual std::optional<EngineRecord> Adopt(const std::string& folder) = 0;
  virtual bool Alive(const std::string& folder) = 0;

  /// Ends the engine and everything it started, also one that was never recorded; returns when it is gone. Fine if
  /// there is none. Gives it `gently` some seconds to clean up. Any thread.
  virtual Status End(const std::string& folder, bool gently) = 0;

  /// The last lines that the engine wrote to its standard output and error.
  virtual std::string LastOutput(const std::string& folder) = 0;
};

}  // namespace sluice::service
