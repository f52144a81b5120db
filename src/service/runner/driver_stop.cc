#include <fmt/format.h>

#include "base/files.h"
#include "service/runner/driver.h"
#include "service/runner/first_line.h"
#include "service/runner/snapshot_transfer.h"

namespace sluice::service {
namespace {

/// A change that nobody has asked for: there is no new version.
bool IsByService(ApplicationStatus status) {
  return status == ApplicationStatus::kAutoscaling || status == ApplicationStatus::kMaintenance;
}

}  // namespace

Status Supervisor::Driver::StopEachJob(const JobControl& client) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<FlinkJob> jobs, client.Jobs());
  for (const FlinkJob& job : jobs) {
    if (job.ended()) continue;
    // With a savepoint that nobody keeps: sources end, and sinks commit what they have.
    auto asked = client.TriggerSavepoint(job.id, folder_ + "/savepoints", job.id, true);
    if (!asked.ok()) asked = client.Cancel(job.id);
    SLUICE_RETURN_IF_ERROR(asked);
  }
  return {};
}

/// Lets the job end by itself: with a savepoint if the engine can, else by cancelling. Then the engine ends.
void Supervisor::Driver::StopJob() {
  auto client = Client();
  if (client && !engine_->job_id.empty()) {
    Status asked = StopEachJob(*client);
    const int64_t deadline = DeadlineIn(supervisor_.options_.stop_timeout);
    while (asked.ok() && supervisor_.clock_.MonotonicNs() < deadline) {
      auto job = client->AllJobs();
      if (!job.ok() || job->all_ended) break;
      if (!Pause(std::chrono::milliseconds(20))) return;
    }
  }
  EndEngine(true);
  (void)RemoveTree(folder_ + "/savepoints");
}

Supervisor::Driver::Stopped Supervisor::Driver::StopWithSnapshot(const ApplicationRow& row,
                                                                 const LifecycleSettings& settings,
                                                                 Deployment* deployment) {
  auto snapshot = SystemSnapshot(row, settings);
  if (!snapshot.ok()) {
    failure_ = snapshot.error().message();
    return Stopped::kStillRunning;
  }
  At("snapshot.begun");
  const bool alive = Runner().Alive(folder_);
  auto locations = alive ? std::nullopt : SavepointsOnDisk(*snapshot);
  if (!locations && !alive) {
    const Outcome outcome = BringBackToStop(row, *deployment);
    if (outcome == Outcome::kInterrupted) return Stopped::kInterrupted;
    if (outcome != Outcome::kUp) {
      (void)supervisor_.store_.FailSnapshot(snapshot->sequence, "the job is not running", NowMs());
      return outcome == Outcome::kFinished ? Stopped::kFinished : Stopped::kGone;
    }
  }
  if (!locations) {
    auto taken = SavepointsAndStop(*snapshot);
    if (!taken.ok()) return NotStopped(*snapshot, taken.error());
    locations = std::move(*taken);
  }
  At("snapshot.complete");
  KeepStopSnapshot(*snapshot, *locations, deployment);
  EndEngine(true);
  return Stopped::kDone;
}

/// The engine has died: the job goes on from its last checkpoint, only to be stopped.
Supervisor::Driver::Outcome Supervisor::Driver::BringBackToStop(const ApplicationRow& row,
                                                                const Deployment& deployment) {
  ApplicationRow old = row;
  old.version = row.running_version == 0 ? row.version : row.running_version;
  Deployment running;
  running.resolved = running.stopped = true;
  running.savepoints = deployment.running_savepoints;
  old.deployment = running.Serialize();
  old.current_parallelism = deployment.running_parallelism;
  return BringUp(old, Continuity::kSameJob);
}

Supervisor::Driver::Stopped Supervisor::Driver::NotStopped(const SnapshotRow& snapshot, const Error& why) {
  if (why.code() == ErrorCode::kCancelled) return Stopped::kInterrupted;
  failure_ = why.message();
  (void)supervisor_.store_.FailSnapshot(snapshot.sequence, failure_, NowMs());
  auto client = Client();
  auto job = client ? client->AllJobs() : Result<FlinkJob>(Error(ErrorCode::kIo, "there is no engine"));
  if (job.ok() && job->finished()) return Stopped::kFinished;
  return job.ok() && !job->ended() ? Stopped::kStillRunning : Stopped::kGone;
}

void Supervisor::Driver::KeepStopSnapshot(const SnapshotRow& snapshot, const std::vector<std::string>& locations,
                                          Deployment* deployment) {
  deployment->stopped = true;
  deployment->stopped_jobs = {JobOnFile().second};
  if (engine_) deployment->stopped_jobs.push_back(engine_->job_id);
  if (deployment->restore.empty() || deployment->restore == "RESTORE_FROM_LATEST_SNAPSHOT") {
    deployment->resolved = true;
    deployment->savepoints = locations;
    deployment->snapshot = snapshot.name;
  }
  const std::string folder = supervisor_.options_.data_folder + "/" + snapshot.folder;
  auto finished = supervisor_.store_.FinishSnapshot(snapshot.sequence, locations, BytesBelow(folder), NowMs(),
                                                    deployment->Serialize());
  if (!finished.ok()) logger_.Error("a snapshot cannot be recorded", {{"error", finished.error().message()}});
  log_.Write("INFO", version_, fmt::format("The snapshot {} was taken.", snapshot.name));
  At("snapshot.stored");
}

void Supervisor::Driver::ReportGone() {
  log_.Write("ERROR", version_, "The job ended without a snapshot: " + FirstLine(failure_), failure_);
  EndEngine(true);
  Report(ApplicationEvent::kJobLost, "FAILED", failure_);
}

