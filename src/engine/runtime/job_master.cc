#include "engine/runtime/job_master.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "engine/runtime/checkpoint_driver.h"
#include "engine/runtime/restart_strategy.h"

namespace sluice::engine {
namespace {

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
                {[this](const Error& error) { FailAttempt(error); },
                 [this](Result<RestorePoint> snapshot) { OnRescaleSnapshot(std::move(snapshot)); },
                 [this](const std::string& line) { Note(line); }}) {
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
  void AttemptEnded(JobStatus status, int64_t now_ms);
  void DecideOnFailure(const Error& error, int64_t now_ms);
  void FailAttempt(const Error& error);
  void OnRescaleSnapshot(Result<RestorePoint> snapshot);
  void Rescale(const std::function<bool(JobVertex&)>& change);
  void PlaceRescale();
  void CancelWith(bool keep_checkpoints);
  bool KeepsCheckpoints(JobStatus end) const;
  void End(JobStatus status, int64_t now_ms);
  void SetStatus(JobStatus status, int64_t now_ms);
  void Remember(const Error& error, int64_t now_ms);
  void Note(const std::string& line) const {
    if (env_.on_note) env_.on_note(line);
  }

  const std::string job_id_;
  JobGraph graph_;  // with the wanted parallelism; the control thread's
  std::vector<std::string> uids_;
  const int max_parallelism_;
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
  std::optional<RestorePoint> rescale_point_;  // the next attempt starts from it
  std::optional<JobGraph> rescale_graph_;      // under way to it
  int64_t rescale_began_ns_ = 0;

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

void Attempt::OnJobStatus(JobStatus status, int64_t now_ms) {
  master_.Deliver([&master = master_, n = number_, status, now_ms] { master.OnAttemptStatus(n, status, now_ms); });
}
void Attempt::OnFailure(const Error& error, int64_t now_ms) {
  master_.Deliver([&master = master_, n = number_, error, now_ms] { master.OnAttemptFailure(n, error, now_ms); });
}
void Attempt::OnSubtaskAck(SubtaskAck ack) {
  auto shared = std::make_shared<SubtaskAck>(std::move(ack));
  master_.Deliver([&master = master_, n = number_, shared] {
    if (auto* driver = master.driver_for(n)) driver->Acknowledged(std::move(*shared));
  });
}
void Attempt::OnDecline(int64_t checkpoint_id, const Error& error) {
  master_.Deliver([&master = master_, n = number_, checkpoint_id, error] {
    if (auto* driver = master.driver_for(n)) driver->Declined(checkpoint_id, error);
  });
}
void Attempt::OnFinalCheckpointWanted() {
  master_.Deliver([&master = master_, n = number_] {
    if (auto* driver = master.driver_for(n)) driver->FinalWanted();
  });
}
void Attempt::OnAllOpen(int64_t now_ns) {
  master_.Deliver([&master = master_, n = number_, now_ns] { master.OnAllOpen(n, now_ns); });
}

// ---------------------------------------------------------------------------------------------- the control thread

Master::~Master() {
  Abandon();
  if (started_) Wait();
  {
    std::lock_guard lock(notes_mutex_);
    ended_ = true;
    notes_changed_.notify_all();
  }
  if (control_.joinable()) control_.join();
  attempt_.reset();  // its listener refers to us
}

void Master::Post(std::function<void()> note, bool start) {
  std::lock_guard lock(notes_mutex_);
  if (ended_ || (!controlled_ && !start)) return;
  notes_.push_back(std::move(note));
  notes_changed_.notify_all();
  if (controlled_) return;
  controlled_ = true;
  control_ = std::thread([this] { Loop(); });
}

/// From a worker. A plain job has no control thread; whoever starts one meanwhile waits for this note.
void Master::Deliver(std::function<void()> note) {
  std::lock_guard lock(notes_mutex_);
  if (ended_) return;
  if (!controlled_) return note();
  notes_.push_back(std::move(note));
  notes_changed_.notify_all();
}

int64_t Master::WakeAtMs() const { return std::min(driver_.WakeAtMs(), restart_at_ms_.value_or(INT64_MAX)); }

void Master::Loop() {
  std::unique_lock lock(notes_mutex_);
  while (!ended_) {
    while (!notes_.empty()) {
      auto note = std::move(notes_.front());
      notes_.pop_front();
      lock.unlock();
      note();
      lock.lock();
    }
    if (ended_) break;
    lock.unlock();
    Tick();
    const int64_t wake_ms = WakeAtMs();
    lock.lock();
    if (wake_ms == INT64_MIN || !notes_.empty()) continue;
    constexpr int64_t kLongestMs = int64_t{3600} * 1000;
    const int64_t wait_ms = wake_ms == INT64_MAX ? kLongestMs : std::min(kLongestMs, wake_ms - env_.clock->NowMs());
    if (wait_ms <= 0) continue;
    env_.clock->WaitUntil(lock, notes_changed_, env_.clock->MonotonicNs() + wait_ms * 1'000'000,
                          [&] { return !notes_.empty() || ended_; });
  }
}

void Master::Tick() {
  driver_.Run();
  if (restart_at_ms_ && env_.clock->NowMs() >= *restart_at_ms_) {
    restart_at_ms_.reset();
    RunAttempt();
  }
}

// --------------------------------------------------------------------------------------------------- attempts

Status Master::Prepare(bool resume) {
  resume_ = resume;
  if (!plain() || resume || !config_.restore.path.empty()) SLUICE_RETURN_IF_ERROR(driver_.OpenStore());
  if (!config_.restore.path.empty()) {
    if (!env_.open_storage) {
      return Error(ErrorCode::kNotSupported, "not supported here: starting from '" + config_.restore.path + "'");
    }
    SLUICE_ASSIGN_OR_RETURN(initial_, OpenRestorePoint(env_.open_storage, config_.restore.path));
  }
  SLUICE_ASSIGN_OR_RETURN(attempt_, MakeAttempt());
  return {};
}

Status Master::ChooseStart(Attempt& attempt) {
  if (rescale_point_) {
    attempt.start = std::move(*rescale_point_);
    rescale_point_.reset();
    attempt.restore.hold_commits = true;
    return {};
  }
  if (resume_ || driver_.has_completed()) {
    SLUICE_ASSIGN_OR_RETURN(auto newest, driver_.Newest());
    if (newest) {
      attempt.start = std::move(*newest);
      attempt.own_checkpoint = attempt.start.manifest.checkpoint_id;
      attempt.restore.may_refer = true;
      return {};
    }
  }
  if (initial_) {
    attempt.start = *initial_;
    attempt.restore.allow_non_restored = config_.restore.allow_non_restored;
  }
  return {};
}

Result<std::shared_ptr<Attempt>> Master::MakeAttempt() {
  auto attempt = std::make_shared<Attempt>(*this, ++attempts_);
  SLUICE_RETURN_IF_ERROR(ChooseStart(*attempt));
  attempt->graph = graph_;
  JobEnvironment environment;
  environment.clock = env_.clock;
  environment.workers = env_.workers;
  environment.metrics = env_.metrics;
  environment.make_state = env_.make_state;
  environment.listener = attempt.get();
  environment.checkpoints = config_.checkpoints.interval_ms.has_value();
  const bool restored = attempt->start.storage != nullptr;
  if (restored) {
    attempt->restore.manifest = std::move(attempt->start.manifest);
    attempt->restore.reader = attempt->start.storage.get();
  }
  const JobRestore* restore = restored ? &attempt->restore : nullptr;
  SLUICE_ASSIGN_OR_RETURN(attempt->job, env_.make_job ? env_.make_job(attempt->graph, environment, restore)
                                                      : Job::Create(attempt->graph, environment, restore));
  if (restored && !attempt->restore.hold_commits) {
    RestorePoint point{attempt->restore.manifest, attempt->start.storage, attempt->start.location};
    driver_.Restored(point, attempt->own_checkpoint != 0, config_.restore.claim);
    Note("job " + job_id_ + " starts from " + point.location);
  }
  return attempt;
}

void Master::RunAttempt() {
  const int64_t now_ms = env_.clock->NowMs();
  SetStatus(JobStatus::kCreated, now_ms);
  auto made = MakeAttempt();
  if (!made.ok()) {
    Remember(made.error(), now_ms);
    DecideOnFailure(made.error(), now_ms);
    if (suppressed_) End(JobStatus::kFailed, now_ms);
    return;
  }
  {
    std::lock_guard lock(mutex_);
    attempt_.swap(*made);
    ++restarts_;
  }
  made->reset();  // the last attempt; a reader's copy may outlive it
  std::shared_ptr<Attempt> attempt = attempt_;
  attempt_live_ = true;
  suppressed_ = false;
  attempt->job->Start();
  bool cancelled;
  {
    std::lock_guard lock(mutex_);
    cancelled = cancelled_;
  }
  if (cancelled) attempt->job->Cancel();
}

void Master::OnAttemptStatus(int number, JobStatus status, int64_t now_ms) {
  if (!IsCurrent(number)) return;
  if (IsTerminal(status)) return AttemptEnded(status, now_ms);
  if (status == JobStatus::kRunning) SetStatus(JobStatus::kRunning, now_ms);
  // Of FAILING and CANCELLING the master decides what they mean.
}

void Master::OnAllOpen(int number, int64_t now_ns) {
  if (!IsCurrent(number) || !attempt_live_) return;
  driver_.JobRuns(*attempt_->job, attempt_->graph);
  if (rescale_graph_) PlaceRescale();
  if (attempt_->restore.hold_commits) {
    std::lock_guard lock(mutex_);
    ++rescales_;
    rescale_gap_us_ = (now_ns - rescale_began_ns_) / 1000;
  }
  // What it was restored from is read; a rescaled job's is a copy of all of its state.
  attempt_->restore.manifest = {};
  attempt_->restore.reader = nullptr;
  attempt_->start = {};
}

void Master::OnAttemptFailure(int number, const Error& error, int64_t now_ms) {
  if (!IsCurrent(number)) return;
  if (error.code() == ErrorCode::kCorrupt && attempt_->own_checkpoint != 0) {
    driver_.Reject(attempt_->own_checkpoint, error);
  }
  Remember(error, now_ms);
  DecideOnFailure(error, now_ms);
}

/// Sets restart_at_ms_ or suppressed_, and the status that says so.
void Master::DecideOnFailure(const Error& error, int64_t now_ms) {
  driver_.JobStops(CheckpointFailure::kSuspended);
  bool cancelled;
  {
    std::lock_guard lock(mutex_);
    cancelled = cancelled_;
  }
  if (cancelled) return;
  const bool recoverable = error.code() != ErrorCode::kRestore && error.code() != ErrorCode::kNotSupported;
  const auto pause_ms = recoverable ? strategy_.Failed(now_ms) : std::nullopt;
  if (!pause_ms) {
    suppressed_ = true;
    SetStatus(JobStatus::kFailing, now_ms);
    if (!plain()) Note(SuppressedBy(config_.restart));
    return;
  }
  restart_at_ms_ = now_ms + *pause_ms;
  SetStatus(JobStatus::kRestarting, now_ms);
  Note("job " + job_id_ + " restarts in " + std::to_string(*pause_ms) + " ms after: " + error.ToString());
}

void Master::FailAttempt(const Error& error) {
  if (!attempt_live_ || imposed_failure_) return;
  imposed_failure_ = error;
  const int64_t now_ms = env_.clock->NowMs();
  Remember(error, now_ms);
  DecideOnFailure(error, now_ms);
  attempt_->job->Cancel();
}

void Master::AttemptEnded(JobStatus status, int64_t now_ms) {
  attempt_live_ = false;
  const bool imposed = std::exchange(imposed_failure_, std::nullopt).has_value();
  bool cancelled;
  {
    std::lock_guard lock(mutex_);
    cancelled = cancelled_;
  }
  if (cancelled) return End(status == JobStatus::kFinished ? status : JobStatus::kCanceled, now_ms);
  if (status == JobStatus::kFinished) return End(status, now_ms);
  if (suppressed_) return End(JobStatus::kFailed, now_ms);
  if (rescale_point_ && !imposed && status == JobStatus::kCanceled) return RunAttempt();
  rescale_point_.reset();
  if (rescale_graph_) graph_.vertices = std::move(std::exchange(rescale_graph_, std::nullopt)->vertices);
  if (!restart_at_ms_) End(status, now_ms);  // stopped by Stop, as a batch job is
}

// ----------------------------------------------------------------------------------------------- what callers ask

void Master::Start() {
  {
    std::lock_guard lock(mutex_);
    if (started_ || IsTerminal(status_)) return;
    started_ = true;
    start_ms_ = env_.clock->NowMs();
  }
  SetStatus(JobStatus::kCreated, start_ms_);
  const auto begin = [this] {
    attempt_live_ = true;
    attempt_->job->Start();
  };
  plain() ? begin() : Post(begin);
}

void Master::CancelWith(bool keep_checkpoints) {
  std::shared_ptr<Attempt> attempt;
  bool never_started;
  const int64_t now_ms = env_.clock->NowMs();
  {
    std::lock_guard lock(mutex_);
    if (IsTerminal(status_) || cancelled_) return;
    cancelled_ = true;
    keep_checkpoints_ = keep_checkpoints;
    attempt = attempt_;
    never_started = !started_;
  }
  if (never_started) {
    std::lock_guard lock(mutex_);
    status_ = JobStatus::kCanceled;
    return;
  }
  SetStatus(JobStatus::kCancelling, now_ms);
  if (attempt != nullptr) attempt->job->Cancel();
  Post(
      [this] {
        if (!attempt_live_) End(JobStatus::kCanceled, env_.clock->NowMs());
      },
      false);
}

void Master::Stop() {
  std::shared_ptr<Attempt> attempt;
  bool running;
  {
    std::lock_guard lock(mutex_);
    attempt = attempt_;
    running = status_ == JobStatus::kRunning;
  }
  if (!running || attempt == nullptr) return Cancel();
  attempt->job->Stop();
}

JobStatus Master::Wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return IsTerminal(status_); });
  return status_;
}

