#include <fmt/format.h>

#include "service/store/application_store.h"
#include "service/store/sqlite.h"

namespace sluice::service {
namespace {

constexpr std::string_view kColumns =
    "sequence, owner, name, application, application_created_ms, status, version, created_ms, runtime, folder, "
    "locations, by_system, origin, size_bytes, detail, error";
constexpr std::string_view kOperationColumns =
    "id, snapshot, name, operation, status, start_ms, end_ms, detail, error_code, error";

// Folders are named by us: no newline in them.
std::string Joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> out;
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    out.push_back(text.substr(begin, end - begin));
  }
  return out;
}

SnapshotRow ReadSnapshot(const SqlRow& row) {
  SnapshotRow out;
  out.sequence = row.Int(0);
  out.owner = row.Text(1);
  out.name = row.Text(2);
  out.application = row.Text(3);
  out.application_created_ms = row.Int(4);
  out.status = row.Text(5);
  out.version = row.Int(6);
  out.created_ms = row.Int(7);
  out.runtime = row.Text(8);
  out.folder = row.Text(9);
  out.locations = Split(row.Text(10));
  out.by_system = row.Int(11) != 0;
  out.origin = row.Text(12);
  out.size_bytes = row.Int(13);
  out.detail = row.Text(14);
  out.error = row.Text(15);
  return out;
}

SnapshotOperationRow ReadOperation(const SqlRow& row) {
  return {row.Text(0), row.Int(1),  row.Text(2), row.Text(3), row.Text(4), row.Int(5),
          row.Int(6),  row.Text(7), row.Text(8), row.Text(9), row.Int(10)};
}

Status InsertOperation(Sqlite& database, const SnapshotOperationRow& row) {
  SLUICE_RETURN_IF_ERROR(
      database.Run(fmt::format("INSERT INTO snapshot_operations ({}) VALUES (?,?,?,?,?,?,?,?,?,?)", kOperationColumns),
                   {row.id, row.snapshot, row.name, row.operation, row.status, row.start_ms, row.end_ms, row.detail,
                    row.error_code, row.error}));
  return {};
}

Result<std::optional<SnapshotRow>> One(Sqlite& database, const std::string& condition,
                                       const std::vector<SqlValue>& parameters) {
  std::optional<SnapshotRow> found;
  SLUICE_RETURN_IF_ERROR(database.Run(fmt::format("SELECT {} FROM snapshots WHERE {}", kColumns, condition), parameters,
                                      [&](const SqlRow& row) { found = ReadSnapshot(row); }));
  return found;
}

Result<int64_t> Count(Sqlite& database, const std::string& owner) {
  int64_t count = 0;
  SLUICE_RETURN_IF_ERROR(database.Run("SELECT count(*) FROM snapshots WHERE owner = ?", {owner},
                                      [&](const SqlRow& row) { count = row.Int(0); }));
  return count;
}

}  // namespace

Status ApplicationStore::BeginSnapshot(SnapshotRow* row, int64_t limit, const SnapshotOperationRow* operation) {
  std::lock_guard lock(mutex_);
  return database_->Transaction([&]() -> Status {
    if (!row->by_system && !row->application.empty()) {
      SLUICE_ASSIGN_OR_RETURN(ApplicationRow application, FindLocked(row->application));
      if (application.status != ApplicationStatus::kRunning) {
        return Error(ErrorCode::kConflict, fmt::format("application '{}' is not RUNNING any more", application.name));
      }
    }
    SLUICE_ASSIGN_OR_RETURN(auto same, One(*database_, "owner = ? AND name = ?", {row->owner, row->name}));
    if (same) return Error(ErrorCode::kAlreadyExists, fmt::format("snapshot '{}' already exists", row->name));
    SLUICE_ASSIGN_OR_RETURN(int64_t count, Count(*database_, row->owner));
    if (limit > 0 && count >= limit) {
      return Error(ErrorCode::kResourceExhausted,
                   fmt::format("there are {} snapshots, which is the limit; delete one first", count));
    }
    SLUICE_RETURN_IF_ERROR(database_->Run(
        "INSERT INTO snapshots (owner, name, application, application_created_ms, status, version, created_ms, "
        "runtime, folder, locations, by_system, origin, size_bytes, detail, error) "
        "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        {row->owner, row->name, row->application, row->application_created_ms, row->status, row->version,
         row->created_ms, row->runtime, row->folder, Joined(row->locations), int64_t{row->by_system}, row->origin,
         row->size_bytes, row->detail, row->error}));
    SLUICE_RETURN_IF_ERROR(
        database_->Run("SELECT last_insert_rowid()", {}, [&](const SqlRow& answer) { row->sequence = answer.Int(0); }));
    if (operation == nullptr) return {};
    SnapshotOperationRow of = *operation;
    of.snapshot = row->sequence;
    of.name = row->name;
    return InsertOperation(*database_, of);
  });
}

