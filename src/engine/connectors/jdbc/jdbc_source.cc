// Bounded scans: the query of each range of scan.partition.* (or of the whole table) streamed row by row, without
// waiting: Poll takes what the socket has. The ranges are divided among the subtasks. A position says which ranges are
// left and how many rows of the first one are out; the query is run again after a restore and those are skipped.
#include <deque>

#include "engine/connectors/jdbc/jdbc_connector.h"
#include "engine/connectors/jdbc/jdbc_query.h"
#include "engine/connectors/jdbc/postgres_connection.h"
#include "engine/connectors/jdbc/postgres_text.h"
#include "engine/connectors/position_bytes.h"

namespace sluice::engine::jdbc {

namespace {

constexpr uint64_t kPositionVersion = 1;
constexpr int64_t kPollMs = 1;

struct Range {
  int64_t number = 0;
  int64_t emitted = 0;
};

class JdbcSource final : public Source {
 public:
  JdbcSource(JdbcTable table, SourceNode node, Schema output)
      : table_(std::move(table)), node_(std::move(node)), output_(std::move(output)) {}

  Status Open(const TaskContext& context) override {
    context_ = &context;
    const int64_t ranges = table_.partitioning ? table_.partitioning->ranges() : 1;
    for (int64_t r = context.subtask; r < ranges; r += context.parallelism) left_.push_back({r, 0});
    return {};
  }

  Result<PollResult> Poll(Output& out) override {
    if (left_.empty()) return PollResult{PollState::kEnd};
    SLUICE_ASSIGN_OR_RETURN(const bool ready, Prepare());
    if (!ready) return PollResult{PollState::kIdle, kPollMs};
    Batch batch;
    for (const RowField& field : output_) batch.columns.push_back(Column::Make(field.type, 0));
    bool end = false;
    bool waits = false;
    while (batch.length < context_->batch_rows && !end && !waits) {
      SLUICE_ASSIGN_OR_RETURN(std::optional<PostgresRows> rows, connection_->Take(end));
      waits = !rows && !end;
      if (!rows) continue;
      for (int i = 0; i < rows->size(); ++i) SLUICE_RETURN_IF_ERROR(Append(*rows, i, batch));
    }
    left_.front().emitted += static_cast<int64_t>(batch.length);
    if (end) {
      left_.pop_front();
      asked_ = false;
    }
    if (batch.length > 0) SLUICE_RETURN_IF_ERROR(out.Emit(std::move(batch)));
    if (left_.empty()) connection_.reset();
    return waits ? PollResult{PollState::kIdle, kPollMs} : PollResult{PollState::kMore};
  }

  Result<std::string> SnapshotPosition() override {
    PositionWriter writer;
    writer.Number(kPositionVersion);
    writer.Number(left_.size());
    for (const Range& r : left_) {
      writer.Number(static_cast<uint64_t>(r.number));
      writer.Number(static_cast<uint64_t>(r.emitted));
    }
    return writer.Take();
  }

  Status RestorePositions(const std::vector<std::string>& positions) override {
    std::vector<std::deque<Range>> all;
    for (const std::string& bytes : positions) {
      PositionReader reader(bytes);
      if (reader.Number() != kPositionVersion) return Error(ErrorCode::kRestore, "a jdbc source's position is damaged");
      std::deque<Range>& ranges = all.emplace_back();
      for (uint64_t n = reader.Number(); n > 0 && reader.ok(); --n) {
        Range r;
        r.number = static_cast<int64_t>(reader.Number());
        r.emitted = static_cast<int64_t>(reader.Number());
        ranges.push_back(r);
      }
      if (!reader.ok()) return Error(ErrorCode::kRestore, "a jdbc source's position is damaged");
    }
    const auto subtask = static_cast<size_t>(context_->subtask), subtasks = static_cast<size_t>(context_->parallelism);
    left_.clear();
    if (all.size() == subtasks) {
      left_ = std::move(all[subtask]);
      return {};
    }
    size_t number = 0;
    for (const std::deque<Range>& ranges : all) {
      for (const Range& r : ranges) {
        if (number++ % subtasks == subtask) left_.push_back(r);
      }
    }
    return {};
  }

  Status Close() override {
    connection_.reset();
    return {};
  }

