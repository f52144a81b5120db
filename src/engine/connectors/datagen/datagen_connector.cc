// 'connector' = 'datagen': rows out of nothing.
#include <algorithm>

#include "base/clock.h"
#include "engine/connectors/connector.h"
#include "engine/connectors/datagen/generator.h"
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
    if (rows_.total != std::numeric_limits<int64_t>::max()) {
      mine_ = rows_.total > subtask ? (rows_.total - subtask + subtasks - 1) / subtasks : 0;
    }
    if (limit_ >= 0) mine_ = std::min(mine_, limit_);
    per_second_ = std::max<int64_t>(0, rows_.per_second / subtasks + (subtask < rows_.per_second % subtasks ? 1 : 0));
    return {};
  }

  Result<PollResult> Poll(Output& out) override {
    if (made_ >= mine_) return PollResult{PollState::kEnd};
    const int64_t now = clock_->NowMs();
    if (second_start_ms_ == INT64_MIN) second_start_ms_ = now;
    // As Flink's generator: a second's rows at its start, then wait for the next.
    if (in_second_ >= per_second_ && now >= second_start_ms_ + 1000) {
      second_start_ms_ += (now - second_start_ms_) / 1000 * 1000;
      in_second_ = 0;
    }
    const int64_t rows =
        std::min({static_cast<int64_t>(context_->batch_rows), mine_ - made_, per_second_ - in_second_});
    if (rows <= 0) return PollResult{PollState::kIdle, std::max<int64_t>(1, second_start_ms_ + 1000 - now)};
    Batch batch;
    batch.length = static_cast<size_t>(rows);
    for (size_t c = 0; c < types_.size(); ++c) {
      ColumnPtr column = Column::Make(types_[c], batch.length);
      for (size_t i = 0; i < batch.length; ++i) {
        const int64_t number = (made_ + static_cast<int64_t>(i)) * context_->parallelism + context_->subtask;
        generators_[c]->Fill(*column, i, {number, now}, dice_);
      }
      batch.columns.push_back(std::move(column));
    }
    made_ += rows;
    in_second_ += rows;
    SLUICE_RETURN_IF_ERROR(out.Emit(std::move(batch)));
    return PollResult{PollState::kMore};
  }

  Result<std::string> SnapshotPosition() override { return std::to_string(made_); }
  Status RestorePositions(const std::vector<std::string>& positions) override {
    if (positions.size() != static_cast<size_t>(context_->parallelism)) {
      return Error(ErrorCode::kNotSupported, "not supported yet: another parallelism of a datagen source");
    }
    made_ = std::strtoll(positions[static_cast<size_t>(context_->subtask)].c_str(), nullptr, 10);
    return {};
  }

 private:
  const TableRows rows_;
  const std::vector<DataType> types_;
  std::vector<std::unique_ptr<datagen::Generator>> generators_;
  const int64_t limit_;
  Clock* const clock_;
  datagen::Dice dice_;
  const TaskContext* context_ = nullptr;
  int64_t mine_ = std::numeric_limits<int64_t>::max();
  int64_t per_second_ = 0;
  int64_t made_ = 0;
  int64_t second_start_ms_ = INT64_MIN;
  int64_t in_second_ = 0;
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
