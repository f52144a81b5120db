// Rows into a table of PostgreSQL: INSERT, or with a primary key INSERT … ON CONFLICT DO UPDATE and DELETE, reduced to
// the last change of each key. A thread of the sink's own talks to the server; what is written before a checkpoint is
// in the table when the checkpoint is taken (at least once; by the key, the same in the end).
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "engine/connectors/jdbc/jdbc_connector.h"
#include "engine/connectors/jdbc/postgres_connection.h"
#include "engine/connectors/jdbc/postgres_text.h"
#include "engine/runtime/async_operator.h"

namespace sluice::engine::jdbc {

namespace {

/// Full buffers that may wait for the server before the sink takes no more rows.
constexpr size_t kMaxWaiting = 4;
/// PostgreSQL takes 65535 parameters.
constexpr size_t kMaxParameters = 30000;

using Row = std::vector<PostgresParameter>;

/// The statements of one flush, in one transaction.
struct Changes {
  std::vector<Row> rows;     // to insert or update
  std::vector<Row> deletes;  // their keys
  bool empty() const { return rows.empty() && deletes.empty(); }
  size_t size() const { return rows.size() + deletes.size(); }
};

/// The texts of the statements.
class Statements {
 public:
  Statements(const JdbcTable& table, const SinkNode& node) : name_(table.name) {
    for (const RowField& column : node.table.physical) columns_.push_back(QuoteName(column.name));
    for (const std::string& key : node.table.primary_key) keys_.push_back(QuoteName(key));
  }

  std::string Insert(size_t rows) const {
    std::string sql = "INSERT INTO " + name_ + "(" + Joined(columns_) + ") VALUES " + Tuples(columns_.size(), rows);
    if (keys_.empty()) return sql;
    std::string updates;
    for (const std::string& c : columns_) {
      if (std::find(keys_.begin(), keys_.end(), c) != keys_.end()) continue;
      updates += (updates.empty() ? "" : ", ") + c + "=EXCLUDED." + c;
    }
    return sql + " ON CONFLICT (" + Joined(keys_) + ")" +
           (updates.empty() ? " DO NOTHING" : " DO UPDATE SET " + updates);
  }
  std::string Delete(size_t rows) const {
    return "DELETE FROM " + name_ + " WHERE (" + Joined(keys_) + ") IN (" + Tuples(keys_.size(), rows) + ")";
  }
  size_t columns() const { return columns_.size(); }
  size_t keys() const { return keys_.size(); }

 private:
  static std::string Joined(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& n : names) out += (out.empty() ? "" : ", ") + n;
    return out;
  }
  /// "($1, $2), ($3, $4)"
  static std::string Tuples(size_t width, size_t rows) {
    std::string out;
    size_t parameter = 1;
    for (size_t r = 0; r < rows; ++r) {
      out += r == 0 ? "(" : ", (";
      for (size_t c = 0; c < width; ++c) out += (c == 0 ? "$" : ", $") + std::to_string(parameter++);
      out += ")";
    }
    return out;
  }

  std::string name_;
  std::vector<std::string> columns_, keys_;
};

/// Writes what is given to it, in order, on its own thread.
class Writer {
 public:
  Writer(const JdbcTable& table, const SinkNode& node, std::function<void()> wake)
      : statements_(table, node),
        retries_(table.sink_retries),
        wake_(std::move(wake)),
        connection_(table.connection),
        thread_([this] { Run(); }) {}
  ~Writer() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    connection_.Interrupt();
    changed_.notify_all();
    thread_.join();
  }

  void Give(Changes changes) {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(changes));
    changed_.notify_all();
  }
  size_t waiting() const {
    std::lock_guard lock(mutex_);
    return waiting_.size();
  }
  /// Everything given so far is in the table, or the error that kept it out.
  Status Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.empty() || error_; });
    return error_ ? Status(*error_) : Status();
  }
  Status error() const {
    std::lock_guard lock(mutex_);
    return error_ ? Status(*error_) : Status();
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stop_ || (!waiting_.empty() && !error_); });
      if (stop_) return;
      const Changes& next = waiting_.front();  // nobody else takes it out
      lock.unlock();
      Status written = WriteWithRetries(next);
      lock.lock();
      if (written.ok()) {
        waiting_.pop_front();
      } else {
        error_ = written.error();
      }
      changed_.notify_all();
      lock.unlock();
      wake_();
      lock.lock();
    }
  }

  Status WriteWithRetries(const Changes& changes) {
    for (int64_t attempt = 0;; ++attempt) {
      Status written = WriteOnce(changes);
      if (written.ok() || attempt >= retries_ || !IsTransient(written.error())) return written;
      // As Flink: a second longer with each attempt.
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, std::chrono::seconds(attempt), [this] { return stop_; })) return written;
    }
  }

  Status WriteOnce(const Changes& changes) {
    SLUICE_RETURN_IF_ERROR(connection_.Connect());
    SLUICE_RETURN_IF_ERROR(connection_.Execute("BEGIN"));
    Status written = Send(changes.rows, statements_.columns(), true);
    if (written.ok()) written = Send(changes.deletes, statements_.keys(), false);
    if (!written.ok()) {
      if (!connection_.broken()) (void)connection_.Execute("ROLLBACK");
      return written;
    }
    Result<PostgresRows> committed = connection_.Execute("COMMIT");
    return committed.ok() ? Status() : Status(committed.error());
  }

  Status Send(const std::vector<Row>& rows, size_t width, bool insert) {
    const size_t most = std::max<size_t>(1, kMaxParameters / std::max<size_t>(1, width));
    for (size_t from = 0; from < rows.size(); from += most) {
      const size_t count = std::min(most, rows.size() - from);
      std::vector<PostgresParameter> parameters;
      for (size_t r = from; r < from + count; ++r) parameters.insert(parameters.end(), rows[r].begin(), rows[r].end());
      const std::string sql = insert ? statements_.Insert(count) : statements_.Delete(count);
      Result<PostgresRows> sent = connection_.Execute(sql, parameters);
      if (!sent.ok()) return sent.error();
    }
    return {};
  }

  const Statements statements_;
  const int64_t retries_;
  const std::function<void()> wake_;
  PostgresConnection connection_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Changes> waiting_;
  std::optional<Error> error_;
  bool stop_ = false;
  std::thread thread_;  // last: it uses the rest
};