int64_t Master::TriggerCheckpoint() {
  const int64_t number = driver_.NewOrder();
  Post([this, number] {
    CheckpointOrder order;
    order.number = number;
    driver_.Place(order, "");
  });
  return number;
}

Result<int64_t> Master::TriggerSavepoint(const SavepointOrder& asked) {
  const std::string folder = asked.folder.empty() ? config_.checkpoints.savepoint_folder : asked.folder;
  if (folder.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "Config key [execution.checkpointing.savepoint-dir] is not set. Property [targetDirectory] must be "
                 "provided.");
  }
  const int64_t number = driver_.NewOrder();
  CheckpointOrder order;
  order.number = number;
  order.then = asked.then;
  order.kind = asked.then == AfterCheckpoint::kGoOn ? CheckpointKind::kSavepoint : CheckpointKind::kSyncSavepoint;
  Post([this, order, folder] { driver_.Place(order, folder); });
  return number;
}

Status Master::UpdateParallelism(const std::map<std::string, int>& parallelism) {
  for (const auto& [uid, wanted] : parallelism) {
    if (std::find(uids_.begin(), uids_.end(), uid) == uids_.end())
      return Error(ErrorCode::kNotFound, "the job has no vertex '" + uid + "'");
    if (wanted < 1 || wanted > max_parallelism_) {
      return Error(ErrorCode::kInvalidArgument, "parallelism " + std::to_string(wanted) + " is not in 1 to " +
                                                    std::to_string(max_parallelism_) + " (max parallelism)");
    }
  }
  Post([this, parallelism] {
    Rescale([&](JobVertex& vertex) {
      auto wanted = parallelism.find(vertex.uid);
      if (wanted == parallelism.end() || wanted->second == vertex.parallelism || !vertex.rescalable) return false;
      vertex.parallelism = wanted->second;
      return true;
    });
  });
  return {};
}

