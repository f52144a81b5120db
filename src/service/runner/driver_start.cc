#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/files.h"
#include "base/ids.h"
#include "service/runner/driver.h"
#include "service/runner/first_line.h"

namespace sluice::service {
namespace {

ApplicationStore::Change DeploymentChange(const Deployment& deployment) {
  ApplicationStore::Change change;
  change.deployment = deployment.Serialize();
  return change;
}

}  // namespace

std::pair<int64_t, std::string> Supervisor::Driver::JobOnFile() const {
  auto text = ReadFile(folder_ + "/job_id");
  const size_t blank = text.ok() ? text->find(' ') : std::string::npos;
  if (blank == std::string::npos) return {};
  int64_t version = 0;
  std::from_chars(text->data(), text->data() + blank, version);
  auto id = Id128::Parse(text->substr(blank + 1));
  return id.ok() ? std::pair(version, id->ToString()) : std::pair<int64_t, std::string>();
}

Status Supervisor::Driver::PutJobOnFile(int64_t version, const std::string& id) const {
  return WriteFileAtomically(folder_ + "/job_id", fmt::format("{} {}", version, id));
}

Result<Supervisor::Driver::ChosenJob> Supervisor::Driver::ChooseJob(int64_t version, const Deployment& deployment,
                                                                    Continuity continuity) {
  const auto [known_version, known] = JobOnFile();
  // The running job's version may be an older one: not every change of an application restarts it.
  const bool same_job = continuity == Continuity::kSameJob || (deployment.goes_on && continuity != Continuity::kNew);
  const bool stopped =
      std::find(deployment.stopped_jobs.begin(), deployment.stopped_jobs.end(), known) != deployment.stopped_jobs.end();
  const bool resumes = continuity == Continuity::kResume && known_version == version;
  if (!known.empty() && !stopped && (same_job || resumes)) {
    SLUICE_RETURN_IF_ERROR(PutJobOnFile(version, known));
    return ChosenJob{known, true};
  }
  ChosenJob out{NewId(), same_job};
  SLUICE_RETURN_IF_ERROR(PutJobOnFile(version, out.id));
  return out;
}

Status Supervisor::Driver::Resolve(const ApplicationRow& row, Deployment* deployment) {
  if (deployment->resolved) return {};
  std::optional<SnapshotRow> snapshot;
  if (deployment->restore == "RESTORE_FROM_CUSTOM_SNAPSHOT") {
    auto found = supervisor_.store_.FindSnapshot(deployment->standing_alone ? "" : row.name, deployment->snapshot);
    if (!found.ok() || found->status != "READY") {
      return Error(ErrorCode::kNotFound,
                   fmt::format("the snapshot {} that the application is to start from {}", deployment->snapshot,
                               found.ok() ? "is " + found->status : "does not exist any more"));
    }
    snapshot = std::move(*found);
  } else if (deployment->restore != "SKIP_RESTORE_FROM_SNAPSHOT") {
    snapshot = supervisor_.store_.LatestSnapshot(row);
  }
  deployment->resolved = true;
  deployment->savepoints.clear();
  deployment->snapshot.clear();
  if (snapshot) {
    deployment->savepoints = snapshot->locations;
    deployment->snapshot = snapshot->name;
  }
  auto stored = supervisor_.store_.Commit(name_, DeploymentChange(*deployment), NowMs());
  if (!stored.ok()) return stored.error();
  At("start.restore_chosen");
  return {};
}

Status Supervisor::Driver::Submit(const JobSpec& spec, const Deployment& deployment, Continuity continuity) {
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(folder_ + "/application_properties.json", spec.application_properties));
  const auto interrupted = [this] { return Interrupted(); };
  SLUICE_ASSIGN_OR_RETURN(engine_, supervisor_.engines_.Launch(folder_, spec, interrupted));
  At("start.engine_launched");
  logger_.Info("engine started", {{"url", engine_->rest_url}});
  SLUICE_ASSIGN_OR_RETURN(const std::string staged, supervisor_.engines_.For(spec).Stage(folder_, *engine_, spec));
  JobStart start;
  for (const std::string& location : deployment.savepoints) start.savepoints.push_back(AbsoluteLocation(location));
  start.allow_non_restored = deployment.allow_non_restored;
  start.timeout = supervisor_.options_.start_timeout;
  SLUICE_ASSIGN_OR_RETURN(const ChosenJob job, ChooseJob(spec.version, deployment, continuity));
  start.job_id = job.id;
  start.same_job = job.goes_on;
  At("start.package_uploaded");
  SLUICE_ASSIGN_OR_RETURN(engine_->job_id,
                          supervisor_.engines_.For(spec).RunJob(folder_, *engine_, spec, staged, start, interrupted));
  At("start.job_submitted");
  if (!deployment.snapshot.empty() && !job.goes_on) {
    log_.Write("INFO", spec.version, fmt::format("The job starts from the snapshot {}.", deployment.snapshot));
  }
  engine_->version = spec.version;
  return Runner().RecordJob(folder_, engine_->job_id, spec.version);
}

