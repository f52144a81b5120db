// 'connector' = 'datagen': rows out of nothing.
#include <algorithm>

#include "base/clock.h"
#include "engine/connectors/connector.h"
#include "engine/connectors/datagen/generator.h"
#include "engine/connectors/datagen/row_numbers.h"
#include "engine/connectors/options/format_options.h"
#include "engine/formats/text/option_text.h"

namespace sluice::engine {
namespace {

using datagen::GeneratorSpec;

struct TableRows {
  int64_t per_second = 10000;
  int64_t total = std::numeric_limits<int64_t>::max();  // over all subtasks; max = without end
};

/// Reads and checks all options.
Result<TableRows> CheckOptions(const TableDescription& table) {
  TableRows rows;
  SLUICE_ASSIGN_OR_RETURN(rows.per_second, text::IntOption(table.options, "rows-per-second", 10000, 64));
  SLUICE_ASSIGN_OR_RETURN(rows.total, text::IntOption(table.options, "number-of-rows", rows.total, 64));
  SLUICE_RETURN_IF_ERROR(text::IntOption(table.options, "scan.parallelism", 1, 32));
  std::set<std::string> known = {"connector", "number-of-rows", "rows-per-second", "scan.parallelism"};
  for (const RowField& f : table.physical) {
    SLUICE_ASSIGN_OR_RETURN(const GeneratorSpec spec,
                            datagen::MakeGenerator(f.type, "fields." + f.name, table.options, known));
    rows.total = std::min(rows.total, spec.rows);
  }
  SLUICE_RETURN_IF_ERROR(RefuseUnknownOptions("datagen", table.options, {known.begin(), known.end()}));
  return rows;
}

class DatagenSource : public Source {
 public:
  DatagenSource(TableRows rows, std::vector<DataType> types,
                std::vector<std::unique_ptr<datagen::Generator>> generators, int64_t limit, Clock* clock, uint64_t seed)
      : rows_(rows),
        types_(std::move(types)),
        generators_(std::move(generators)),
        limit_(limit),
        clock_(clock),
        dice_(seed) {}

  Status Open(const TaskContext& context) override {
    context_ = &context;
    const auto subtask = static_cast<int64_t>(context.subtask), subtasks = static_cast<int64_t>(context.parallelism);
    at_ = datagen::FirstPosition(subtask, subtasks);
    per_second_ = std::max<int64_t>(0, rows_.per_second / subtasks + (subtask < rows_.per_second % subtasks ? 1 : 0));
    return {};
  }

  Result<PollResult> Poll(Output& out) override {
    if (Ended()) return PollResult{PollState::kEnd};
    const int64_t now = clock_->NowMs();
    if (at_.second_start_ms == INT64_MIN) at_.second_start_ms = now;
    // As Flink's generator: a second's rows at its start, then wait for the next. A clock set back begins a new second.
    if (now < at_.second_start_ms) {
      at_.second_start_ms = now;
      at_.in_second = 0;
    } else if (at_.in_second >= per_second_ && now >= at_.second_start_ms + 1000) {
      at_.second_start_ms += (now - at_.second_start_ms) / 1000 * 1000;
      at_.in_second = 0;
    }
    const int64_t rows = std::min(static_cast<int64_t>(context_->batch_rows), per_second_ - at_.in_second);
    if (rows <= 0) return PollResult{PollState::kIdle, std::max<int64_t>(1, at_.second_start_ms + 1000 - now)};
    SLUICE_RETURN_IF_ERROR(out.Emit(MakeBatch(rows, now)));
    return PollResult{PollState::kMore};
  }

  Result<std::string> SnapshotPosition() override { return EncodeDatagenPosition(at_); }