Status Master::UpdateParallelism(int parallelism) {
  std::map<std::string, int> all;
  for (const std::string& uid : uids_) all[uid] = parallelism;
  return UpdateParallelism(all);
}

void Master::Rescale(const std::function<bool(JobVertex&)>& change) {
  JobGraph next = rescale_graph_ ? *rescale_graph_ : graph_;
  bool changed = false;
  for (JobVertex& vertex : next.vertices) changed |= change(vertex);
  if (!changed) return;
  if (!attempt_live_) {
    graph_.vertices = std::move(next.vertices);  // the next attempt has it
    return;
  }
  const bool under_way = rescale_graph_.has_value();
  rescale_graph_ = std::move(next);
  // An attempt that has not opened its state yet is told when it has.
  if (!under_way && driver_.runs()) PlaceRescale();
}

void Master::PlaceRescale() {
  rescale_began_ns_ = env_.clock->MonotonicNs();
  CheckpointOrder order;
  order.rescale = true;
  order.then = AfterCheckpoint::kSuspend;
  driver_.Place(order, "");
}

void Master::OnRescaleSnapshot(Result<RestorePoint> snapshot) {
  if (!snapshot.ok()) {
    const bool goes_on = driver_.runs();
    if (!goes_on && rescale_graph_) graph_.vertices = std::move(rescale_graph_->vertices);
    rescale_graph_.reset();
    if (!goes_on) return;
    Note("job " + job_id_ + " keeps its parallelism: " + snapshot.error().ToString());
    return;
  }
  graph_.vertices = std::move(rescale_graph_->vertices);
  rescale_graph_.reset();
  rescale_point_ = std::move(*snapshot);
  attempt_->job->Cancel();
}

