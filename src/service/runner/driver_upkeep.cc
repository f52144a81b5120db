#include <fmt/format.h>

#include "base/files.h"
#include "service/lifecycle/maintenance_window.h"
#include "service/runner/driver.h"
#include "service/runner/first_line.h"

namespace sluice::service {
namespace {

std::string LoadFile(const std::string& folder) { return folder + "/load"; }

}  // namespace

void Supervisor::Driver::WatchLoad(const FlinkJob& job) {
  const ScalingRules& rules = supervisor_.options_.scaling;
  const int64_t now = supervisor_.clock_.MonotonicNs();
  const int64_t at_ms = NowMs();
  const int64_t since = load_.looked_ns();
  if (since != 0 && now - since < std::chrono::nanoseconds(rules.datapoint).count()) return;
  const auto processors = load_.Look(Runner().Load(folder_), now);
  if (!processors) return;
  auto row = supervisor_.store_.Find(name_);
  auto settings = row.ok() ? supervisor_.specs_.SettingsFor(*row) : Result<LifecycleSettings>(row.error());
  if (!settings.ok() || !settings->autoscaling || row->version == unscalable_version_) return;
  ScalingBounds bounds;
  bounds.configured = settings->parallelism;
  bounds.current = row->current_parallelism > 0 ? row->current_parallelism : bounds.configured;
  bounds.per_kpu = settings->parallelism_per_kpu;
  bounds.max_kpus = supervisor_.options_.max_kpus;
  bounds.max_parallelism = job.max_parallelism;
  const double percent = 100 * *processors / static_cast<double>(KpusFor(bounds.current, bounds.per_kpu));
  if (!history_) {
    auto text = ReadFile(LoadFile(folder_));
    history_ = text.ok() ? LoadHistory::Parse(*text) : LoadHistory();
  }
  const ScalingWish wish = history_->Add(rules, at_ms, percent);
  // Six hours of datapoints survive a restart of the service.
  if (auto kept = WriteFileAtomically(LoadFile(folder_), history_->Serialize()); !kept.ok()) {
    logger_.Warn("the load could not be kept", {{"error", kept.error().message()}});
  }
  const int64_t parallelism = ScaledParallelism(wish, bounds);
  if (parallelism != bounds.current) Scale(*row, parallelism, percent);
}

void Supervisor::Driver::Scale(const ApplicationRow& row, int64_t parallelism, double percent) {
  ApplicationStore::Change change = ServiceChange(row, ApplicationEvent::kAutoscale,
                                                  ServiceOperation(kScalingOperation, NewId(), row.version, NowMs()));
  change.current_parallelism = parallelism;
  if (!Commit(change)) return;
  At("autoscale.accepted");
  log_.Write("INFO", row.version,
             fmt::format("The application is scaled to parallelism {}, as its load is {:.0f} % of its KPUs.",
                         parallelism, percent));
  Restart(false);
}

/// Whether all that had parallelism `from` has `to` now; with `ask`, that is asked for where it is not so.
Result<bool> Supervisor::Driver::HasParallelism(const JobControl& client, int64_t from, int64_t to, bool ask) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<FlinkJob> jobs, client.Jobs());
  bool all = true;
  for (const FlinkJob& job : jobs) {
    if (job.ended()) continue;
    SLUICE_ASSIGN_OR_RETURN(auto bounds, client.ParallelismBounds(job.id));
    bool changed = false;
    // What has a parallelism of its own keeps it.
    for (auto& [vertex, parallelism] : bounds) {
      if (parallelism != from) continue;
      parallelism = to;
      changed = true;
    }
    all = all && !changed;
    if (changed && ask) SLUICE_RETURN_IF_ERROR(client.SetParallelismBounds(job.id, bounds));
  }
  return all;
}

