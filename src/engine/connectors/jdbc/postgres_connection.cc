#include "engine/connectors/jdbc/postgres_connection.h"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

namespace sluice::engine::jdbc {

namespace {

std::string Trimmed(const char* text) {
  std::string out = text == nullptr ? "" : text;
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  return out;
}

}  // namespace

PostgresRows::~PostgresRows() {
  if (result_ != nullptr) PQclear(result_);
}

int PostgresRows::size() const { return PQntuples(result_); }

std::optional<std::string_view> PostgresRows::At(int row, int column) const {
  if (PQgetisnull(result_, row, column) != 0) return std::nullopt;
  return std::string_view(PQgetvalue(result_, row, column), static_cast<size_t>(PQgetlength(result_, row, column)));
}

bool IsTransient(const Error& error) { return error.code() == ErrorCode::kUnavailable; }

Error PostgresConnection::Failed(const char* what) const {
  const auto host = parameters_.find("host");
  const auto port = parameters_.find("port");
  return Error(ErrorCode::kUnavailable,
               std::string(what) + " PostgreSQL at " + (host == parameters_.end() ? "" : host->second) + ":" +
                   (port == parameters_.end() ? "5432" : port->second) +
                   " failed: " + (connection_ == nullptr ? "out of memory" : Trimmed(PQerrorMessage(connection_))));
}

Error PostgresConnection::FailedResult(pg_result* result) const {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view sql_state = state == nullptr ? "" : state;
  // Connection exceptions, rolled-back transactions, too few resources, an operator's intervention: worth another try.
  const bool transient = sql_state.empty() || sql_state.starts_with("08") || sql_state.starts_with("40") ||
                         sql_state.starts_with("53") || sql_state.starts_with("57P");
  const bool data = sql_state.starts_with("22") || sql_state.starts_with("23");
  std::string message = Trimmed(PQresultErrorMessage(result));
  if (message.empty()) message = Trimmed(PQerrorMessage(connection_));
  return Error(transient ? ErrorCode::kUnavailable
               : data    ? ErrorCode::kData
                         : ErrorCode::kValidation,
               "PostgreSQL: " + message);
}

std::vector<const char*> PostgresConnection::Keywords(std::vector<const char*>& values) const {
  std::vector<const char*> keywords;
  for (const auto& [name, value] : parameters_) {
    if (name == "search_path") continue;
    keywords.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back("client_encoding");
  values.push_back("UTF8");
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  return keywords;
}

namespace {

/// Texts of values do not depend on the server's settings.
std::string SessionSettings(const ConnectionParameters& parameters) {
  std::string sql =
      "SET datestyle = 'ISO'; SET timezone = 'UTC'; SET bytea_output = 'hex'; SET extra_float_digits = 3; "
      "SET standard_conforming_strings = on; SET synchronize_seqscans = off";
  if (const auto path = parameters.find("search_path"); path != parameters.end()) {
    sql += "; SET search_path = ";
    for (const char c : path->second) {
      if (c != ';' && c != '\'') sql += c;
    }
  }
  return sql;
}

}  // namespace

Status PostgresConnection::Connect() {
  if (connection_ != nullptr && PQstatus(connection_) == CONNECTION_OK) return {};
  Close();
  if (interrupted_) return Error(ErrorCode::kCancelled, "the connection to PostgreSQL was closed");
  SLUICE_RETURN_IF_ERROR(StartConnect());
  for (;;) {
    SLUICE_ASSIGN_OR_RETURN(const bool connected, StepConnect());
    if (connected) break;
    if (interrupted_) return Error(ErrorCode::kCancelled, "the connection to PostgreSQL was closed");
    pollfd wait{PQsocket(connection_), static_cast<short>(poll_ == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    poll(&wait, 1, 100);
  }
  return Execute(SessionSettings(parameters_)).ok() ? Status() : Status(Failed("Setting up the session with"));
}

Result<PostgresRows> PostgresConnection::Execute(const std::string& sql, std::span<const PostgresParameter> parameters,
                                                 bool prepare) {
  if (interrupted_) return Error(ErrorCode::kCancelled, "the connection to PostgreSQL was closed");
  pg_result* result = nullptr;
  if (parameters.empty() && !prepare) {
    result = PQexec(connection_, sql.c_str());
  } else {
    std::vector<const char*> values;
    for (const PostgresParameter& p : parameters) values.push_back(p ? p->c_str() : nullptr);
    const int count = static_cast<int>(values.size());
    if (!prepare) {
      result = PQexecParams(connection_, sql.c_str(), count, nullptr, values.data(), nullptr, nullptr, 0);
    } else {
      auto known = std::find(prepared_.begin(), prepared_.end(), sql);
      const std::string name = "s" + std::to_string(known - prepared_.begin());
      if (known == prepared_.end()) {
        pg_result* answer = PQprepare(connection_, name.c_str(), sql.c_str(), count, nullptr);
        if (answer == nullptr) return Failed("Talking to");
        const PostgresRows made(answer);
        if (PQresultStatus(answer) != PGRES_COMMAND_OK) return FailedResult(answer);
        prepared_.push_back(sql);
      }
      result = PQexecPrepared(connection_, name.c_str(), count, values.data(), nullptr, nullptr, 0);
    }
  }
  if (result == nullptr) return Failed("Talking to");
  PostgresRows rows(result);
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return rows;
  return FailedResult(result);
}

bool PostgresConnection::broken() const { return connection_ == nullptr || PQstatus(connection_) != CONNECTION_OK; }

void PostgresConnection::Interrupt() {
  interrupted_ = true;
  if (const int socket = socket_.load(); socket >= 0) shutdown(socket, SHUT_RDWR);
}

void PostgresConnection::Close() {
  socket_ = -1;
  prepared_.clear();
  if (connection_ != nullptr) PQfinish(connection_);
  connection_ = nullptr;
}

Status PostgresConnection::StartConnect() {
  std::vector<const char*> values;
  const std::vector<const char*> keywords = Keywords(values);
  connection_ = PQconnectStartParams(keywords.data(), values.data(), 0);
  if (connection_ == nullptr || PQstatus(connection_) == CONNECTION_BAD) return Failed("Connecting to");
  socket_ = PQsocket(connection_);
  poll_ = PGRES_POLLING_WRITING;
  return {};
}

Result<bool> PostgresConnection::StepConnect() {
  pollfd ready{PQsocket(connection_), static_cast<short>(poll_ == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
  if (poll(&ready, 1, 0) == 0) return false;
  poll_ = PQconnectPoll(connection_);
  socket_ = PQsocket(connection_);
  if (poll_ == PGRES_POLLING_FAILED) return Failed("Connecting to");
  return poll_ == PGRES_POLLING_OK;
}

Status PostgresConnection::Send(const std::string& sql) {
  const std::string all = SessionSettings(parameters_) + "; " + sql;
  if (PQsendQuery(connection_, all.c_str()) == 0) return Failed("Talking to");
  PQsetSingleRowMode(connection_);
  return {};
}

Result<std::optional<PostgresRows>> PostgresConnection::Take(bool& end) {
  end = false;
  for (;;) {
    if (PQisBusy(connection_) != 0) {
      if (PQconsumeInput(connection_) == 0) return Failed("Reading from");
      if (PQisBusy(connection_) != 0) return std::optional<PostgresRows>();
    }
    pg_result* result = PQgetResult(connection_);
    if (result == nullptr) {
      end = true;
      return std::optional<PostgresRows>();
    }
    PostgresRows rows(result);
    switch (PQresultStatus(result)) {
      case PGRES_SINGLE_TUPLE: return std::optional<PostgresRows>(std::move(rows));
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK: break;  // a setting, or the end of the rows
      default: return FailedResult(result);
    }
  }
}

}  // namespace sluice::engine::jdbc