Supervisor::Driver::Outcome Supervisor::Driver::BringUp(ApplicationRow row, Continuity continuity) {
  failure_.clear();
  version_ = row.version;
  Deployment deployment = Deployment::Parse(row.deployment);
  const std::vector<std::string>& stopped = deployment.stopped_jobs;
  const bool there = continuity == Continuity::kResume && engine_ && !engine_->job_id.empty() &&
                     engine_->version == row.version &&
                     std::find(stopped.begin(), stopped.end(), engine_->job_id) == stopped.end();
  if (!there) {
    auto spec = supervisor_.specs_.SpecFor(row);
    Status submitted = spec.ok() ? Resolve(row, &deployment) : Status(spec.error());
    if (submitted.ok()) submitted = Submit(*spec, deployment, continuity);
    if (Interrupted()) return Outcome::kInterrupted;
    if (!submitted.ok()) {
      failure_ = submitted.error().message();
      return Outcome::kFailed;
    }
  }
  At("start.job_recorded");
  return AwaitUp(row.version);
}

void Supervisor::Driver::KeepPlan(const JobControl& client, const std::string& job_id) {
  auto plan = client.Plan(job_id);
  Status kept = plan.ok() ? WriteFileAtomically(JobPlanFile(folder_), *plan) : Status(plan.error());
  if (!kept.ok()) logger_.Warn("the job's plan could not be kept", {{"error", kept.error().message()}});
}

