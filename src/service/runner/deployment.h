// What a driver brings up and how far it is: stored with the application, so that another service can go on with it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "service/store/application_store.h"

namespace sluice::service {

struct Deployment {
  /// What to start from: an ApplicationRestoreType, or empty for the snapshot that the change itself takes.
  std::string restore;
  std::string snapshot;  // the name of the one to start from: given with RESTORE_FROM_CUSTOM_SNAPSHOT, then found
  bool standing_alone = false;  // …and it is one of those that belong to no application
  bool allow_non_restored = false;

  bool take_snapshot = true;                    // of the job that is stopped for this one, if snapshots are enabled
  bool stopped = false;                         // no older job runs any more
  bool resolved = false;                        // `savepoints` are those to start from
  std::vector<std::string> savepoints;          // one for each job, below the data folder; empty: from nothing
  std::vector<std::string> running_savepoints;  // those of the deployment that this one takes the place of
  int64_t running_parallelism = 0;              // and what that was scaled to; 0: as its version says

  /// The ids of the job that was stopped behind its snapshot: whatever still has one of them is that job, not the one
  /// of this deployment. (A program may choose another id than the one that it was given.)
  std::vector<std::string> stopped_jobs;
  bool goes_on = false;  // from the last checkpoint of the job before, as there are no snapshots

  /// What takes this one's place in a change by the service itself, or when it is stopped; nothing of it is done yet.
  Deployment Following(int64_t current_parallelism) const;

  std::string Serialize() const;
  /// A default one for a text that Serialize did not write, e.g. of an older store.
  static Deployment Parse(const std::string& text);
};

/// A copy of an older version as the next one of a rollback, with the deployment of its job. The store's answers:
/// kNotFound if there is no such version.
Result<ApplicationStore::Change> RollbackTo(ApplicationStore& store, const ApplicationRow& row, int64_t version,
                                            int64_t now_ms);

/// A change that the service makes of an application by itself, in AUTOSCALING or MAINTENANCE: `operation` begins and
/// the job is restarted (or rescaled), the version stays. Refused (kConflict) if the application has changed since
/// `row`.
ApplicationStore::Change ServiceChange(const ApplicationRow& row, ApplicationEvent event, OperationRow operation);
/// …, named as it is shown, of an application at `version`.
OperationRow ServiceOperation(std::string name, std::string id, int64_t version, int64_t now_ms);

inline constexpr const char* kScalingOperation = "AutoScaleApplication";
inline constexpr const char* kMaintenanceOperation = "MaintainApplication";

}  // namespace sluice::service