// --------------------------------------------------------------------------------------------------- facts

void Master::SetStatus(JobStatus status, int64_t now_ms) {
  std::lock_guard lock(mutex_);
  // After the user's word only the end follows.
  if (cancelled_ && status != JobStatus::kCancelling && !IsTerminal(status)) return;
  if (status_ == status || IsTerminal(status_)) return;
  if (status == JobStatus::kRunning) {
    running_since_ms_ = now_ms;
    down_since_ms_ = 0;
  } else if (status_ == JobStatus::kRunning) {
    down_since_ms_ = now_ms;
  }
  status_ = status;
  status_times_[static_cast<size_t>(status)] = now_ms;
  if (IsTerminal(status)) end_ms_ = now_ms;
  if (IsTerminal(status) && env_.on_end) env_.on_end(status, failure_);
  if (env_.on_status) env_.on_status(status, now_ms);
  changed_.notify_all();
}

bool Master::KeepsCheckpoints(JobStatus end) const {
  std::lock_guard lock(mutex_);
  if (end == JobStatus::kFinished) return false;
  if (keep_checkpoints_) return true;
  switch (config_.checkpoints.retention) {
    case CheckpointRetention::kNoExternalized: return false;
    case CheckpointRetention::kDeleteOnCancellation: return end == JobStatus::kFailed;
    case CheckpointRetention::kRetainOnCancellation: return true;
  }
  return true;
}

