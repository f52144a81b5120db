// The job master's insides, for its own files: job_master.cc (control thread, what callers ask), job_attempts.cc (runs
// of the job, failures, rescaling), job_master_facts.cc (status, history).
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "engine/runtime/checkpoint_driver.h"
#include "engine/runtime/job_master.h"
#include "engine/runtime/restart_strategy.h"

namespace sluice::engine {

class Master;

/// One run of the graph, and the ear that listens to it.
class Attempt final : public JobListener {
 public:
  Attempt(Master& master, int number) : master_(master), number_(number) {}
  void OnJobStatus(JobStatus status, int64_t now_ms) override;
  void OnFailure(const Error& error, int64_t now_ms) override;
  void OnSubtaskAck(SubtaskAck ack) override;
  void OnDecline(int64_t checkpoint_id, const Error& error) override;
  void OnFinalCheckpointWanted() override;
  void OnAllOpen(int64_t now_ns) override;

  int number() const { return number_; }

  RestorePoint start;          // what it was restored from
  JobRestore restore;          // refers to `start`
  int64_t own_checkpoint = 0;  // `start` is the job's own checkpoint with this id
  JobGraph graph;              // as it runs
  std::unique_ptr<Job> job;    // last: its end is waited for first

 private:
  Master& master_;
  const int number_;
};

/// What is done where:
///   control thread   everything that the names without a lock below are used by
///   callers          orders; reading what mutex_ guards
///   worker threads   leave notes (Post); without a control thread they end a plain job (see Deliver)
/// A Job is never called with mutex_ held: it tells its status with its own lock held.
class Master final : public JobMaster {
 public:
  Master(std::string job_id, JobGraph graph, JobConfig config, JobMasterEnvironment environment)
      : job_id_(std::move(job_id)),
        graph_(std::move(graph)),
        max_parallelism_(graph_.max_parallelism),
        config_(std::move(config)),
        env_(std::move(environment)),
        strategy_(config_.restart, *env_.random),
        driver_(job_id_, config_.checkpoints, env_,
                {[this](const Error& error) { FailAttempt(error); }, [this] { Cancel(); },
                 [this](Result<RestorePoint> snapshot) { OnRescaleSnapshot(std::move(snapshot)); },
                 [this](const std::string& line) { Note(line, true); }}) {
    status_times_[static_cast<size_t>(JobStatus::kInitializing)] = env_.clock->NowMs();
    for (const JobVertex& vertex : graph_.vertices) uids_.push_back(vertex.uid);
  }
  ~Master() override;

  Status Prepare(bool resume);

  void Start() override;
  void Cancel() override { CancelWith(false); }
  void Abandon() override { CancelWith(true); }
  void Stop() override;
  JobStatus Wait() override;
  JobStatus status() const override {
    std::lock_guard lock(mutex_);
    return status_;
  }
  std::optional<Error> failure() const override {
    std::lock_guard lock(mutex_);
    return failure_;
  }
  JobSnapshot Snapshot() const override;
  StatusTimes status_times() const override {
    std::lock_guard lock(mutex_);
    return status_times_;
  }
  JobHistory History() const override;

  const JobConfig& config() const override { return config_; }
  int max_parallelism() const override { return max_parallelism_; }
  CheckpointStatistics Checkpoints() const override { return driver_.Facts(); }
  std::optional<CheckpointFacts> FindCheckpoint(int64_t id) const override { return driver_.Find(id); }
  int64_t TriggerCheckpoint() override;
  Result<int64_t> TriggerSavepoint(const SavepointOrder& order) override;
  std::optional<SavepointFacts> FindOrder(int64_t order) const override { return driver_.FindOrder(order); }
  std::optional<int64_t> CheckpointOfOrder(int64_t order) const override { return driver_.CheckpointOfOrder(order); }
  Status UpdateParallelism(const std::map<std::string, int>& parallelism) override;
  Status UpdateParallelism(int parallelism) override;

