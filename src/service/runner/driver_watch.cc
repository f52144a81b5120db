#include <fmt/format.h>

#include "service/runner/driver.h"
#include "service/runner/first_line.h"

namespace sluice::service {
namespace {

// From how many failures within the window on a job counts as unhealthy, until it has run for a while.
constexpr size_t kLoopFailures = 3;
constexpr int64_t kLoopWindowNs = 600'000'000'000;
constexpr int64_t kStableNs = 60'000'000'000;

}  // namespace

void Supervisor::Driver::Watch() {
  watching_ = IsUp();
  if (!watching_) return;
  Tend(version_);
  auto client = Client();
  auto job = client && !engine_->job_id.empty() ? client->AllJobs()
                                                : Result<FlinkJob>(Error(ErrorCode::kNotFound, "there is no engine"));
  const int64_t now = supervisor_.clock_.MonotonicNs();
  if (job.ok()) {
    last_seen_ns_ = now;
    if (job->finished()) return Settle(Outcome::kFinished);
    if (job->ended()) {
      std::string why = ExceptionText(job->id);
      supervisor_.metrics_.Remove(name_);
      Recover(why.empty() ? "the job is " + job->state : why);
      return;
    }
    ReadMetrics(*client);
    return Observe(*job);
  }
  supervisor_.metrics_.Remove(name_);
  if (engine_ && job.error().code() == ErrorCode::kNotFound) {
    Recover("the engine has no job");  // an earlier service was killed between starting the one and the other
  } else if (!engine_ || !Runner().Alive(folder_)) {
    Recover("the engine's process is gone; its last words:\n" + Runner().LastOutput(folder_));
  } else if (now - last_seen_ns_ > std::chrono::nanoseconds(supervisor_.options_.unreachable_limit).count()) {
    Recover("the engine does not answer: " + job.error().message());
  }
}

void Supervisor::Driver::Tend(int64_t version) {
  const std::string tended = engine_ ? Runner().Tend(folder_) : "";
  if (!tended.empty()) log_.Write("WARN", version, tended);
}

void Supervisor::Driver::Observe(const FlinkJob& job) {
  const int64_t now = supervisor_.clock_.MonotonicNs();
  if (attempts_ > 0 && now - up_since_ns_ > 10 * std::chrono::nanoseconds(supervisor_.options_.restart_delay).count()) {
    attempts_ = 0;
  }
  if (job.state != last_state_) {
    const bool runs = job.state == "RUNNING";
    const std::string why = runs ? "" : ExceptionText(job.id);
    if (!last_state_.empty() || !runs) {
      log_.Write(runs ? "INFO" : "WARN", version_, "The job is " + job.state + ".", why);
    }
    if (last_state_ == "RUNNING") NoteFailure(now, why);
    if (runs) runs_since_ns_ = now;
    last_state_ = job.state;
    if (!runs) SetDowntime("the job is " + job.state + (why.empty() ? "" : ": " + FirstLine(why)));
  }
  if (job.state == "RUNNING" && (failures_ns_.size() < kLoopFailures || now - runs_since_ns_ > kStableNs)) {
    SetDowntime(std::nullopt);
  }
  if (job.state != "RUNNING") return;
  if (rolled_back_) Report(ApplicationEvent::kEngineRunning);
  TakeSnapshots();
  WatchLoad(job);
  WatchForMaintenance();
}

/// Apache Flink restarts a job by itself, for ever: RUNNING for a moment does not make it healthy.
void Supervisor::Driver::NoteFailure(int64_t now_ns, const std::string& why) {
  failures_ns_.push_back(now_ns);
  while (now_ns - failures_ns_.front() > kLoopWindowNs) failures_ns_.pop_front();
  if (failures_ns_.size() < kLoopFailures) return;
  const std::string text = fmt::format("The job fails again and again, {} times within the last 10 minutes: {}",
                                       failures_ns_.size(), FirstLine(why));
  log_.Write("ERROR", version_, text, why);
  if (failures_ns_.size() == kLoopFailures) RecordLoss(text);
}

bool Supervisor::Driver::Recover(const std::string& why) {
  std::string reason = why;
  while (attempts_ < supervisor_.options_.restart_attempts) {
    ++attempts_;
    SetDowntime("the job failed and is being restarted: " + FirstLine(reason));
    log_.Write("ERROR", version_,
               fmt::format("The job failed and will be restarted in {} ms (attempt {} of {}): {}",
                           supervisor_.options_.restart_delay.count(), attempts_, supervisor_.options_.restart_attempts,
                           FirstLine(reason)),
               reason);
    logger_.Warn("restarting a failed job", {{"attempt", attempts_}, {"error", FirstLine(reason)}});
    if (!Pause(supervisor_.options_.restart_delay)) return false;
    auto row = supervisor_.store_.Find(name_);
    if (!row.ok()) return false;
    Outcome outcome = BringUp(*row, Continuity::kSameJob);
    if (outcome == Outcome::kInterrupted) return false;
    if (outcome == Outcome::kFinished) {
      Settle(outcome);
      return false;
    }
    if (outcome == Outcome::kUp) {
      up_since_ns_ = last_seen_ns_ = supervisor_.clock_.MonotonicNs();
      last_state_ = "RUNNING";
      SetDowntime(std::nullopt);
      return true;
    }
    reason = failure_;
  }
  log_.Write("ERROR", version_, "The job failed too often and is not restarted any more: " + FirstLine(reason), reason);
  RecordLoss(reason);
  EndEngine(true);
  Report(ApplicationEvent::kJobLost);
  return false;
}

/// DescribeApplicationOperation is where the API has room for a failure: the loss is an operation of its own.
void Supervisor::Driver::RecordLoss(const std::string& why) {
  const int64_t now = NowMs();
  OperationRow operation;
  operation.id = fmt::format("job-lost-{}", now);
  operation.operation = "RestartApplication";
  operation.status = "FAILED";
  operation.start_ms = operation.end_ms = now;
  operation.version_from = operation.version_to = version_;
  operation.error = why;
  (void)supervisor_.store_.BeginOperation(name_, operation);
}

}  // namespace sluice::service
