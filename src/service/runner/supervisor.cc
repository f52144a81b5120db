#include "service/runner/supervisor.h"

#include "base/files.h"
#include "service/runner/driver.h"
#include "service/runner/snapshot_keeper.h"

namespace sluice::service {
namespace {

LifecycleAction ActionToResume(ApplicationStatus status) {
  switch (status) {
    case ApplicationStatus::kReady: return LifecycleAction::kKillEngine;  // what a crash may have left
    case ApplicationStatus::kStarting: return LifecycleAction::kStartEngine;
    case ApplicationStatus::kRunning:
    case ApplicationStatus::kRolledBack: return LifecycleAction::kNone;  // watch
    case ApplicationStatus::kStopping: return LifecycleAction::kStopEngine;
    case ApplicationStatus::kForceStopping: return LifecycleAction::kKillEngine;
    case ApplicationStatus::kUpdating:
    case ApplicationStatus::kAutoscaling:
    case ApplicationStatus::kRollingBack:
    case ApplicationStatus::kMaintenance: return LifecycleAction::kRestartEngine;
    case ApplicationStatus::kDeleting: return LifecycleAction::kRemove;
  }
  return LifecycleAction::kNone;
}

bool WantsAJob(ApplicationStatus status) {
  switch (status) {
    case ApplicationStatus::kReady:
    case ApplicationStatus::kStopping:
    case ApplicationStatus::kForceStopping:
    case ApplicationStatus::kDeleting: return false;
    default: return true;
  }
}

}  // namespace

std::string ApplicationFolder(const std::string& data_folder, const std::string& name) {
  // "." and ".." are valid names of applications.
  const bool dots = name.find_first_not_of('.') == std::string::npos;
  return data_folder + "/apps/" + (dots ? "%" + std::to_string(name.size()) + "dots" : name);
}

std::string JobPlanFile(const std::string& application_folder) { return application_folder + "/job_plan.json"; }

Supervisor::Supervisor(SupervisorOptions options, ApplicationStore& store, EngineChoice& engines, JobSpecSource& specs,
                       Clock& clock, Logger logger)
    : options_(std::move(options)),
      store_(store),
      engines_(engines),
      specs_(specs),
      clock_(clock),
      logger_(logger.For("supervisor")),
      keeper_(std::make_unique<SnapshotKeeper>(*this)) {}

Supervisor::~Supervisor() { Shutdown(false); }

Status Supervisor::Resume() {
  std::string after;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(auto rows, store_.List(after, 100));
    if (rows.empty()) {
      KeepSnapshots();
      return {};
    }
    for (const ApplicationRow& row : rows) {
      const std::string folder = ApplicationFolder(options_.data_folder, row.name);
      if (row.status == ApplicationStatus::kReady) {
        SLUICE_RETURN_IF_ERROR(engines_.End(folder, false));
        FailSnapshots(row.name, "the application is not running any more");
      } else {
        logger_.Info("taking up an application",
                     {{"application", row.name}, {"status", ApplicationStatusName(row.status)}});
        Assign(row.name, ActionToResume(row.status), true);
      }
    }
    after = rows.back().name;
  }
}

void Supervisor::Perform(const std::string& name, LifecycleAction action) {
  if (action == LifecycleAction::kNone) return;
  Assign(name, action, false);
  // The driver may be in the middle of a long request to the engine: the engine's end cuts it short.
  if (action == LifecycleAction::kKillEngine) {
    (void)engines_.End(ApplicationFolder(options_.data_folder, name), false);
  }
}

void Supervisor::Assign(const std::string& name, LifecycleAction action, bool resume) {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  // Threads of applications that are no more. An application of the same name begins with a driver of its own.
  std::erase_if(drivers_, [](const auto& driver) { return driver.second->Gone(); });
  DriverOf(name).Assign(action, resume);
}

Supervisor::Driver& Supervisor::DriverOf(const std::string& name) {
  auto& driver = drivers_[name];
  if (!driver) {
    auto row = store_.Find(name);
    driver = std::make_unique<Driver>(*this, name, row.ok() ? row->arn : "");
  }
  return *driver;
}

void Supervisor::TakeSnapshots(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (!closed_) DriverOf(name).TakeSnapshotsSoon();
}

void Supervisor::KeepSnapshots() { keeper_->Wake(); }

std::optional<std::string> Supervisor::Downtime(const std::string& name) {
  std::lock_guard lock(mutex_);
  auto driver = drivers_.find(name);
  if (driver == drivers_.end()) return std::nullopt;
  return driver->second->Downtime();
}

Result<std::string> Supervisor::PrometheusText() {
  std::vector<MetricSample> running;
  std::string after;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const auto rows, store_.List(after, 100));
    if (rows.empty()) return metrics_.PrometheusText(running);
    for (const ApplicationRow& row : rows) {
      const bool up = row.status == ApplicationStatus::kRunning || row.status == ApplicationStatus::kRolledBack;
      if (WantsAJob(row.status)) running.push_back(RunningSample(row.name, up && !Downtime(row.name)));
    }
    after = rows.back().name;
  }
}

void Supervisor::FailSnapshots(const std::string& name, const std::string& why) {
  auto waiting = store_.ListSnapshots({.application = name, .status = "CREATING"}, kNewest, 1000);
  if (!waiting.ok()) return;
  for (const SnapshotRow& row : *waiting) (void)store_.FailSnapshot(row.sequence, why, clock_.NowMs());
}

void Supervisor::Shutdown(bool stop_engines) {
  std::map<std::string, std::unique_ptr<Driver>> drivers;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    drivers.swap(drivers_);
  }
  keeper_->Close();
  for (auto& [name, driver] : drivers) driver->Close();
  for (auto& [name, driver] : drivers) {
    driver.reset();
    if (stop_engines) (void)engines_.End(ApplicationFolder(options_.data_folder, name), true);
  }
}

}  // namespace sluice::service
