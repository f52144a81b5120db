#include "service/store/application_store.h"

#include <fmt/format.h>

#include "service/store/sqlite.h"

namespace sluice::service {
namespace {

// One entry for each schema version, the step from the version before. Released steps never change.
constexpr const char* kMigrations[] = {
    R"sql(
    CREATE TABLE applications (
      name TEXT PRIMARY KEY, arn TEXT NOT NULL, mode TEXT NOT NULL, status TEXT NOT NULL, version INTEGER NOT NULL,
      created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, maintenance_start TEXT NOT NULL,
      run_configuration TEXT NOT NULL) STRICT;
    CREATE TABLE versions (
      name TEXT NOT NULL REFERENCES applications(name) ON DELETE CASCADE, version INTEGER NOT NULL,
      created_ms INTEGER NOT NULL, updated_from INTEGER NOT NULL, detail TEXT NOT NULL,
      PRIMARY KEY (name, version)) STRICT, WITHOUT ROWID;
    CREATE TABLE tags (
      name TEXT NOT NULL REFERENCES applications(name) ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (name, key)) STRICT, WITHOUT ROWID;
    CREATE TABLE operations (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL REFERENCES applications(name) ON DELETE CASCADE, id TEXT NOT NULL, operation TEXT NOT NULL,
      status TEXT NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, version_from INTEGER NOT NULL,
      version_to INTEGER NOT NULL, error TEXT NOT NULL, UNIQUE (name, id)) STRICT;
    )sql",
    R"sql(
    ALTER TABLE applications ADD COLUMN deployment TEXT NOT NULL DEFAULT '';
    ALTER TABLE applications ADD COLUMN running_version INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE applications ADD COLUMN previous_version INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE versions ADD COLUMN rolled_back_from INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE versions ADD COLUMN rolled_back_to INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE operations ADD COLUMN rollback_id TEXT NOT NULL DEFAULT '';
    UPDATE applications SET running_version = version WHERE status = 'RUNNING';
    CREATE TABLE snapshots (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      owner TEXT NOT NULL, name TEXT NOT NULL, application TEXT NOT NULL, application_created_ms INTEGER NOT NULL,
      status TEXT NOT NULL, version INTEGER NOT NULL, created_ms INTEGER NOT NULL, runtime TEXT NOT NULL,
      folder TEXT NOT NULL, locations TEXT NOT NULL, by_system INTEGER NOT NULL, origin TEXT NOT NULL,
      size_bytes INTEGER NOT NULL, detail TEXT NOT NULL, error TEXT NOT NULL, UNIQUE (owner, name)) STRICT;
    CREATE TABLE snapshot_operations (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      snapshot INTEGER NOT NULL, name TEXT NOT NULL,
      id TEXT NOT NULL UNIQUE, operation TEXT NOT NULL, status TEXT NOT NULL, start_ms INTEGER NOT NULL,
      end_ms INTEGER NOT NULL, detail TEXT NOT NULL, error_code TEXT NOT NULL, error TEXT NOT NULL) STRICT;
    )sql",
    R"sql(
    ALTER TABLE applications ADD COLUMN current_parallelism INTEGER NOT NULL DEFAULT 0;
    )sql",
};
constexpr int64_t kSchemaVersion = std::size(kMigrations);

constexpr std::string_view kApplicationColumns =
    "name, arn, mode, status, version, created_ms, updated_ms, maintenance_start, run_configuration, deployment, "
    "running_version, previous_version, current_parallelism";
constexpr std::string_view kVersionColumns =
    "version, created_ms, updated_from, detail, rolled_back_from, rolled_back_to";
constexpr std::string_view kOperationColumns =
    "id, operation, status, start_ms, end_ms, version_from, version_to, error, rollback_id";