void Supervisor::Driver::Stop() {
  auto row = supervisor_.store_.Find(name_);
  if (!row.ok()) return;
  version_ = row->version;
  auto settings = supervisor_.specs_.SettingsFor(*row);
  At("stop.begun");
  Deployment deployment = Deployment::Parse(row->deployment);
  if (deployment.stopped) {
    EndEngine(true);  // an earlier service has taken the snapshot
  } else if (settings.ok() && settings->snapshots) {
    TakeSnapshots();
    switch (StopWithSnapshot(*row, *settings, &deployment)) {
      case Stopped::kInterrupted: return;
      case Stopped::kDone: break;
      case Stopped::kFinished: return Settle(Outcome::kFinished);
      case Stopped::kStillRunning:
        log_.Write("ERROR", version_,
                   "The job goes on running, as the snapshot of its stop failed: " + FirstLine(failure_), failure_);
        GoOn(std::move(deployment));
        return;
      case Stopped::kGone: return ReportGone();
    }
  } else {
    TakeSnapshots();
    StopJob();
    if (Interrupted()) return;
  }
  At("stop.engine_ended");
  log_.Write("INFO", version_, "The job was stopped; the application is READY.");
  Report(ApplicationEvent::kStopped, "SUCCESSFUL");
  At("stop.reported");
}

void Supervisor::Driver::GoOn(Deployment deployment) {
  deployment.stopped = true;  // nothing is to be stopped any more
  ApplicationStore::Change change;
  change.event = ApplicationEvent::kUnchanged;
  change.deployment = deployment.Serialize();
  change.ends_operations = "FAILED";
  change.why = failure_;
  Commit(change);
}

bool Supervisor::Driver::ClearTheWay(const ApplicationRow& row, Deployment* deployment) {
  version_ = row.version;
  At("update.begun");
  auto settings = supervisor_.specs_.SettingsFor(row);
  const bool runs = row.running_version != 0;
  const bool by_service = IsByService(row.status);
  if (runs && deployment->take_snapshot && settings.ok() && settings->snapshots) {
    TakeSnapshots();
    switch (StopWithSnapshot(row, *settings, deployment)) {
      case Stopped::kInterrupted: return false;
      case Stopped::kDone: return true;
      case Stopped::kFinished: Settle(Outcome::kFinished); return false;
      case Stopped::kStillRunning: KeepOldJob(row, *deployment); return false;
      case Stopped::kGone: ReportGone(); return false;
    }
  }
  TakeSnapshots();
  if (by_service && engine_ && engine_->shared) {
    failure_ = "without snapshots a job cannot be moved on a cluster that is not the service's own";
    KeepOldJob(row, *deployment);
    return false;
  }
  if (by_service) return EndBehindCheckpoint(deployment);
  supervisor_.FailSnapshots(name_, "the job was stopped without a snapshot");  // of an update that was rolled back
  StopJob();
  if (Interrupted()) return false;
  At("update.engine_ended");
  deployment->stopped = true;
  ApplicationStore::Change change;
  change.deployment = deployment->Serialize();
  auto stored = supervisor_.store_.Commit(name_, change, NowMs());
  if (!stored.ok()) logger_.Error("the deployment cannot be stored", {{"error", stored.error().message()}});
  return true;
}

void Supervisor::Driver::KeepOldJob(const ApplicationRow& row, Deployment deployment) {
  log_.Write("ERROR", row.version, "The change was undone, as its snapshot failed: " + FirstLine(failure_), failure_);
  const bool by_service = IsByService(row.status);
  auto change = by_service ? Result<ApplicationStore::Change>(ApplicationStore::Change())
                           : RollbackTo(supervisor_.store_, row, row.running_version, NowMs());
  if (!change.ok()) {
    logger_.Error("an update cannot be undone", {{"error", change.error().message()}});
    return;
  }
  deployment.stopped = deployment.resolved = true;
  deployment.savepoints = deployment.running_savepoints;
  change->event = ApplicationEvent::kUnchanged;
  change->current_parallelism = deployment.running_parallelism;
  change->deployment = deployment.Serialize();
  change->ends_operations = "FAILED";
  change->why = failure_;
  // The job keeps its id under the new number, so that its checkpoints are found again.
  const int64_t version = row.version + 1;
  if (!by_service) (void)PutJobOnFile(version, JobOnFile().second);
  if (engine_ && !by_service) {
    engine_->version = version;
    (void)Runner().RecordJob(folder_, engine_->job_id, version);
  }
  At("update.snapshot_failed");
  Commit(*change);
  At("update.undone");
}

void Supervisor::Driver::Kill() {
  EndEngine(false);
  At("force_stop.engine_ended");
  supervisor_.FailSnapshots(name_, "the application was stopped by force");
  log_.Write("WARN", version_, "The job was stopped by force; the application is READY.");
  Report(ApplicationEvent::kStopped, "SUCCESSFUL");
}

void Supervisor::Driver::Remove() {
  At("delete.begun");
  Status done = supervisor_.engines_.End(folder_, true);
  engine_.reset();
  At("delete.engine_ended");
  // Snapshots that stand alone and were being taken now.
  supervisor_.FailSnapshots(name_, "the application was deleted");
  // The row goes last: if we are killed in between, the next service finds it DELETING and carries on.
  if (done.ok()) done = RemoveTree(folder_);
  At("delete.files_removed");
  if (done.ok()) done = supervisor_.store_.Remove(name_);
  if (!done.ok()) {
    logger_.Error("the application cannot be removed", {{"error", done.error().message()}});
    return;
  }
  std::lock_guard lock(mutex_);
  removed_ = true;
}

}  // namespace sluice::service