bool Supervisor::Driver::RescaleInPlace(const ApplicationRow& row) {
  if (!engine_ || !Runner().RescalesInPlace(folder_)) return false;
  if (BegunSnapshot()) return false;  // by an earlier service: the job ends behind it
  auto settings = supervisor_.specs_.SettingsFor(row);
  auto client = Client();
  if (!settings.ok() || !client) return false;
  const auto effective = [&](int64_t scaled) { return scaled > 0 ? scaled : settings->parallelism; };
  const int64_t from = effective(Deployment::Parse(row.deployment).running_parallelism);
  const int64_t to = effective(row.current_parallelism);
  version_ = row.version;
  auto done = HasParallelism(*client, from, to, true);
  if (!done.ok()) {
    log_.Write("WARN", row.version,
               "The job cannot be rescaled while it runs and is restarted: " + FirstLine(done.error().message()));
    return false;
  }
  At("autoscale.requested");
  const int64_t deadline = DeadlineIn(supervisor_.options_.start_timeout);
  while (true) {
    done = HasParallelism(*client, from, to, false);
    if (done.ok() && *done) break;
    if (!Runner().Alive(folder_) || supervisor_.clock_.MonotonicNs() > deadline) return false;
    if (!Pause(std::chrono::milliseconds(50))) return true;
  }
  const Outcome outcome = AwaitUp(row.version);
  if (outcome == Outcome::kFailed) return false;
  Settle(outcome);
  return true;
}

bool Supervisor::Driver::UndoScaling() {
  auto row = supervisor_.store_.Find(name_);
  if (!row.ok() || row->status != ApplicationStatus::kAutoscaling) return false;
  const Deployment deployment = Deployment::Parse(row->deployment);
  if (row->current_parallelism == deployment.running_parallelism) return false;
  unscalable_version_ = row->version;  // once is enough: each attempt takes the job down
  ApplicationStore::Change change;
  change.current_parallelism = deployment.running_parallelism;
  change.ends_operations = "FAILED";
  change.why = failure_;
  auto stored = supervisor_.store_.Commit(name_, change, NowMs());
  if (!stored.ok()) {
    logger_.Error("a scaling cannot be undone", {{"error", stored.error().message()}});
    return false;
  }
  At("autoscale.undone");
  log_.Write("WARN", row->version, "The job is brought up with the parallelism of before.");
  row = supervisor_.store_.Find(name_);
  if (row.ok()) Settle(BringUp(*row, deployment.goes_on ? Continuity::kSameJob : Continuity::kNew));
  return true;
}

bool Supervisor::Driver::EndBehindCheckpoint(Deployment* deployment) {
  EndEngine(false);  // what is cancelled loses its checkpoints
  if (Interrupted()) return false;
  At("upkeep.engine_ended");
  deployment->stopped = deployment->goes_on = true;
  ApplicationStore::Change change;
  change.deployment = deployment->Serialize();
  auto stored = supervisor_.store_.Commit(name_, change, NowMs());
  if (!stored.ok()) logger_.Error("the deployment cannot be stored", {{"error", stored.error().message()}});
  return true;
}

void Supervisor::Driver::WatchForMaintenance() {
  const int64_t now = supervisor_.clock_.MonotonicNs();
  if (now < maintenance_due_ns_) return;
  maintenance_due_ns_ = now + std::chrono::nanoseconds(supervisor_.options_.maintenance_check).count();
  auto row = supervisor_.store_.Find(name_);
  if (!row.ok() || row->status != ApplicationStatus::kRunning) return;
  if (!InMaintenanceWindow(row->maintenance_start, NowMs())) return;
  const std::string why = Runner().Outdated(folder_);
  if (why.empty()) return;
  // Not all at the same moment: the machine has to carry their restarts.
  if (supervisor_.maintenances_.fetch_add(1) < supervisor_.options_.maintenances_at_once &&
      Commit(ServiceChange(*row, ApplicationEvent::kMaintain,
                           ServiceOperation(kMaintenanceOperation, NewId(), row->version, NowMs())))) {
    maintenance_due_ns_ = now + std::chrono::nanoseconds(supervisor_.options_.maintenance_retry).count();
    At("maintenance.accepted");
    log_.Write("INFO", row->version, "The application is restarted for maintenance: " + why + ".");
    Restart(false);
  }
  supervisor_.maintenances_.fetch_sub(1);
}

}  // namespace sluice::service