ApplicationRow ReadApplication(const SqlRow& row) {
  ApplicationRow out;
  out.name = row.Text(0);
  out.arn = row.Text(1);
  out.mode = row.Text(2);
  out.status = ParseApplicationStatus(row.Text(3)).value_or(ApplicationStatus::kReady);
  out.version = row.Int(4);
  out.created_ms = row.Int(5);
  out.updated_ms = row.Int(6);
  out.maintenance_start = row.Text(7);
  out.run_configuration = row.Text(8);
  out.deployment = row.Text(9);
  out.running_version = row.Int(10);
  out.previous_version = row.Int(11);
  out.current_parallelism = row.Int(12);
  return out;
}

VersionRow ReadVersion(const SqlRow& row) {
  return {row.Int(0), row.Int(1), row.Int(2), row.Text(3), row.Int(4), row.Int(5)};
}

OperationRow ReadOperation(const SqlRow& row) {
  return {row.Text(0), row.Text(1), row.Text(2), row.Int(3),  row.Int(4),
          row.Int(5),  row.Int(6),  row.Text(7), row.Text(8), row.Int(9)};
}

std::string Name(ApplicationStatus status) { return std::string(ApplicationStatusName(status)); }

Error NoSuch(std::string_view what, const std::string& name) {
  return Error(ErrorCode::kNotFound, fmt::format("{} '{}' does not exist", what, name));
}

Result<ApplicationRow> FindIn(Sqlite& database, const std::string& name) {
  std::optional<ApplicationRow> found;
  SLUICE_RETURN_IF_ERROR(database.Run(fmt::format("SELECT {} FROM applications WHERE name = ?", kApplicationColumns),
                                      {name}, [&](const SqlRow& row) { found = ReadApplication(row); }));
  if (!found) return NoSuch("application", name);
  return *found;
}

}  // namespace

ApplicationStore::ApplicationStore(std::unique_ptr<Sqlite> database) : database_(std::move(database)) {}
ApplicationStore::~ApplicationStore() = default;

Result<std::unique_ptr<ApplicationStore>> ApplicationStore::Open(const std::string& path) {
  SLUICE_ASSIGN_OR_RETURN(auto database, Sqlite::Open(path));
  std::unique_ptr<ApplicationStore> store(new ApplicationStore(std::move(database)));
  if (auto migrated = store->Migrate(); !migrated.ok()) return migrated.error().WithContext(path);
  return store;
}

