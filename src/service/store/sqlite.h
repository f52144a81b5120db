// SQLite with Results: a connection, prepared statements, transactions, and a second connection for reading. Each of
// the two is for one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sluice::service {

using SqlValue = std::variant<std::nullptr_t, int64_t, std::string>;

/// One row of an answer; columns by position.
class SqlRow {
 public:
  explicit SqlRow(sqlite3_stmt* statement) : statement_(statement) {}
  int64_t Int(int column) const;
  std::string Text(int column) const;  // empty for NULL
  bool IsNull(int column) const;

 private:
  sqlite3_stmt* statement_;
};

class Sqlite {
 public:
  /// Opens or creates the file in WAL mode, each commit synced to disk.
  static Result<std::unique_ptr<Sqlite>> Open(const std::string& path);
  ~Sqlite();
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  /// Runs one statement; `row` is called for each row of the answer. Returns the number of changed rows.
  /// A broken uniqueness constraint is kAlreadyExists.
  Result<int64_t> Run(std::string_view sql, const std::vector<SqlValue>& parameters = {},
                      const std::function<void(const SqlRow&)>& row = nullptr);
  /// Runs several statements without parameters.
  Status Script(const std::string& sql);
  /// Runs `body` between BEGIN IMMEDIATE and COMMIT; rolls back when it fails.
  Status Transaction(const std::function<Status()>& body);

  /// A connection that sees what was committed and does not wait for a transaction that is being written or synced.
  /// Whoever uses it holds its mutex.
  Sqlite& reader() { return *reader_; }
  std::mutex& mutex() { return mutex_; }

 private:
  explicit Sqlite(sqlite3* connection) : connection_(connection) {}
  Error Failed(int code, std::string_view what) const;
  static Result<std::unique_ptr<Sqlite>> OpenConnection(const std::string& path);
  Result<sqlite3_stmt*> TakeStatement(std::string_view sql);
  void GiveBack(std::string_view sql, sqlite3_stmt* statement);

  sqlite3* connection_;
  std::unique_ptr<Sqlite> reader_;  // the reader itself has none
  std::mutex mutex_;
  // Statements that are compiled and not in use, by their text: compiling takes longer than most of them run. Texts are
  // constants of the program, so there are few.
  std::unordered_map<std::string, sqlite3_stmt*> idle_;
};

}  // namespace sluice::service