 private:
  /// Connected, and the query of the first range is under way.
  Result<bool> Prepare() {
    if (!connection_) {
      connection_ = std::make_unique<PostgresConnection>(table_.connection);
      SLUICE_RETURN_IF_ERROR(connection_->StartConnect());
      connected_ = asked_ = false;
    }
    if (!connected_) {
      SLUICE_ASSIGN_OR_RETURN(connected_, connection_->StepConnect());
      if (!connected_) return false;
    }
    if (!asked_) {
      const std::optional<int64_t> range = table_.partitioning ? std::optional(left_.front().number) : std::nullopt;
      SLUICE_RETURN_IF_ERROR(connection_->Send(ScanQuery(table_, node_, output_, range)));
      asked_ = true;
      skip_ = left_.front().emitted;
    }
    return true;
  }

  Status Append(const PostgresRows& rows, int row, Batch& batch) {
    if (skip_ > 0) {
      --skip_;
      return {};
    }
    for (size_t c = 0; c < output_.size(); ++c) {
      const auto value = rows.At(row, static_cast<int>(c));
      if (!value) {
        batch.columns[c]->AppendNull();
      } else if (Status appended = AppendText(*value, *batch.columns[c]); !appended.ok()) {
        return appended.error().WithContext("table " + table_.name + ", column '" + output_[c].name + "'");
      }
    }
    ++batch.length;
    return {};
  }

  const JdbcTable table_;
  const SourceNode node_;
  const Schema output_;
  const TaskContext* context_ = nullptr;
  std::deque<Range> left_;
  std::unique_ptr<PostgresConnection> connection_;
  bool connected_ = false;
  bool asked_ = false;
  int64_t skip_ = 0;
};

class JdbcLookup final : public LookupSource {
 public:
  JdbcLookup(JdbcTable table, const LookupJoinNode& node)
      : table_(std::move(table)), query_(LookupQuery(table_, node)), row_(node.row), connection_(table_.connection) {}

  Result<size_t> Lookup(std::span<const ColumnPtr> keys, size_t row, std::span<const ColumnPtr> out) override {
    std::vector<PostgresParameter> parameters;
    for (const ColumnPtr& key : keys) {
      SLUICE_ASSIGN_OR_RETURN(parameters.emplace_back(), ParameterText(*key, row));
    }
    for (int64_t attempt = 0;; ++attempt) {
      Result<PostgresRows> rows = Ask(parameters);
      if (rows.ok()) return Append(*rows, out);
      if (attempt >= table_.lookup_retries || !IsTransient(rows.error())) return rows.error();
    }
  }

  void Cancel() override { connection_.Interrupt(); }

 private:
  Result<PostgresRows> Ask(const std::vector<PostgresParameter>& parameters) {
    SLUICE_RETURN_IF_ERROR(connection_.Connect());
    return connection_.Execute(query_, parameters, true);
  }

  Result<size_t> Append(const PostgresRows& rows, std::span<const ColumnPtr> out) {
    for (int i = 0; i < rows.size(); ++i) {
      for (size_t c = 0; c < out.size(); ++c) {
        const auto value = rows.At(i, static_cast<int>(c));
        if (!value) {
          out[c]->AppendNull();
        } else if (Status appended = AppendText(*value, *out[c]); !appended.ok()) {
          return appended.error().WithContext("table " + table_.name + ", column '" + row_[c].name + "'");
        }
      }
    }
    return static_cast<size_t>(rows.size());
  }

  const JdbcTable table_;
  const std::string query_;
  const Schema row_;
  PostgresConnection connection_;
};

}  // namespace

Result<std::unique_ptr<Source>> MakeJdbcSource(const SourceNode& node, const Schema& output,
                                               const ConnectorEnvironment&) {
  SLUICE_ASSIGN_OR_RETURN(JdbcTable table, ReadJdbcTable(node.table));
  return std::unique_ptr<Source>(std::make_unique<JdbcSource>(std::move(table), node, output));
}

Result<std::unique_ptr<LookupSource>> MakeJdbcLookup(const LookupJoinNode& node, const ConnectorEnvironment&) {
  SLUICE_ASSIGN_OR_RETURN(JdbcTable table, ReadJdbcTable(node.lookup.table));
  return std::unique_ptr<LookupSource>(std::make_unique<JdbcLookup>(std::move(table), node));
}

}  // namespace sluice::engine::jdbc
