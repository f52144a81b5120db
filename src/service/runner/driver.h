// The thread that looks after one application; a part of the supervisor.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "service/runner/application_log.h"
#include "service/runner/flink_client.h"
#include "service/runner/supervisor.h"

namespace sluice::service {

class Supervisor::Driver {
 public:
  Driver(Supervisor& supervisor, std::string name, std::string arn);
  ~Driver();

  /// Hands the driver its next work; what it does now gives up at its next step. `resume`: an earlier service may have
  /// done a part of it already.
  void Assign(LifecycleAction action, bool resume);
  /// Makes the thread end; the engine is left alone.
  void Close();

 private:
  enum class Outcome { kUp, kFailed, kFinished, kInterrupted };

  void Loop();
  void Work(LifecycleAction action, bool resume);

  void Start(bool resume);
  void Restart();
  void Stop();
  void Kill();
  void Remove();
  void Watch();

  /// `resume`: an earlier service may have done it already. `same_job`: the job goes on from its last checkpoint.
  Outcome BringUp(bool resume, bool same_job);
  Status Submit(const JobSpec& spec, bool same_job);
  /// The id of the job that this version of the application runs as: kept in a file over restarts of engine and
  /// service, so that the engine finds the job's checkpoints again.
  Result<std::string> JobId(int64_t version, bool same_job);
  Outcome AwaitUp(int64_t version);
  void Settle(Outcome outcome);
  /// Brings the job up again after it was lost; false when that was given up or interrupted.
  bool Recover(const std::string& why);
  void StopJob();
  Status StopEachJob(const FlinkClient& client);
  void RecordLoss(const std::string& why);

  /// Tells the state machine; a status that says "no engine" is reported only after the engine has ended.
  bool Report(ApplicationEvent event);
  void EndEngine(bool gently);
  void EndOperations(const std::string& status, const std::string& error);
  bool IsUp();
  bool Interrupted();
  /// Waits; false if new work or the end came in between.
  bool Pause(std::chrono::milliseconds duration);
  std::optional<FlinkClient> Client();
  std::string ExceptionText(const std::string& job_id);

  Supervisor& supervisor_;
  const std::string name_;
  const std::string account_;
  const std::string folder_;
  ApplicationLog log_;
  Logger logger_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<LifecycleAction> next_;
  bool next_resumes_ = false;
  bool closed_ = false;

  // Of the driver's thread only.
  std::optional<EngineRecord> engine_;
  std::string failure_;  // why the last start failed
  bool watching_ = false;
  int attempts_ = 0;
  int64_t version_ = 0;
  std::string last_state_;
  int64_t last_seen_ns_ = 0;
  int64_t up_since_ns_ = 0;

  std::thread thread_;
};

}  // namespace sluice::service
