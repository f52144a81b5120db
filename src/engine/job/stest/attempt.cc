#include "engine/job/stest/attempt.h"

#include "engine/runtime/job_graph.h"

namespace sluice::engine::stest {

Status Attempt::Start(JobGraph graph, WorkerPool& workers, StateBackendFactory make_state, const JobRestore* restore) {
  manifest_.max_parallelism = graph.max_parallelism;
  for (const JobVertex& vertex : graph.vertices) {
    VertexSnapshotData data{vertex.uid, vertex.name, {}};
    data.subtasks.resize(static_cast<size_t>(vertex.parallelism));
    manifest_.vertices.push_back(std::move(data));
  }
  JobEnvironment environment;
  environment.clock = &clock_;
  environment.workers = &workers;
  environment.listener = this;
  environment.checkpoints = true;
  environment.make_state = std::move(make_state);
  SLUICE_ASSIGN_OR_RETURN(job_, Job::Create(std::move(graph), environment, restore));
  job_->Start();
  return {};
}

Attempt::Event Attempt::Await() {
  std::unique_lock lock(mutex_);
  const bool came =
      clock_.WaitUntil(lock, changed_, deadline_ns_, [this] { return ended_ || final_wanted_ || gate_.closed(); });
  if (!came) return Event::kTimeout;
  if (ended_) return Event::kEnded;
  return std::exchange(final_wanted_, false) ? Event::kFinalWanted : Event::kGateClosed;
}

Result<std::optional<CheckpointManifest>> Attempt::Checkpoint(int64_t id, BarrierMode mode,
                                                              CheckpointStorage& storage) {
  {
    std::lock_guard lock(mutex_);
    checkpoint_ = id;
    declined_.reset();
    missing_ = 0;
    for (const VertexSnapshotData& v : manifest_.vertices) missing_ += v.subtasks.size();
    manifest_.checkpoint_id = id;
    manifest_.timestamp_ms = clock_.NowMs();
  }
  CheckpointRequest request;
  request.id = id;
  request.timestamp_ms = manifest_.timestamp_ms;
  request.mode = mode;
  request.storage = &storage;
  request.folder = "chk";
  job_->TriggerCheckpoint(request);
  std::unique_lock lock(mutex_);
  clock_.WaitUntil(lock, changed_, deadline_ns_, [this] { return ended_ || declined_ || missing_ == 0; });
  if (missing_ == 0) return std::optional(manifest_);
  const std::optional<Error> declined = declined_;
  lock.unlock();
  // Tasks of a job that is failing decline too: then its own error counts.
  if (declined && job_->status() == JobStatus::kRunning) return *declined;
  lock.lock();
  clock_.WaitUntil(lock, changed_, deadline_ns_, [this] { return ended_; });
  return std::optional<CheckpointManifest>();
}

Status Attempt::Outcome() {
  std::unique_lock lock(mutex_);
  if (!ended_) return Error(ErrorCode::kTimeout, "not finished in time");
  lock.unlock();
  switch (job_->Wait()) {
    case JobStatus::kFinished: return {};
    case JobStatus::kCanceled: return Error(ErrorCode::kCancelled, "the job was cancelled");
    default: return job_->failure().value_or(Error(ErrorCode::kInternal, "the job failed without a reason"));
  }
}

void Attempt::OnJobStatus(JobStatus status, int64_t) {
  if (!IsTerminal(status)) return;
  std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void Attempt::OnSubtaskAck(SubtaskAck ack) {
  std::lock_guard lock(mutex_);
  if (ack.checkpoint_id != checkpoint_ || missing_ == 0) return;
  manifest_.vertices[static_cast<size_t>(ack.vertex)].subtasks[static_cast<size_t>(ack.subtask)] =
      std::move(ack.snapshot);
  if (--missing_ == 0) changed_.notify_all();
}

void Attempt::OnDecline(int64_t checkpoint_id, const Error& error) {
  std::lock_guard lock(mutex_);
  if (checkpoint_id != checkpoint_) return;
  declined_ = error;
  changed_.notify_all();
}

void Attempt::OnFinalCheckpointWanted() {
  std::lock_guard lock(mutex_);
  final_wanted_ = true;
  changed_.notify_all();
}

}  // namespace sluice::engine::stest
