// One attempt of a job whose checkpoints are taken by hand.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "engine/job/stest/source_gate.h"
#include "engine/runtime/job.h"

namespace sluice::engine::stest {

/// Methods are called by one thread. Dropping it drops the job, wherever it is.
class Attempt : private JobListener {
 public:
  enum class Event : uint8_t { kGateClosed, kFinalWanted, kEnded, kTimeout };

  /// `deadline_ns` is monotonic: nothing waits longer.
  Attempt(Clock& clock, int64_t deadline_ns) : clock_(clock), deadline_ns_(deadline_ns), gate_(mutex_, changed_) {}
  ~Attempt() override { job_.reset(); }

  /// The gate that the graph's sources are to stand behind.
  SourceGate& gate() { return gate_; }
  /// `restore` may be null, else its reader outlives the attempt.
  Status Start(JobGraph graph, WorkerPool& workers, StateBackendFactory make_state, const JobRestore* restore);
  /// The next thing to happen. kFinalWanted is told once.
  Event Await();
  /// Takes a checkpoint up to its manifest; nullopt if the job ends or the time is over before.
  Result<std::optional<CheckpointManifest>> Checkpoint(int64_t id, BarrierMode mode, CheckpointStorage& storage);
  void Confirm(int64_t id) { job_->ConfirmCheckpoint(id); }
  /// How the job ended; the error that made it fail.
  Status Outcome();

 private:
  void OnJobStatus(JobStatus status, int64_t now_ms) override;
  void OnSubtaskAck(SubtaskAck ack) override;
  void OnDecline(int64_t checkpoint_id, const Error& error) override;
  void OnFinalCheckpointWanted() override;

  Clock& clock_;
  const int64_t deadline_ns_;
  std::mutex mutex_;
  std::condition_variable changed_;
  SourceGate gate_;
  bool ended_ = false, final_wanted_ = false;
  int64_t checkpoint_ = 0;
  CheckpointManifest manifest_;
  size_t missing_ = 0;  // acknowledgements
  std::optional<Error> declined_;
  std::unique_ptr<Job> job_;
};

}  // namespace sluice::engine::stest
