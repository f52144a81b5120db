#include "service/store/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace sluice::service {
namespace {

int Bind(sqlite3_stmt* statement, int position, const SqlValue& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return sqlite3_bind_int64(statement, position, *number);
  if (const auto* text = std::get_if<std::string>(&value)) {
    return sqlite3_bind_text64(statement, position, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  return sqlite3_bind_null(statement, position);
}

}  // namespace

int64_t SqlRow::Int(int column) const { return sqlite3_column_int64(statement_, column); }
bool SqlRow::IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
std::string SqlRow::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return text == nullptr ? "" : std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
}

Result<std::unique_ptr<Sqlite>> Sqlite::Open(const std::string& path) {
  SLUICE_ASSIGN_OR_RETURN(auto database, OpenConnection(path));
  SLUICE_ASSIGN_OR_RETURN(database->reader_, OpenConnection(path));
  return database;
}

Result<std::unique_ptr<Sqlite>> Sqlite::OpenConnection(const std::string& path) {
  sqlite3* raw = nullptr;
  int code =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  std::unique_ptr<Sqlite> database(new Sqlite(raw));
  if (code != SQLITE_OK) return database->Failed(code, "cannot open " + path);
  sqlite3_busy_timeout(raw, 5000);
  auto ready = database->Script("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;");
  if (!ready.ok()) return ready.error().WithContext(path);
  return database;
}

Sqlite::~Sqlite() {
  for (auto& [sql, statement] : idle_) sqlite3_finalize(statement);
  sqlite3_close_v2(connection_);
}

Error Sqlite::Failed(int code, std::string_view what) const {
  ErrorCode kind = (code & 0xff) == SQLITE_CONSTRAINT ? ErrorCode::kAlreadyExists
                   : (code & 0xff) == SQLITE_FULL     ? ErrorCode::kResourceExhausted
                   : (code & 0xff) == SQLITE_BUSY     ? ErrorCode::kUnavailable
                                                      : ErrorCode::kIo;
  return Error(kind, fmt::format("metadata store: {}: {}", what,
                                 connection_ != nullptr ? sqlite3_errmsg(connection_) : sqlite3_errstr(code)));
}

Result<sqlite3_stmt*> Sqlite::TakeStatement(std::string_view sql) {
  if (auto known = idle_.find(std::string(sql)); known != idle_.end()) {
    sqlite3_stmt* statement = known->second;
    idle_.erase(known);
    return statement;
  }
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                &statement, nullptr);
  if (code != SQLITE_OK) return Failed(code, sql);
  return statement;
}

void Sqlite::GiveBack(std::string_view sql, sqlite3_stmt* statement) {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  // A statement may have been run again from within its own rows.
  if (!idle_.emplace(sql, statement).second) sqlite3_finalize(statement);
}

Result<int64_t> Sqlite::Run(std::string_view sql, const std::vector<SqlValue>& parameters,
                            const std::function<void(const SqlRow&)>& row) {
  SLUICE_ASSIGN_OR_RETURN(sqlite3_stmt * statement, TakeStatement(sql));
  auto run = [&]() -> Result<int64_t> {
    for (size_t i = 0; i < parameters.size(); ++i) {
      int code = Bind(statement, static_cast<int>(i) + 1, parameters[i]);
      if (code != SQLITE_OK) return Failed(code, sql);
    }
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      if (row) row(SqlRow(statement));
    }
    if (code != SQLITE_DONE) return Failed(code, sql);
    return static_cast<int64_t>(sqlite3_changes64(connection_));
  };
  Result<int64_t> done = run();
  GiveBack(sql, statement);
  return done;
}

Status Sqlite::Script(const std::string& sql) {
  int code = sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return Failed(code, "script");
  return {};
}

Status Sqlite::Transaction(const std::function<Status()>& body) {
  SLUICE_RETURN_IF_ERROR(Script("BEGIN IMMEDIATE"));
  Status done = body();
  if (done.ok()) done = Script("COMMIT");
  if (!done.ok()) (void)Script("ROLLBACK");
  return done;
}

}  // namespace sluice::service
