// A connection to PostgreSQL through libpq: blocking calls for threads of one's own, and steps that never wait for
// sources. Not thread-safe but for Interrupt.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/connectors/jdbc/jdbc_table.h"

struct pg_conn;
struct pg_result;

namespace sluice::engine::jdbc {

/// Rows of an answer; owns libpq's result.
class PostgresRows {
 public:
  explicit PostgresRows(pg_result* result) : result_(result) {}
  ~PostgresRows();
  PostgresRows(PostgresRows&& other) noexcept : result_(std::exchange(other.result_, nullptr)) {}
  PostgresRows& operator=(PostgresRows&&) = delete;

  int size() const;
  /// Nothing for NULL. Valid as long as this.
  std::optional<std::string_view> At(int row, int column) const;

 private:
  pg_result* result_;
};

/// A parameter of a statement; nothing is NULL.
using PostgresParameter = std::optional<std::string>;

class PostgresConnection {
 public:
  explicit PostgresConnection(ConnectionParameters parameters) : parameters_(std::move(parameters)) {}
  ~PostgresConnection() { Close(); }
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // --- blocking
  /// Connects unless it is connected. kUnavailable if there is no server, or it refuses.
  Status Connect();
  /// A statement with $1, $2, …; prepared once for each text that `prepare` is said of.
  Result<PostgresRows> Execute(const std::string& sql, std::span<const PostgresParameter> parameters = {},
                               bool prepare = false);
  /// The connection is lost or was never there: try Connect again.
  bool broken() const;
  /// From any thread: the call under way fails soon, and all later ones do.
  void Interrupt();
  void Close();

  // --- steps: after StartConnect, Step until true; then Send, and Step until true for each answer
  Status StartConnect();
  Status Send(const std::string& sql);
  /// True: connected, or the answer's next rows are there (Take).
  Result<bool> StepConnect();
  /// Rows that have come; nothing yet: no value; the end of the answer: `end`.
  Result<std::optional<PostgresRows>> Take(bool& end);

 private:
  Error Failed(const char* what) const;
  Error FailedResult(pg_result* result) const;
  std::vector<const char*> Keywords(std::vector<const char*>& values) const;

  const ConnectionParameters parameters_;
  pg_conn* connection_ = nullptr;
  std::vector<std::string> prepared_;
  std::atomic<int> socket_{-1};
  std::atomic<bool> interrupted_{false};
  int poll_ = 0;  // PostgresPollingStatusType while connecting
};

/// Another try may help: the connection was lost, or the server was too busy.
bool IsTransient(const Error& error);

}  // namespace sluice::engine::jdbc
