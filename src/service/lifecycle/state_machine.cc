#include "service/lifecycle/state_machine.h"

namespace sluice::service {
namespace {

using Row = std::array<Transition, kApplicationEventCount>;
using S = ApplicationStatus;
using A = LifecycleAction;

constexpr Transition To(S next, A action = A::kNone) { return {Verdict::kAccept, next, action}; }
constexpr Transition kNo = {Verdict::kRefuse, S::kReady, A::kNone};
constexpr Transition kSkip = {Verdict::kIgnore, S::kReady, A::kNone};

constexpr Transition kStart = To(S::kStarting, A::kStartEngine);
constexpr Transition kStop = To(S::kStopping, A::kStopEngine);
constexpr Transition kForce = To(S::kForceStopping, A::kKillEngine);
constexpr Transition kDelete = To(S::kDeleting, A::kRemove);
constexpr Transition kUpdate = To(S::kUpdating, A::kRestartEngine);
constexpr Transition kBack = To(S::kRollingBack, A::kRestartEngine);
constexpr Transition kScale = To(S::kAutoscaling, A::kRestartEngine);
constexpr Transition kCare = To(S::kMaintenance, A::kRestartEngine);
constexpr Transition kBackBySystem = To(S::kRollingBack);  // by the driver, which goes on with it
constexpr Transition kSame = To(S::kRunning);
constexpr Transition kRuns = To(S::kRunning);
constexpr Transition kEnds = To(S::kReady, A::kKillEngine);
constexpr Transition kEnded = To(S::kReady);

// A job that is being changed: the old one is stopped on the way, and whatever ends the new one ends the change.
constexpr Row Changing(Transition back, Transition system_back) {
  return {kNo, kNo, kForce, kNo, kNo, back, kNo, kNo, system_back, kSame, kRuns, kEnds, kSkip, kEnds, kEnds};
}
constexpr Row kUp = {kNo,   kStop, kForce, kDelete, kUpdate, kBack, kScale, kCare,
                     kSkip, kSkip, kSkip,  kSkip,   kSkip,   kEnds, kEnds};
// The job of the version before runs; the next look at it makes that RUNNING.
constexpr Row kUpAgain = {kNo,   kStop, kForce, kDelete, kUpdate, kNo,   kNo,  kNo,
                          kSkip, kSkip, kRuns,  kSkip,   kSkip,   kEnds, kEnds};
constexpr Row kRollingBack = {kNo,   kNo,   kForce, kNo,  kNo, kNo, kNo, kNo, kSkip, kSame, To(S::kRolledBack),
                              kEnds, kSkip, kEnds,  kEnds};

constexpr std::array<Row, kApplicationStatusCount> kTable = {{
    // Start, Stop, ForceStop, Delete, Update, Rollback, Autoscale, Maintain,
    // SystemRollback, Unchanged, EngineRunning, StartFailed, Stopped, JobFinished, JobLost
    /* READY          */ {kStart, kNo, kNo, kDelete, To(S::kReady), kNo, kNo, kNo, kSkip, kSkip, kSkip, kSkip, kSkip,
                          kSkip, kSkip},
    /* STARTING       */
    {kNo, kNo, kForce, kNo, kNo, kNo, kNo, kNo, kBackBySystem, kSkip, kRuns, kEnds, kSkip, kEnds, kEnds},
    /* RUNNING        */ kUp,
    /* STOPPING       */
    {kNo, kNo, kForce, kNo, kNo, kNo, kNo, kNo, kSkip, kSame, kSkip, kEnded, kEnded, kEnded, kEnded},
    /* FORCE_STOPPING */
    {kNo, kNo, kNo, kNo, kNo, kNo, kNo, kNo, kSkip, kSkip, kSkip, kEnded, kEnded, kEnded, kEnded},
    /* UPDATING       */ Changing(kBack, kBackBySystem),
    /* AUTOSCALING    */ Changing(kBack, kBackBySystem),
    /* ROLLING_BACK   */ kRollingBack,
    /* ROLLED_BACK    */ kUpAgain,
    /* MAINTENANCE    */ Changing(kNo, kBackBySystem),
    /* DELETING       */
    {kNo, kNo, kNo, kNo, kNo, kNo, kNo, kNo, kSkip, kSkip, kSkip, kSkip, kSkip, kSkip, kSkip},
}};

constexpr std::array<std::string_view, kApplicationStatusCount> kNames = {
    "READY",       "STARTING",     "RUNNING",     "STOPPING",    "FORCE_STOPPING", "UPDATING",
    "AUTOSCALING", "ROLLING_BACK", "ROLLED_BACK", "MAINTENANCE", "DELETING"};

// Aggregate initialisation would fill a forgotten entry with zeros: accept to READY. Hold what such a hole would break.
constexpr bool NoHoles() {
  for (const Row& row : kTable) {
    if (row[static_cast<size_t>(ApplicationEvent::kJobLost)].verdict == Verdict::kAccept &&
        row[static_cast<size_t>(ApplicationEvent::kStart)].verdict == Verdict::kAccept) {
      return false;
    }
  }
  for (std::string_view name : kNames) {
    if (name.empty()) return false;
  }
  return true;
}
static_assert(NoHoles());
static_assert(static_cast<size_t>(ApplicationStatus::kDeleting) + 1 == kApplicationStatusCount);
static_assert(static_cast<size_t>(ApplicationEvent::kJobLost) + 1 == kApplicationEventCount);

}  // namespace

Transition Decide(ApplicationStatus status, ApplicationEvent event) {
  return kTable[static_cast<size_t>(status)][static_cast<size_t>(event)];
}

bool HasEngineWork(ApplicationStatus status) { return status != ApplicationStatus::kReady; }

std::string_view ApplicationStatusName(ApplicationStatus status) { return kNames[static_cast<size_t>(status)]; }

std::optional<ApplicationStatus> ParseApplicationStatus(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<ApplicationStatus>(i);
  }
  return std::nullopt;
}

}  // namespace sluice::service
