// The metadata of all applications: rows, versions, tags, operations. One SQLite file, versioned schema.
// Any thread may call; every call is one transaction and durable when it returns.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "service/lifecycle/state_machine.h"
#include "service/store/snapshot_row.h"

namespace sluice::service {

class Sqlite;

struct ApplicationRow {
  std::string name;
  std::string arn;
  std::string mode;  // "STREAMING"
  ApplicationStatus status = ApplicationStatus::kReady;
  int64_t version = 1;
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
  std::string maintenance_start;  // "HH:MM" UTC
  std::string
      run_configuration;         // JSON of the last start's RunConfigurationDescription; the store does not look inside
  std::string deployment{};      // what the driver brings up and how far it is; the store does not look inside
  int64_t running_version = 0;   // the version that ran last; 0: none yet
  int64_t previous_version = 0;  // the version that ran before that one; 0: none
  int64_t current_parallelism = 0;  // what the service has scaled it to; 0: as the version says. 0 when it is READY
};

/// One version of an application. `detail` is JSON: what DescribeApplicationVersion shows and the row above does not
/// say.
struct VersionRow {
  int64_t version = 1;
  int64_t created_ms = 0;
  int64_t updated_from = 0;  // 0: none, the first version
  std::string detail;
  int64_t rolled_back_from = 0;  // both 0 unless a rollback made this version
  int64_t rolled_back_to = 0;
};

struct OperationRow {
  std::string id;
  std::string operation;  // "StartApplication"
  std::string status;     // "IN_PROGRESS", "SUCCESSFUL", "FAILED", "CANCELLED"
  int64_t start_ms = 0;
  int64_t end_ms = 0;  // 0 while in progress
  int64_t version_from = 0;
  int64_t version_to = 0;
  std::string error;
  std::string rollback_id{};  // of the rollback that the failure began
  int64_t sequence = 0;       // set by the store; later ones are larger
};

using TagMap = std::map<std::string, std::string>;

class ApplicationStore {
 public:
  /// Opens or creates `path`; migrates an older schema, refuses a newer one (kNotSupported).
  static Result<std::unique_ptr<ApplicationStore>> Open(const std::string& path);
  ~ApplicationStore();

  /// kAlreadyExists (name), kResourceExhausted (max_applications reached).
  Status Create(const ApplicationRow& row, const VersionRow& first, const TagMap& tags, int64_t max_applications);
  Result<ApplicationRow> Find(const std::string& name);
  /// By name, ascending, those after `after`.
  Result<std::vector<ApplicationRow>> List(const std::string& after, int64_t limit);
  /// Removes the application and all that belongs to it.
  Status Remove(const std::string& name);

  /// The transition that `event` makes, written only if it is accepted and leads elsewhere. One transaction.
  struct Moved {
    Transition transition;
    ApplicationStatus before;
    bool accepted() const { return transition.verdict == Verdict::kAccept; }
  };
  Result<Moved> Apply(const std::string& name, ApplicationEvent event, int64_t now_ms);

  /// Everything that one call changes about an application.
  struct Change {
    std::optional<int64_t> expected_version;           // kConflict if the application is at another one
    std::optional<ApplicationStatus> expected_status;  // kConflict if it is in another one
    std::optional<std::string> expected_deployment;    // kConflict if it was exchanged
    std::optional<ApplicationEvent> event;
    std::optional<VersionRow> next;  // a new version (its number is set here)
    std::optional<std::string> run_configuration;
    std::optional<std::string> deployment;
    std::optional<int64_t> current_parallelism;
    std::string ends_operations;            // the status for those in progress, before `operation` begins; empty: none
    std::string why;                        // their error
    std::string rollback_id{};              // and the rollback that follows from it
    std::optional<OperationRow> operation;  // begins
  };
  /// All of `change` or, if the event is refused, nothing. One transaction.
  Result<Moved> Commit(const std::string& name, const Change& change, int64_t now_ms);

  /// Appends `next` (next.version is ignored and set) if the current version is `expected_version`, else kConflict.
  /// With `event`, the status moves too, in the same transaction; the refused transition is in the answer and then
  /// nothing is written.
  Result<Moved> AddVersion(const std::string& name, int64_t expected_version, const VersionRow& next,
                           std::optional<ApplicationEvent> event);
  Result<VersionRow> FindVersion(const std::string& name, int64_t version);
  /// Newest first, those older than `before`.
  Result<std::vector<VersionRow>> ListVersions(const std::string& name, int64_t before, int64_t limit);

  Status SetRunConfiguration(const std::string& name, const std::string& json);
  Status SetMaintenanceStart(const std::string& name, const std::string& start);