class JdbcSink final : public Sink, public AsyncOperator {
 public:
  JdbcSink(JdbcTable table, const SinkNode& node) : table_(std::move(table)), node_(node) {
    for (const std::string& key : node_.table.primary_key) {
      for (size_t c = 0; c < node_.table.physical.size(); ++c) {
        if (node_.table.physical[c].name == key) key_columns_.push_back(c);
      }
    }
  }

  Status Open(const TaskContext& context) override {
    clock_ = context.clock;
    writer_ = std::make_unique<Writer>(
        table_, node_, context.wake ? context.wake : [] {});
    return {};
  }

  Status Write(Batch batch) override {
    SLUICE_RETURN_IF_ERROR(writer_->error());
    const int64_t now = clock_->NowMs();
    for (size_t k = 0; k < batch.row_count(); ++k) {
      const size_t i = batch.rows()[k];
      const RowKind kind = batch.kind(i);
      if (kind == RowKind::kUpdateBefore) continue;  // the row that follows replaces it by its key
      if (size() == 0) since_ms_ = now;
      SLUICE_RETURN_IF_ERROR(Take(batch, i, IsAdd(kind)));
      if (table_.flush_rows > 0 && size() >= static_cast<size_t>(table_.flush_rows)) Submit();
    }
    return {};
  }

  Status Flush() override {
    Submit();
    return writer_->Wait();
  }

  Status OnTime(int64_t now_ms) override {
    if (size() > 0 && now_ms - since_ms_ >= table_.flush_interval_ms) Submit();
    return writer_->error();
  }

  Status Close() override {
    writer_.reset();
    return {};
  }

  bool saturated() const override { return writer_->waiting() >= kMaxWaiting; }
  bool idle() const override { return writer_->waiting() == 0; }  // the last buffer goes with Finish
  Result<bool> EmitReady(Output&) override {
    SLUICE_RETURN_IF_ERROR(writer_->error());
    return false;
  }

 private:
  size_t size() const { return appended_.size() + by_key_.size(); }

  Status Take(const Batch& batch, size_t i, bool add) {
    Row row;
    for (const ColumnPtr& column : batch.columns) {
      if (column->IsNull(i)) {
        row.emplace_back();
        continue;
      }
      SLUICE_ASSIGN_OR_RETURN(row.emplace_back(), ParameterText(*Column::Flatten(column), i));
    }
    if (key_columns_.empty()) {
      appended_.push_back(std::move(row));
      return {};
    }
    Row key;
    for (const size_t c : key_columns_) key.push_back(row[c]);
    by_key_[std::move(key)] = add ? std::move(row) : Row();
    return {};
  }

  void Submit() {
    if (size() == 0) return;
    Changes changes;
    changes.rows = std::move(appended_);
    appended_.clear();
    for (auto& [key, row] : by_key_) {
      if (row.empty()) {
        changes.deletes.push_back(key);
      } else {
        changes.rows.push_back(std::move(row));
      }
    }
    by_key_.clear();
    writer_->Give(std::move(changes));
  }

  const JdbcTable table_;
  const SinkNode node_;
  std::vector<size_t> key_columns_;
  Clock* clock_ = nullptr;
  std::vector<Row> appended_;
  std::map<Row, Row> by_key_;  // an empty row: delete
  int64_t since_ms_ = 0;
  std::unique_ptr<Writer> writer_;
};

}  // namespace

Result<std::unique_ptr<Sink>> MakeJdbcSink(const SinkNode& node, const Schema&, const ConnectorEnvironment&) {
  SLUICE_ASSIGN_OR_RETURN(JdbcTable table, ReadJdbcTable(node.table));
  return std::unique_ptr<Sink>(std::make_unique<JdbcSink>(std::move(table), node));
}

}  // namespace sluice::engine::jdbc
