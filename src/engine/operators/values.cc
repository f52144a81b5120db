// VALUES as a source.
#include <charconv>

#include "engine/operators/make_operator.h"

namespace sluice::engine {

namespace {

class ValuesSource final : public Source {
 public:
  ValuesSource(std::vector<std::vector<Value>> rows, Schema schema)
      : rows_(std::move(rows)), schema_(std::move(schema)) {}

  Status Open(const TaskContext& context) override {
    batch_rows_ = context.batch_rows;
    if (context.subtask != 0) next_ = rows_.size();
    return {};
  }

  Result<PollResult> Poll(Output& out) override {
    const size_t end = std::min(rows_.size(), next_ + batch_rows_);
    Batch batch;
    batch.length = end - next_;
    for (size_t c = 0; c < schema_.size(); ++c) {
      ColumnPtr column = Column::Make(schema_[c].type, batch.length);
      for (size_t i = 0; i < batch.length; ++i) column->SetValue(i, rows_[next_ + i][c]);
      batch.columns.push_back(std::move(column));
    }
    next_ = end;
    if (Status s = out.Emit(std::move(batch)); !s.ok()) return s.error();
    return PollResult{next_ == rows_.size() ? PollState::kEnd : PollState::kMore};
  }

  Result<std::string> SnapshotPosition() override { return std::to_string(next_); }
  Status RestorePositions(const std::vector<std::string>& positions) override {
    // All rows are subtask 0's, whatever the parallelism is or was.
    if (positions.empty() || next_ == rows_.size()) return {};
    size_t next = 0;
    const char* end = positions[0].data() + positions[0].size();
    if (std::from_chars(positions[0].data(), end, next).ptr != end || next > rows_.size()) {
      return Error(ErrorCode::kData, "The position '" + positions[0] + "' is none in VALUES of " +
                                         std::to_string(rows_.size()) + " rows.");
    }
    next_ = next;
    return {};
  }

 private:
  std::vector<std::vector<Value>> rows_;
  Schema schema_;
  size_t next_ = 0;
  size_t batch_rows_ = 1024;
};

}  // namespace

std::unique_ptr<Source> MakeValuesSource(const PlanNode& node) {
  return std::make_unique<ValuesSource>(std::get<ValuesNode>(node.payload).rows, node.schema);
}

}  // namespace sluice::engine