  Result<TagMap> Tags(const std::string& name);
  /// Adds or replaces; kResourceExhausted if there would be more than `max_tags`, and then nothing is written.
  Status PutTags(const std::string& name, const TagMap& tags, size_t max_tags);
  Status RemoveTags(const std::string& name, const std::vector<std::string>& keys);

  Status BeginOperation(const std::string& name, const OperationRow& operation);
  /// Ends the operation if it is in progress; an empty id ends every operation of the application that is in progress.
  Status EndOperation(const std::string& name, const std::string& id, const std::string& status,
                      const std::string& error, int64_t now_ms);
  Result<OperationRow> FindOperation(const std::string& name, const std::string& id);
  struct OperationFilter {
    std::string operation;
    std::string status;
  };
  /// Newest first, those with a smaller sequence than `before`.
  Result<std::vector<OperationRow>> ListOperations(const std::string& name, const OperationFilter& filter,
                                                   int64_t before, int64_t limit);

  // ---- snapshots (snapshot_rows.cc)

  /// Writes a snapshot, with the operation that it is of if there is one, and sets row->sequence. kAlreadyExists
  /// (name), kResourceExhausted (`limit` reached; 0: no limit).
  Status BeginSnapshot(SnapshotRow* row, int64_t limit, const SnapshotOperationRow* operation = nullptr);
  /// `owner`: the application's name, or empty for those that stand alone.
  Result<SnapshotRow> FindSnapshot(const std::string& owner, const std::string& name);
  Result<SnapshotRow> FindSnapshot(int64_t sequence);
  /// The newest that is READY, of those that the application owns or that were taken of it.
  std::optional<SnapshotRow> LatestSnapshot(const ApplicationRow& application);
  /// Newest first, those with a smaller sequence than `before`.
  Result<std::vector<SnapshotRow>> ListSnapshots(const SnapshotFilter& filter, int64_t before, int64_t limit);
  Result<int64_t> CountSnapshots(const std::string& owner);
  /// READY, with where it is; ends its operation. With `deployment` the application's is written too.
  Status FinishSnapshot(int64_t sequence, const std::vector<std::string>& locations, int64_t size_bytes, int64_t now_ms,
                        const std::optional<std::string>& deployment = std::nullopt);
  /// As FinishSnapshot, with what the exported snapshot says of itself.
  Status FinishImport(int64_t sequence, const std::string& runtime, int64_t version,
                      const std::vector<std::string>& locations, int64_t size_bytes, int64_t now_ms);
  /// FAILED, with the reason; ends its operation.
  /// Replaces SnapshotRow::detail by what `change` makes of it, in one transaction; a refusal of `change` changes
  /// nothing.
  Status ChangeSnapshotDetail(int64_t sequence, const std::function<Result<std::string>(const std::string&)>& change);
  Status FailSnapshot(int64_t sequence, const std::string& error, int64_t now_ms);
  /// DELETING if it is READY or FAILED; kConflict otherwise.
  Status MarkSnapshotDeleting(int64_t sequence, const SnapshotOperationRow* operation = nullptr);
  /// Its operations stay, and those in progress have succeeded.
  Status RemoveSnapshot(int64_t sequence, int64_t now_ms);

  /// kConflict unless the snapshot is READY.
  Status BeginExport(const SnapshotOperationRow& operation);
  Status EndSnapshotOperation(const std::string& id, const std::string& error_code, const std::string& error,
                              int64_t now_ms);
  Result<SnapshotOperationRow> FindSnapshotOperation(const std::string& snapshot, const std::string& id);
  /// Newest first, those with a smaller sequence than `before`; an empty `snapshot` means all.
  Result<std::vector<SnapshotOperationRow>> ListSnapshotOperations(const std::string& snapshot,
                                                                   const OperationFilter& filter, int64_t before,
                                                                   int64_t limit);

 private:
  explicit ApplicationStore(std::unique_ptr<Sqlite> database);
  Status Migrate();
  Result<ApplicationRow> FindLocked(const std::string& name);
  Status CommitLocked(ApplicationRow row, ApplicationStatus next, const Change& change, int64_t now_ms);
  Status AddVersionLocked(const std::string& name, int64_t number, const VersionRow& version);
  Status BeginOperationLocked(const std::string& name, const OperationRow& operation);
  Result<TagMap> TagsLocked(const std::string& name);

  Status EndOperationsOfSnapshot(int64_t sequence, const std::string& error, int64_t now_ms);

  std::mutex mutex_;
  std::unique_ptr<Sqlite> database_;
};

}  // namespace sluice::service