Result<SnapshotRow> ApplicationStore::FindSnapshot(const std::string& owner, const std::string& name) {
  std::lock_guard lock(mutex_);
  SLUICE_ASSIGN_OR_RETURN(auto found, One(*database_, "owner = ? AND name = ?", {owner, name}));
  if (!found) return Error(ErrorCode::kNotFound, fmt::format("snapshot '{}' does not exist", name));
  return *found;
}

Result<SnapshotRow> ApplicationStore::FindSnapshot(int64_t sequence) {
  std::lock_guard lock(mutex_);
  SLUICE_ASSIGN_OR_RETURN(auto found, One(*database_, "sequence = ?", {sequence}));
  if (!found) return Error(ErrorCode::kNotFound, fmt::format("snapshot {} does not exist", sequence));
  return *found;
}

Status ApplicationStore::ChangeSnapshotDetail(int64_t sequence,
                                              const std::function<Result<std::string>(const std::string&)>& change) {
  std::lock_guard lock(mutex_);
  return database_->Transaction([&]() -> Status {
    SLUICE_ASSIGN_OR_RETURN(auto found, One(*database_, "sequence = ?", {sequence}));
    if (!found) return Error(ErrorCode::kNotFound, fmt::format("snapshot {} does not exist", sequence));
    SLUICE_ASSIGN_OR_RETURN(const std::string detail, change(found->detail));
    SLUICE_RETURN_IF_ERROR(database_->Run("UPDATE snapshots SET detail = ? WHERE sequence = ?", {detail, sequence}));
    return {};
  });
}

std::optional<SnapshotRow> ApplicationStore::LatestSnapshot(const ApplicationRow& application) {
  std::lock_guard lock(mutex_);
  auto found =
      One(*database_,
          "status = 'READY' AND (owner = ? OR (owner = '' AND application = ? AND application_created_ms = ?)) "
          "ORDER BY sequence DESC LIMIT 1",
          {application.name, application.name, application.created_ms});
  return found.ok() ? *found : std::nullopt;
}

Result<std::vector<SnapshotRow>> ApplicationStore::ListSnapshots(const SnapshotFilter& filter, int64_t before,
                                                                 int64_t limit) {
  std::lock_guard lock(mutex_);
  std::string condition = "sequence < ?";
  std::vector<SqlValue> parameters{before};
  const auto only = [&](const char* column, const std::string& value) {
    condition += fmt::format(" AND {} = ?", column);
    parameters.emplace_back(value);
  };
  if (filter.standing_alone || !filter.owner.empty()) only("owner", filter.standing_alone ? "" : filter.owner);
  if (!filter.application.empty()) only("application", filter.application);
  if (!filter.status.empty()) only("status", filter.status);
  if (!filter.origin.empty()) only("origin", filter.origin);
  if (filter.by_system >= 0) condition += fmt::format(" AND by_system = {}", filter.by_system);
  parameters.emplace_back(limit);
  std::vector<SnapshotRow> out;
  SLUICE_RETURN_IF_ERROR(database_->Run(
      fmt::format("SELECT {} FROM snapshots WHERE {} ORDER BY sequence DESC LIMIT ?", kColumns, condition), parameters,
      [&](const SqlRow& row) { out.push_back(ReadSnapshot(row)); }));
  return out;
}

Result<int64_t> ApplicationStore::CountSnapshots(const std::string& owner) {
  std::lock_guard lock(mutex_);
  return Count(*database_, owner);
}

Status ApplicationStore::FinishSnapshot(int64_t sequence, const std::vector<std::string>& locations, int64_t size_bytes,
                                        int64_t now_ms, const std::optional<std::string>& deployment) {
  std::lock_guard lock(mutex_);
  return database_->Transaction([&]() -> Status {
    SLUICE_RETURN_IF_ERROR(
        database_->Run("UPDATE snapshots SET status = 'READY', locations = ?, size_bytes = ? WHERE sequence = ? AND "
                       "status = 'CREATING'",
                       {Joined(locations), size_bytes, sequence}));
    if (deployment) {
      SLUICE_RETURN_IF_ERROR(database_->Run(
          "UPDATE applications SET deployment = ? WHERE name = (SELECT application FROM snapshots WHERE sequence = ?)",
          {*deployment, sequence}));
    }
    return EndOperationsOfSnapshot(sequence, "", now_ms);
  });
}

Status ApplicationStore::FinishImport(int64_t sequence, const std::string& runtime, int64_t version,
                                      const std::vector<std::string>& locations, int64_t size_bytes, int64_t now_ms) {
  std::lock_guard lock(mutex_);
  return database_->Transaction([&]() -> Status {
    SLUICE_RETURN_IF_ERROR(
        database_->Run("UPDATE snapshots SET status = 'READY', runtime = ?, version = ?, locations = ?, size_bytes = ? "
                       "WHERE sequence = ? AND status = 'CREATING'",
                       {runtime, version, Joined(locations), size_bytes, sequence}));
    return EndOperationsOfSnapshot(sequence, "", now_ms);
  });
}