void Master::End(JobStatus status, int64_t now_ms) {
  if (IsTerminal(this->status())) return;
  driver_.JobStops(CheckpointFailure::kShutDown);
  driver_.Close(KeepsCheckpoints(status));
  restart_at_ms_.reset();
  {
    std::lock_guard lock(mutex_);
    if (status == JobStatus::kFailed && !failures_.empty()) failure_ = failures_.front().error;
  }
  SetStatus(status, now_ms);
}

void Master::Remember(const Error& error, int64_t now_ms) {
  FailureFacts facts;
  facts.time_ms = now_ms;
  facts.error = error;
  // The runtime says "operator 'NAME' (2/4): …".
  for (const JobVertex& vertex : graph_.vertices) {
    const std::string prefix = "operator '" + vertex.name + "'";
    if (!error.message().starts_with(prefix)) continue;
    facts.vertex_uid = vertex.uid;
    facts.subtask = 0;
    if (error.message().substr(prefix.size()).starts_with(" (")) {
      facts.subtask = std::atoi(error.message().c_str() + prefix.size() + 2) - 1;
    }
  }
  std::lock_guard lock(mutex_);
  failures_.push_front(std::move(facts));
  failure_ms_ = now_ms;
  while (failures_.size() > static_cast<size_t>(std::max(config_.exception_history, 1))) {
    failures_.pop_back();
    failures_truncated_ = true;
  }
}

JobSnapshot Master::Snapshot() const {
  std::shared_ptr<Attempt> attempt;
  {
    std::lock_guard lock(mutex_);
    attempt = attempt_;
  }
  JobSnapshot snapshot;
  if (attempt != nullptr) snapshot = attempt->job->Snapshot();
  std::lock_guard lock(mutex_);
  snapshot.status = status_;
  snapshot.start_ms = start_ms_;
  snapshot.end_ms = end_ms_;
  snapshot.failure = failures_.empty() ? "" : failures_.front().error.ToString();
  snapshot.failure_ms = failure_ms_;
  return snapshot;
}

JobHistory Master::History() const {
  const int64_t now_ms = env_.clock->NowMs();
  JobHistory history;
  std::lock_guard lock(mutex_);
  history.failures.assign(failures_.begin(), failures_.end());
  history.truncated = failures_truncated_;
  history.restarts = restarts_;
  history.rescales = rescales_;
  history.last_rescale_gap_us = rescale_gap_us_;
  if (IsTerminal(status_)) {
    history.downtime_ms = -1;
  } else if (status_ == JobStatus::kRunning) {
    history.uptime_ms = now_ms - running_since_ms_;
  } else if (down_since_ms_ > 0) {
    history.downtime_ms = history.restarting_ms = now_ms - down_since_ms_;
  }
  return history;
}

}  // namespace

Result<std::unique_ptr<JobMaster>> JobMaster::Create(std::string job_id, JobGraph graph, JobConfig config,
                                                     JobMasterEnvironment environment, bool resume) {
  auto master =
      std::make_unique<Master>(std::move(job_id), std::move(graph), std::move(config), std::move(environment));
  SLUICE_RETURN_IF_ERROR(master->Prepare(resume));
  return std::unique_ptr<JobMaster>(std::move(master));
}

}  // namespace sluice::engine