  Status RestorePositions(const std::vector<std::string>& positions) override {
    std::vector<datagen::DatagenPosition> all;
    for (const std::string& bytes : positions) {
      SLUICE_ASSIGN_OR_RETURN(datagen::DatagenPosition position, datagen::DecodeDatagenPosition(bytes));
      all.push_back(std::move(position));
    }
    if (all.empty()) return {};
    const auto subtask = static_cast<size_t>(context_->subtask), subtasks = static_cast<size_t>(context_->parallelism);
    at_ = all.size() == subtasks
              ? std::move(all[subtask])
              : datagen::DividePositions(all, static_cast<int64_t>(subtask), static_cast<int64_t>(subtasks));
    // Old seconds are not made up for.
    if (at_.second_start_ms != INT64_MIN && clock_->NowMs() >= at_.second_start_ms + 1000) {
      at_.second_start_ms = INT64_MIN;
      at_.in_second = 0;
    }
    return {};
  }

 private:
  bool Ended() const {
    return datagen::NextNumber(at_) >= rows_.total || (limit_ >= 0 && at_.made_before + at_.made >= limit_);
  }

  /// At most `rows` rows.
  Batch MakeBatch(int64_t rows, int64_t now_ms) {
    numbers_.clear();
    while (!Ended() && std::ssize(numbers_) < rows) {
      numbers_.push_back(TakeNumber(at_));
      ++at_.made;
    }
    at_.in_second += std::ssize(numbers_);
    Batch batch;
    batch.length = numbers_.size();
    for (size_t c = 0; c < types_.size(); ++c) {
      ColumnPtr column = Column::Make(types_[c], batch.length);
      for (size_t i = 0; i < batch.length; ++i) generators_[c]->Fill(*column, i, {numbers_[i], now_ms}, dice_);
      batch.columns.push_back(std::move(column));
    }
    return batch;
  }

  const TableRows rows_;
  const std::vector<DataType> types_;
  std::vector<std::unique_ptr<datagen::Generator>> generators_;
  const int64_t limit_;
  Clock* const clock_;
  datagen::Dice dice_;
  const TaskContext* context_ = nullptr;
  int64_t per_second_ = 0;
  datagen::DatagenPosition at_;
  std::vector<int64_t> numbers_;  // of the batch being made
};

Result<TableCapability> DatagenCapability(const TableDescription& table) {
  SLUICE_ASSIGN_OR_RETURN(const TableRows rows, CheckOptions(table));
  TableCapability capability;
  capability.bounded = rows.total != std::numeric_limits<int64_t>::max();
  capability.supports_partitions = true;
  return capability;
}

Result<std::unique_ptr<Source>> MakeDatagenSource(const SourceNode& node, const Schema& output,
                                                  const ConnectorEnvironment& environment) {
  SLUICE_ASSIGN_OR_RETURN(const TableRows rows, CheckOptions(node.table));
  std::vector<DataType> types;
  std::vector<std::unique_ptr<datagen::Generator>> generators;
  std::set<std::string> known;
  for (size_t k = 0; k < node.projection.size(); ++k) {
    const RowField* field = &node.table.physical[static_cast<size_t>(node.projection[k][0])];
    std::string prefix = "fields." + field->name;
    for (size_t d = 1; d < node.projection[k].size(); ++d) {
      field = &field->type.fields()[static_cast<size_t>(node.projection[k][d])];
      prefix += "." + field->name;
    }
    SLUICE_ASSIGN_OR_RETURN(GeneratorSpec spec, datagen::MakeGenerator(field->type, prefix, node.table.options, known));
    generators.push_back(std::move(spec.generator));
    types.push_back(output[k].type);
  }
  return std::unique_ptr<Source>(std::make_unique<DatagenSource>(rows, std::move(types), std::move(generators),
                                                                 node.limit, environment.clock, environment.random()));
}

}  // namespace

Connector DatagenConnector() {
  Connector connector;
  connector.descriptor.name = "datagen";
  connector.descriptor.is_source = true;
  connector.descriptor.options = {
      {"connector", true}, {"rows-per-second"}, {"number-of-rows"},    {"scan.parallelism"}, {"fields.#.kind"},
      {"fields.#.min"},    {"fields.#.max"},    {"fields.#.max-past"}, {"fields.#.length"},  {"fields.#.var-len"},
      {"fields.#.start"},  {"fields.#.end"},    {"fields.#.null-rate"}};
  connector.descriptor.source = DatagenCapability;
  connector.make_source = MakeDatagenSource;
  return connector;
}

}  // namespace sluice::engine