  // --- notes from the attempts
  void Deliver(std::function<void()> note);
  void OnAttemptStatus(int number, JobStatus status, int64_t now_ms);
  void OnAttemptFailure(int number, const Error& error, int64_t now_ms);
  void OnAllOpen(int number, int64_t now_ns);
  CheckpointDriver* driver_for(int number) { return IsCurrent(number) ? &driver_ : nullptr; }

 private:
  bool IsCurrent(int number) const { return attempt_ != nullptr && attempt_->number() == number; }
  bool plain() const {
    return config_.checkpoints.interval_ms == std::nullopt && config_.restart.kind == RestartKind::kNone;
  }
  /// From any thread; `start`: the control thread is started for it if there is none.
  void Post(std::function<void()> note, bool start = true);
  void Loop();
  int64_t WakeAtMs() const;
  void Tick();

  Result<std::shared_ptr<Attempt>> MakeAttempt();
  Status ChooseStart(Attempt& attempt);
  void RunAttempt();
  void StartAttempt(std::shared_ptr<Attempt> next);
  void AttemptEnded(JobStatus status, int64_t now_ms);
  void DecideOnFailure(const Error& error, int64_t now_ms);
  void FailAttempt(const Error& error);
  void OnRescaleSnapshot(Result<RestorePoint> snapshot);
  void Rescale(const std::function<bool(JobVertex&)>& change);
  void PlaceRescale();
  void CancelWith(bool keep_checkpoints);
  bool KeepsCheckpoints(JobStatus end) const;
  void End(JobStatus status, int64_t now_ms);
  bool cancelled() const {
    std::lock_guard lock(mutex_);
    return cancelled_;
  }
  void SetStatus(JobStatus status, int64_t now_ms);
  void Remember(const Error& error, int64_t now_ms);
  void Note(const std::string& line, bool problem) const {
    if (env_.on_note) env_.on_note(line, problem);
  }

  const std::string job_id_;
  JobGraph graph_;  // with the wanted parallelism; the control thread's
  std::vector<std::string> uids_;
  std::atomic<int> max_parallelism_;
  const JobConfig config_;
  const JobMasterEnvironment env_;

  // --- the control thread's (before it runs: the creator's)
  RestartStrategy strategy_;
  CheckpointDriver driver_;
  bool resume_ = false;
  int attempts_ = 0;
  std::shared_ptr<Attempt> attempt_;  // written under mutex_
  bool attempt_live_ = false;         // it has not reached a terminal status
  bool suppressed_ = false;           // its failure is not followed by a restart
  std::optional<int64_t> restart_at_ms_;
  std::optional<Error> imposed_failure_;       // the master itself ends the attempt by it
  std::optional<RestorePoint> initial_;        // of config_.restore
  std::shared_ptr<Attempt> next_attempt_;      // of another parallelism, starts when the current one has ended
  std::optional<RestorePoint> rescale_point_;  // the next attempt starts from it
  std::optional<JobGraph> rescale_graph_;      // under way to it

  mutable std::mutex mutex_;  // of what follows
  mutable std::condition_variable changed_;
  JobStatus status_ = JobStatus::kInitializing;
  StatusTimes status_times_{};
  std::optional<Error> failure_;
  int64_t failure_ms_ = 0, start_ms_ = 0, end_ms_ = -1, running_since_ms_ = 0, down_since_ms_ = 0;
  std::deque<FailureFacts> failures_;
  bool failures_truncated_ = false;
  int64_t restarts_ = 0;
  int rescales_ = 0;
  int64_t rescale_gap_us_ = 0;
  bool cancelled_ = false, keep_checkpoints_ = false, started_ = false;

  std::mutex notes_mutex_;
  std::condition_variable notes_changed_;
  std::deque<std::function<void()>> notes_;
  bool controlled_ = false;  // the control thread runs
  bool ended_ = false;       // no more notes are taken; under notes_mutex_
  std::thread control_;
};

}  // namespace sluice::engine