Status ApplicationStore::EndOperationsOfSnapshot(int64_t sequence, const std::string& error, int64_t now_ms) {
  SLUICE_RETURN_IF_ERROR(database_->Run(
      "UPDATE snapshot_operations SET status = ?, end_ms = ?, error = ?, error_code = ? "
      "WHERE snapshot = ? AND status = 'IN_PROGRESS'",
      {error.empty() ? "SUCCESSFUL" : "FAILED", now_ms, error, error.empty() ? "" : "SnapshotFailed", sequence}));
  return {};
}

Status ApplicationStore::FailSnapshot(int64_t sequence, const std::string& error, int64_t now_ms) {
  std::lock_guard lock(mutex_);
  return database_->Transaction([&]() -> Status {
    SLUICE_RETURN_IF_ERROR(
        database_->Run("UPDATE snapshots SET status = 'FAILED', error = ? WHERE sequence = ? AND status = 'CREATING'",
                       {error, sequence}));
    return EndOperationsOfSnapshot(sequence, error, now_ms);
  });
}

Status ApplicationStore::MarkSnapshotDeleting(int64_t sequence, const SnapshotOperationRow* operation) {
  std::lock_guard lock(mutex_);
  return database_->Transaction([&]() -> Status {
    SLUICE_ASSIGN_OR_RETURN(
        int64_t changed,
        database_->Run(
            "UPDATE snapshots SET status = 'DELETING' WHERE sequence = ? AND status IN ('READY', 'FAILED') AND "
            "NOT EXISTS (SELECT 1 FROM snapshot_operations o WHERE o.snapshot = snapshots.sequence AND "
            "o.status = 'IN_PROGRESS')",
            {sequence}));
    if (changed == 0) return Error(ErrorCode::kConflict, "the snapshot is being created, copied or deleted");
    return operation == nullptr ? Status() : InsertOperation(*database_, *operation);
  });
}

Status ApplicationStore::RemoveSnapshot(int64_t sequence, int64_t now_ms) {
  std::lock_guard lock(mutex_);
  return database_->Transaction([&]() -> Status {
    SLUICE_RETURN_IF_ERROR(database_->Run("DELETE FROM snapshots WHERE sequence = ?", {sequence}));
    return EndOperationsOfSnapshot(sequence, "", now_ms);
  });
}

Status ApplicationStore::BeginExport(const SnapshotOperationRow& operation) {
  std::lock_guard lock(mutex_);
  return database_->Transaction([&]() -> Status {
    SLUICE_ASSIGN_OR_RETURN(auto ready, One(*database_, "sequence = ? AND status = 'READY'", {operation.snapshot}));
    if (!ready) return Error(ErrorCode::kConflict, "the snapshot is not READY");
    return InsertOperation(*database_, operation);
  });
}

Status ApplicationStore::EndSnapshotOperation(const std::string& id, const std::string& error_code,
                                              const std::string& error, int64_t now_ms) {
  std::lock_guard lock(mutex_);
  SLUICE_RETURN_IF_ERROR(
      database_->Run("UPDATE snapshot_operations SET status = ?, end_ms = ?, error_code = ?, error = ? WHERE id = ?",
                     {error.empty() ? "SUCCESSFUL" : "FAILED", now_ms, error_code, error, id}));
  return {};
}

Result<SnapshotOperationRow> ApplicationStore::FindSnapshotOperation(const std::string& snapshot,
                                                                     const std::string& id) {
  std::lock_guard lock(mutex_);
  std::optional<SnapshotOperationRow> found;
  SLUICE_RETURN_IF_ERROR(database_->Run(
      fmt::format("SELECT {}, sequence FROM snapshot_operations WHERE name = ? AND id = ?", kOperationColumns),
      {snapshot, id}, [&](const SqlRow& row) { found = ReadOperation(row); }));
  if (!found) return Error(ErrorCode::kNotFound, fmt::format("operation '{}' does not exist", id));
  return *found;
}

Result<std::vector<SnapshotOperationRow>> ApplicationStore::ListSnapshotOperations(const std::string& snapshot,
                                                                                   const OperationFilter& filter,
                                                                                   int64_t before, int64_t limit) {
  std::lock_guard lock(mutex_);
  std::vector<SnapshotOperationRow> out;
  SLUICE_RETURN_IF_ERROR(database_->Run(
      fmt::format(
          "SELECT {}, sequence FROM snapshot_operations WHERE (name = ? OR ? = '') AND (operation = ? OR ? = '') AND "
          "(status = ? OR ? = '') AND sequence < ? ORDER BY sequence DESC LIMIT ?",
          kOperationColumns),
      {snapshot, snapshot, filter.operation, filter.operation, filter.status, filter.status, before, limit},
      [&](const SqlRow& row) { out.push_back(ReadOperation(row)); }));
  return out;
}

}  // namespace sluice::service
