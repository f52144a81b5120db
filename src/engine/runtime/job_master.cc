#include "engine/runtime/job_master.h"

#include <algorithm>

#include "base/clock.h"
#include "engine/runtime/job_master_impl.h"

namespace sluice::engine {

Master::~Master() {
  Abandon();
  if (started_) Wait();
  {
    std::lock_guard lock(notes_mutex_);
    ended_ = true;
    notes_changed_.notify_all();
  }
  if (control_.joinable()) control_.join();
  // Their listeners refer to us.
  next_attempt_.reset();
  attempt_.reset();
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
  order.cancel_job = asked.cancel_job;
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

Result<std::unique_ptr<JobMaster>> JobMaster::Create(std::string job_id, JobGraph graph, JobConfig config,
                                                     JobMasterEnvironment environment, bool resume) {
  auto master =
      std::make_unique<Master>(std::move(job_id), std::move(graph), std::move(config), std::move(environment));
  SLUICE_RETURN_IF_ERROR(master->Prepare(resume));
  return std::unique_ptr<JobMaster>(std::move(master));
}

}  // namespace sluice::engine