Status ApplicationStore::Migrate() {
  return database_->Transaction([&]() -> Status {
    int64_t version = 0;
    SLUICE_ASSIGN_OR_RETURN(
        auto ignored, database_->Run("PRAGMA user_version", {}, [&](const SqlRow& row) { version = row.Int(0); }));
    (void)ignored;
    if (version > kSchemaVersion) {
      return Error(
          ErrorCode::kNotSupported,
          fmt::format("the metadata store has schema version {}, written by a newer Sluice; this one knows up to "
                      "{}: use the newer one, or another data folder",
                      version, kSchemaVersion));
    }
    for (int64_t step = version; step < kSchemaVersion; ++step) {
      SLUICE_RETURN_IF_ERROR(database_->Script(kMigrations[step]));
    }
    return database_->Script(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
  });
}

Status ApplicationStore::Create(const ApplicationRow& row, const VersionRow& first, const TagMap& tags,
                                int64_t max_applications) {
  std::lock_guard lock(mutex_);
  return database_->Transaction([&]() -> Status {
    if (FindLocked(row.name).ok()) {
      return Error(ErrorCode::kAlreadyExists, fmt::format("application '{}' already exists", row.name));
    }
    int64_t count = 0;
    SLUICE_RETURN_IF_ERROR(database_->Run("SELECT count(*) FROM applications", {},
                                          [&](const SqlRow& counted) { count = counted.Int(0); }));
    if (count >= max_applications) {
      return Error(ErrorCode::kResourceExhausted,
                   fmt::format("there are {} applications, which is the limit; delete one first", count));
    }
    SLUICE_RETURN_IF_ERROR(database_->Run(
        fmt::format("INSERT INTO applications ({}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", kApplicationColumns),
        {row.name, row.arn, row.mode, Name(row.status), row.version, row.created_ms, row.updated_ms,
         row.maintenance_start, row.run_configuration, row.deployment, row.running_version, row.previous_version,
         row.current_parallelism}));
    SLUICE_RETURN_IF_ERROR(AddVersionLocked(row.name, row.version, first));
    for (const auto& [key, value] : tags) {
      SLUICE_RETURN_IF_ERROR(database_->Run("INSERT INTO tags VALUES (?,?,?)", {row.name, key, value}));
    }
    return {};
  });
}

Result<ApplicationRow> ApplicationStore::FindLocked(const std::string& name) { return FindIn(*database_, name); }

// What only reads does so beside the transactions: nobody who asks for a status waits for another's write.

Result<ApplicationRow> ApplicationStore::Find(const std::string& name) {
  std::lock_guard lock(database_->reader().mutex());
  return FindIn(database_->reader(), name);
}

Result<std::vector<ApplicationRow>> ApplicationStore::List(const std::string& after, int64_t limit) {
  std::lock_guard lock(database_->reader().mutex());
  std::vector<ApplicationRow> out;
  SLUICE_RETURN_IF_ERROR(database_->reader().Run(
      fmt::format("SELECT {} FROM applications WHERE name > ? ORDER BY name LIMIT ?", kApplicationColumns),
      {after, limit}, [&](const SqlRow& row) { out.push_back(ReadApplication(row)); }));
  return out;
}

Status ApplicationStore::Remove(const std::string& name) {
  std::lock_guard lock(mutex_);
  return database_->Transaction([&]() -> Status {
    SLUICE_RETURN_IF_ERROR(database_->Run("DELETE FROM snapshots WHERE owner = ?", {name}));
    SLUICE_RETURN_IF_ERROR(database_->Run("DELETE FROM applications WHERE name = ?", {name}));
    return {};
  });
}

Result<ApplicationStore::Moved> ApplicationStore::Apply(const std::string& name, ApplicationEvent event,
                                                        int64_t now_ms) {
  Change change;
  change.event = event;
  return Commit(name, change, now_ms);
}

Result<ApplicationStore::Moved> ApplicationStore::AddVersion(const std::string& name, int64_t expected_version,
                                                             const VersionRow& next,
                                                             std::optional<ApplicationEvent> event) {
  Change change;
  change.expected_version = expected_version;
  change.next = next;
  change.event = event;
  return Commit(name, change, next.created_ms);
}

Result<ApplicationStore::Moved> ApplicationStore::Commit(const std::string& name, const Change& change,
                                                         int64_t now_ms) {
  std::lock_guard lock(mutex_);
  Moved moved{};
  auto done = database_->Transaction([&]() -> Status {
    SLUICE_ASSIGN_OR_RETURN(ApplicationRow row, FindLocked(name));
    if (change.expected_version && row.version != *change.expected_version) {
      return Error(ErrorCode::kConflict, fmt::format("application '{}' is at version {}, the request is for version {}",
                                                     name, row.version, *change.expected_version));
    }
    if (change.expected_status && row.status != *change.expected_status) {
      return Error(ErrorCode::kConflict, fmt::format("application '{}' became {} in between", name, Name(row.status)));
    }
    moved = {change.event ? Decide(row.status, *change.event)
                          : Transition{Verdict::kAccept, row.status, LifecycleAction::kNone},
             row.status};
    if (!moved.accepted()) return {};
    if (change.expected_deployment && row.deployment != *change.expected_deployment) {
      return Error(ErrorCode::kConflict, fmt::format("application '{}' was restarted in between", name));
    }
    return CommitLocked(row, moved.transition.next, change, now_ms);
  });
  if (!done.ok()) return done.error();
  return moved;
}

Status ApplicationStore::CommitLocked(ApplicationRow row, ApplicationStatus next, const Change& change,
                                      int64_t now_ms) {
  if (change.next) SLUICE_RETURN_IF_ERROR(AddVersionLocked(row.name, ++row.version, *change.next));
  if (change.run_configuration) row.run_configuration = *change.run_configuration;
  if (change.deployment) row.deployment = *change.deployment;
  if (change.current_parallelism) row.current_parallelism = *change.current_parallelism;
  if (next == ApplicationStatus::kReady) row.current_parallelism = 0;
  if (change.event == ApplicationEvent::kEngineRunning && row.version != row.running_version) {
    row.previous_version = row.running_version;
    row.running_version = row.version;
  }
  // The job goes on, as the version that now says what it always ran.
  if (change.event == ApplicationEvent::kUnchanged && change.next) row.running_version = row.version;
  const bool touches = change.event || change.next || change.run_configuration;
  SLUICE_RETURN_IF_ERROR(database_->Run(
      "UPDATE applications SET status = ?, updated_ms = ?, version = ?, run_configuration = ?, deployment = ?, "
      "running_version = ?, previous_version = ?, current_parallelism = ? WHERE name = ?",
      {Name(next), touches ? now_ms : row.updated_ms, row.version, row.run_configuration, row.deployment,
       row.running_version, row.previous_version, row.current_parallelism, row.name}));
  if (!change.ends_operations.empty()) {
    SLUICE_RETURN_IF_ERROR(
        database_->Run("UPDATE operations SET status = ?, error = ?, rollback_id = ?, end_ms = ? "
                       "WHERE name = ? AND status = 'IN_PROGRESS'",
                       {change.ends_operations, change.why, change.rollback_id, now_ms, row.name}));
  }
  if (change.operation) SLUICE_RETURN_IF_ERROR(BeginOperationLocked(row.name, *change.operation));
  return {};
}

Status ApplicationStore::AddVersionLocked(const std::string& name, int64_t number, const VersionRow& version) {
  SLUICE_RETURN_IF_ERROR(
      database_->Run(fmt::format("INSERT INTO versions (name, {}) VALUES (?,?,?,?,?,?,?)", kVersionColumns),
                     {name, number, version.created_ms, version.updated_from, version.detail, version.rolled_back_from,
                      version.rolled_back_to}));
  return {};
}

Result<VersionRow> ApplicationStore::FindVersion(const std::string& name, int64_t version) {
  std::lock_guard lock(database_->reader().mutex());
  std::optional<VersionRow> found;
  SLUICE_RETURN_IF_ERROR(
      database_->reader().Run(fmt::format("SELECT {} FROM versions WHERE name = ? AND version = ?", kVersionColumns),
                              {name, version}, [&](const SqlRow& row) { found = ReadVersion(row); }));
  if (!found) return NoSuch("version " + std::to_string(version) + " of application", name);
  return *found;
}

Result<std::vector<VersionRow>> ApplicationStore::ListVersions(const std::string& name, int64_t before, int64_t limit) {
  std::lock_guard lock(database_->reader().mutex());
  std::vector<VersionRow> out;
  SLUICE_RETURN_IF_ERROR(database_->reader().Run(
      "SELECT version, created_ms, updated_from, '', rolled_back_from, rolled_back_to FROM versions "
      "WHERE name = ? AND version < ? "
      "ORDER BY version DESC LIMIT ?",
      {name, before, limit}, [&](const SqlRow& row) { out.push_back(ReadVersion(row)); }));
  return out;
}

Status ApplicationStore::SetRunConfiguration(const std::string& name, const std::string& json) {
  std::lock_guard lock(mutex_);
  SLUICE_RETURN_IF_ERROR(database_->Run("UPDATE applications SET run_configuration = ? WHERE name = ?", {json, name}));
  return {};
}

Status ApplicationStore::SetMaintenanceStart(const std::string& name, const std::string& start) {
  std::lock_guard lock(mutex_);
  SLUICE_RETURN_IF_ERROR(database_->Run("UPDATE applications SET maintenance_start = ? WHERE name = ?", {start, name}));
  return {};
}

Result<TagMap> ApplicationStore::TagsLocked(const std::string& name) {
  TagMap tags;
  SLUICE_RETURN_IF_ERROR(database_->Run("SELECT key, value FROM tags WHERE name = ?", {name},
                                        [&](const SqlRow& row) { tags[row.Text(0)] = row.Text(1); }));
  return tags;
}

Result<TagMap> ApplicationStore::Tags(const std::string& name) {
  std::lock_guard lock(mutex_);
  return TagsLocked(name);
}

Status ApplicationStore::PutTags(const std::string& name, const TagMap& tags, size_t max_tags) {
  std::lock_guard lock(mutex_);
  return database_->Transaction([&]() -> Status {
    SLUICE_ASSIGN_OR_RETURN(ApplicationRow row, FindLocked(name));
    SLUICE_ASSIGN_OR_RETURN(TagMap all, TagsLocked(row.name));
    for (const auto& [key, value] : tags) all[key] = value;
    if (all.size() > max_tags) {
      return Error(
          ErrorCode::kResourceExhausted,
          fmt::format("application '{}' would have {} tags; at most {} are allowed", name, all.size(), max_tags));
    }
    for (const auto& [key, value] : tags) {
      SLUICE_RETURN_IF_ERROR(database_->Run("INSERT OR REPLACE INTO tags VALUES (?,?,?)", {name, key, value}));
    }
    return {};
  });
}

Status ApplicationStore::RemoveTags(const std::string& name, const std::vector<std::string>& keys) {
  std::lock_guard lock(mutex_);
  return database_->Transaction([&]() -> Status {
    for (const std::string& key : keys) {
      SLUICE_RETURN_IF_ERROR(database_->Run("DELETE FROM tags WHERE name = ? AND key = ?", {name, key}));
    }
    return {};
  });
}

Status ApplicationStore::BeginOperation(const std::string& name, const OperationRow& operation) {
  std::lock_guard lock(mutex_);
  return BeginOperationLocked(name, operation);
}

Status ApplicationStore::BeginOperationLocked(const std::string& name, const OperationRow& operation) {
  SLUICE_RETURN_IF_ERROR(
      database_->Run(fmt::format("INSERT INTO operations (name, {}) VALUES (?,?,?,?,?,?,?,?,?,?)", kOperationColumns),
                     {name, operation.id, operation.operation, operation.status, operation.start_ms, operation.end_ms,
                      operation.version_from, operation.version_to, operation.error, operation.rollback_id}));
  return {};
}

Status ApplicationStore::EndOperation(const std::string& name, const std::string& id, const std::string& status,
                                      const std::string& error, int64_t now_ms) {
  std::lock_guard lock(mutex_);
  SLUICE_RETURN_IF_ERROR(
      database_->Run("UPDATE operations SET status = ?, error = ?, end_ms = ? "
                     "WHERE name = ? AND (id = ? OR ? = '') AND status = 'IN_PROGRESS'",
                     {status, error, now_ms, name, id, id}));
  return {};
}

Result<OperationRow> ApplicationStore::FindOperation(const std::string& name, const std::string& id) {
  std::lock_guard lock(database_->reader().mutex());
  std::optional<OperationRow> found;
  SLUICE_RETURN_IF_ERROR(database_->reader().Run(
      fmt::format("SELECT {}, sequence FROM operations WHERE name = ? AND id = ?", kOperationColumns), {name, id},
      [&](const SqlRow& row) { found = ReadOperation(row); }));
  if (!found) return NoSuch("operation", id);
  return *found;
}

Result<std::vector<OperationRow>> ApplicationStore::ListOperations(const std::string& name,
                                                                   const OperationFilter& filter, int64_t before,
                                                                   int64_t limit) {
  std::lock_guard lock(database_->reader().mutex());
  std::vector<OperationRow> out;
  SLUICE_RETURN_IF_ERROR(database_->reader().Run(
      fmt::format("SELECT {}, sequence FROM operations WHERE name = ? AND (operation = ? OR ? = '') AND "
                  "(status = ? OR ? = '') AND sequence < ? ORDER BY sequence DESC LIMIT ?",
                  kOperationColumns),
      {name, filter.operation, filter.operation, filter.status, filter.status, before, limit},
      [&](const SqlRow& row) { out.push_back(ReadOperation(row)); }));
  return out;
}

}  // namespace sluice::service
