// The life of an application as a table: (status, event) → (status, action). Pure; complete at compile time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::service {

/// The ApplicationStatus values of the API. Their numbers are stored: append only.
enum class ApplicationStatus : uint8_t {
  kReady,
  kStarting,
  kRunning,
  kStopping,
  kForceStopping,
  kUpdating,
  kAutoscaling,
  kRollingBack,
  kRolledBack,
  kMaintenance,
  kDeleting,
};
inline constexpr size_t kApplicationStatusCount = 11;

/// What can happen to an application. Down to kMaintain they are requests, refused where they do not fit; the rest come
/// from the engine and are ignored where they come too late.
enum class ApplicationEvent : uint8_t {
  kStart,
  kStop,
  kForceStop,
  kDelete,
  kUpdate,          // a new version whose code or settings a running job must be restarted for
  kRollback,        // back to the version that ran before
  kAutoscale,       // another parallelism, by the service itself
  kMaintain,        // a restart by the service itself
  kSystemRollback,  // the job of the new version did not come up, and the owner wants the one before back
  kUnchanged,       // what was under way was given up and the job goes on as before
  kEngineRunning,   // every task of the job runs
  kStartFailed,     // the job did not come up
  kStopped,         // the engine has ended, as asked
  kJobFinished,     // a bounded job has reached its end
  kJobLost,         // the running job failed or its engine died, and restarting was given up
};
inline constexpr size_t kApplicationEventCount = 15;

/// What to do about the engine after a transition.
enum class LifecycleAction : uint8_t {
  kNone,
  kStartEngine,
  kStopEngine,  // gracefully, then for sure
  kKillEngine,
  kRestartEngine,  // stop the job and start it with the current version
  kRemove,         // kill the engine, then remove the application's rows and files
};

enum class Verdict : uint8_t { kAccept, kRefuse, kIgnore };

struct Transition {
  Verdict verdict;
  ApplicationStatus next;  // meaningful when accepted
  LifecycleAction action;
};

Transition Decide(ApplicationStatus status, ApplicationEvent event);

/// True while the service owes the application another step without being asked: an engine should run or is to end.
bool HasEngineWork(ApplicationStatus status);

/// "READY", "FORCE_STOPPING", …
std::string_view ApplicationStatusName(ApplicationStatus status);
std::optional<ApplicationStatus> ParseApplicationStatus(std::string_view name);

}  // namespace sluice::service
