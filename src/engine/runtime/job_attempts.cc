// Runs of a job: from what each starts, what follows when it ends, another parallelism.
#include <algorithm>

#include "base/clock.h"
#include "engine/runtime/job_master_impl.h"

namespace sluice::engine {

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
    attempt.start = *std::exchange(rescale_point_, std::nullopt);
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
  if (attempt->start.storage != nullptr && !config_.max_parallelism_given) {
    const int saved = attempt->start.manifest.max_parallelism;
    const bool fits = std::all_of(graph_.vertices.begin(), graph_.vertices.end(),
                                  [&](const JobVertex& vertex) { return vertex.parallelism <= saved; });
    if (fits) graph_.max_parallelism = max_parallelism_ = saved;
  }
  attempt->graph = graph_;
  JobEnvironment environment;
  environment.clock = env_.clock;
  environment.workers = env_.workers;
  environment.metrics = env_.metrics;
  environment.make_state = env_.make_state;
  environment.listener = attempt.get();
  environment.attempt = attempt->number() - 1;
  environment.checkpoints = config_.checkpoints.interval_ms.has_value() && config_.checkpoints.after_tasks_finish;
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
    Note("job " + job_id_ + " starts from " + point.location, false);
  }
  return attempt;
}

void Master::RunAttempt() {
  const int64_t now_ms = env_.clock->NowMs();
  SetStatus(JobStatus::kCreated, now_ms);
  auto made = MakeAttempt();
  if (made.ok()) return StartAttempt(std::move(*made));
  Remember(made.error(), now_ms);
  DecideOnFailure(made.error(), now_ms);
  if (suppressed_) End(JobStatus::kFailed, now_ms);
}

void Master::StartAttempt(std::shared_ptr<Attempt> next) {
  {
    std::lock_guard lock(mutex_);
    attempt_.swap(next);
    ++restarts_;
  }
  next.reset();  // the last attempt; a reader's copy may outlive it
  attempt_live_ = true;
  suppressed_ = false;
  attempt_->job->Start();
  if (cancelled()) attempt_->job->Cancel();
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
    const int64_t gap_us = (now_ns - driver_.rescale_began_ns()) / 1000;
    Note("job " + job_id_ + " has another parallelism; its rows waited for " + std::to_string(gap_us) + " us", false);
    std::lock_guard lock(mutex_);
    ++rescales_;
    rescale_gap_us_ = gap_us;
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
  if (cancelled()) return;
  const bool recoverable = error.code() != ErrorCode::kRestore && error.code() != ErrorCode::kNotSupported;
  const auto pause_ms = recoverable ? strategy_.Failed(now_ms) : std::nullopt;
  if (!pause_ms) {
    suppressed_ = true;
    SetStatus(JobStatus::kFailing, now_ms);
    if (!plain()) Note(SuppressedBy(config_.restart), true);
    return;
  }
  restart_at_ms_ = now_ms + *pause_ms;
  SetStatus(JobStatus::kRestarting, now_ms);
  Note("job " + job_id_ + " restarts in " + std::to_string(*pause_ms) + " ms after: " + error.ToString(), true);
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
  if (cancelled()) return End(status == JobStatus::kFinished ? status : JobStatus::kCanceled, now_ms);
  if (status == JobStatus::kFinished) return End(status, now_ms);
  if (suppressed_) return End(JobStatus::kFailed, now_ms);
  auto next = std::exchange(next_attempt_, nullptr);
  if (next != nullptr && !imposed && status == JobStatus::kCanceled) return StartAttempt(std::move(next));
  if (rescale_graph_) graph_.vertices = std::move(std::exchange(rescale_graph_, std::nullopt)->vertices);
  if (!restart_at_ms_) End(status, now_ms);  // stopped by Stop, as a batch job is
}

namespace {

/// Rows that stay in their subtask stay in order, which changes of one key must: a vertex that reads over forward edges
/// only has the parallelism of what it reads from.
void FollowForwardEdges(JobGraph& graph) {
  for (size_t v = 0; v < graph.vertices.size(); ++v) {
    if (!graph.vertices[v].rescalable) continue;
    int smallest = 0;
    bool forward = true;
    for (const JobEdge& edge : graph.edges) {
      if (static_cast<size_t>(edge.to) != v) continue;
      forward &= edge.distribution == Distribution::kForward;
      const int parallelism = graph.vertices[static_cast<size_t>(edge.from)].parallelism;
      smallest = smallest == 0 ? parallelism : std::min(smallest, parallelism);
    }
    if (forward && smallest > 0) graph.vertices[v].parallelism = smallest;
  }
}

}  // namespace

void Master::Rescale(const std::function<bool(JobVertex&)>& change) {
  JobGraph next = rescale_graph_ ? *rescale_graph_ : graph_;
  bool changed = false;
  for (JobVertex& vertex : next.vertices) changed |= change(vertex);
  if (!changed) return;
  FollowForwardEdges(next);
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
    Note("job " + job_id_ + " keeps its parallelism: " + snapshot.error().ToString(), true);
    return;
  }
  const int64_t id = snapshot->manifest.checkpoint_id;
  std::swap(graph_.vertices, rescale_graph_->vertices);
  rescale_point_ = std::move(*snapshot);
  // It is made before the old one is given up: what refuses it leaves the job as it was.
  auto next = MakeAttempt();
  if (!next.ok()) {
    std::swap(graph_.vertices, rescale_graph_->vertices);
    Note("job " + job_id_ + " keeps its parallelism: " + next.error().ToString(), true);
    attempt_->job->AbortCheckpoint(id);
  } else {
    next_attempt_ = std::move(*next);
    driver_.JobPauses();
    attempt_->job->Cancel();
  }
  rescale_graph_.reset();
}

}  // namespace sluice::engine
