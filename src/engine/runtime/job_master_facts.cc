// Status and history of a job, as others see them.
#include <algorithm>
#include <cstdlib>

#include "base/clock.h"
#include "engine/runtime/job_master_impl.h"

namespace sluice::engine {

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

}  // namespace sluice::engine