Supervisor::Driver::Outcome Supervisor::Driver::AwaitUp(int64_t version) {
  const int64_t deadline = DeadlineIn(supervisor_.options_.start_timeout);
  while (true) {
    if (Interrupted()) return Outcome::kInterrupted;
    Tend(version);
    auto client = Client();
    auto job = client ? client->AllJobs() : Result<FlinkJob>(Error(ErrorCode::kIo, "there is no engine"));
    if (job.ok() && job->all_up()) {
      log_.Write("INFO", version, fmt::format("The job {} is running with {} tasks.", job->id, job->vertices));
      KeepPlan(*client, job->id);
      return Outcome::kUp;
    }
    if (job.ok() && job->finished()) return Outcome::kFinished;
    if (job.ok() && job->ended()) {
      failure_ = ExceptionText(job->id);
      if (failure_.empty()) failure_ = "the job is " + job->state;
      return Outcome::kFailed;
    }
    if (!job.ok() && !Runner().Alive(folder_)) {
      failure_ = "the engine ended while the job started; its last words:\n" + Runner().LastOutput(folder_);
      return Outcome::kFailed;
    }
    if (supervisor_.clock_.MonotonicNs() > deadline) {
      failure_ = fmt::format(
          "Flink job did not start within a total timeout of {} minutes for application: {} under account: {}",
          supervisor_.options_.start_timeout.count() / 60'000, name_, account_);
      return Outcome::kFailed;
    }
    if (!Pause(std::chrono::milliseconds(50))) return Outcome::kInterrupted;
  }
}

void Supervisor::Driver::Settle(Outcome outcome) {
  switch (outcome) {
    case Outcome::kInterrupted: return;
    case Outcome::kUp:
      attempts_ = 0;
      up_since_ns_ = last_seen_ns_ = supervisor_.clock_.MonotonicNs();
      last_state_ = "RUNNING";
      At("start.job_up");
      if (!Report(ApplicationEvent::kEngineRunning, "SUCCESSFUL") && !IsUp()) EndEngine(true);  // not wanted any more
      At("start.reported");
      return;
    case Outcome::kFinished:
      log_.Write("INFO", version_,
                 "The job has read all of its input and is FINISHED; the application is READY again.");
      EndEngine(true);
      At("finish.engine_ended");
      Report(ApplicationEvent::kJobFinished, "SUCCESSFUL");
      return;
    case Outcome::kFailed:
      log_.Write("ERROR", version_, "The job could not be started: " + FirstLine(failure_), failure_);
      logger_.Warn("the job could not be started", {{"error", FirstLine(failure_)}});
      EndEngine(true);
      At("failure.engine_ended");
      if (UndoScaling() || RollBack()) return;
      Report(ApplicationEvent::kStartFailed, "FAILED", failure_);
  }
}

bool Supervisor::Driver::RollBack() {
  auto row = supervisor_.store_.Find(name_);
  if (!row.ok() || row->running_version == 0 || row->running_version == row->version) return false;
  if (Decide(row->status, ApplicationEvent::kSystemRollback).verdict != Verdict::kAccept) return false;
  auto settings = supervisor_.specs_.SettingsFor(*row);
  if (!settings.ok() || !settings->system_rollback) return false;
  auto change = RollbackTo(supervisor_.store_, *row, row->running_version, NowMs());
  if (!change.ok()) return false;
  OperationRow operation = ServiceOperation("RollbackApplication", NewId(), row->version, NowMs());
  operation.version_to = row->version + 1;
  change->event = ApplicationEvent::kSystemRollback;
  change->current_parallelism = Deployment::Parse(row->deployment).running_parallelism;
  change->ends_operations = "FAILED";
  change->why = failure_;
  change->rollback_id = operation.id;
  change->operation = operation;
  if (!Commit(*change)) return false;
  At("rollback.accepted");
  log_.Write("WARN", row->version,
             fmt::format("Version {} is rolled back to version {}.", row->version, row->running_version));
  row = supervisor_.store_.Find(name_);
  // At most once more: from ROLLING_BACK there is no way here.
  if (row.ok()) Settle(BringUp(*row, Continuity::kNew));
  return true;
}

void Supervisor::Driver::Start(bool resume) {
  auto row = supervisor_.store_.Find(name_);
  if (!row.ok() || row->status == ApplicationStatus::kReady) {
    // The job that was to be changed has ended by itself in between, and that was reported.
    (void)supervisor_.store_.EndOperation(name_, "", "FAILED", "the application is not running any more", NowMs());
    return;
  }
  attempts_ = 0;
  if (row->status == ApplicationStatus::kStarting || row->status == ApplicationStatus::kUpdating)
    unscalable_version_ = 0;
  // A start that an earlier service has begun may have left checkpoints already.
  const bool goes_on = Deployment::Parse(row->deployment).goes_on;
  Settle(BringUp(*row, resume ? Continuity::kResume : goes_on ? Continuity::kSameJob : Continuity::kNew));
}

void Supervisor::Driver::Restart(bool resume) {
  auto row = supervisor_.store_.Find(name_);
  if (row.ok() && row->status != ApplicationStatus::kReady) {
    Deployment deployment = Deployment::Parse(row->deployment);
    const bool scaling = row->status == ApplicationStatus::kAutoscaling && !deployment.stopped;
    if (scaling && RescaleInPlace(*row)) return;
    if (!deployment.stopped && !ClearTheWay(*row, &deployment)) return;
  }
  At("update.old_job_ended");
  Start(resume);
}

}  // namespace sluice::service
