// Calc (filter, then project), Union and Expand: stateless operators over Programs.
#include "engine/functions/program.h"
#include "engine/operators/operator_parts.h"

namespace sluice::engine {

namespace {

using ProgramPtr = std::unique_ptr<Program>;

Result<ProgramPtr> Compile(const std::vector<ExprPtr>& expressions, const OperatorPlan& plan) {
  return Program::Compile(expressions, plan.input(), *plan.environment.functions, *plan.environment.facts);
}

class Calc final : public Operator {
 public:
  Calc(ProgramPtr condition, ProgramPtr projections, bool no_columns)
      : condition_(std::move(condition)), projections_(std::move(projections)), no_columns_(no_columns) {}

  Status Open(const TaskContext&) override { return {}; }

  Status Process(int, Batch batch, Output& out) override {
    if (condition_) SLUICE_RETURN_IF_ERROR(condition_->Filter(batch));
    if (batch.row_count() == 0) return {};
    if (projections_) {
      SLUICE_ASSIGN_OR_RETURN(batch.columns, projections_->Run(batch));
    }
    if (no_columns_) batch.columns.clear();
    return out.Emit(std::move(batch));
  }

 private:
  ProgramPtr condition_, projections_;
  const bool no_columns_;  // only the number of rows counts downstream, as for COUNT(*)
};

class Union final : public Operator {
 public:
  Status Open(const TaskContext&) override { return {}; }
  Status Process(int, Batch batch, Output& out) override { return out.Emit(std::move(batch)); }
};

/// Flink emits a row's copies together: row 1 for every set, then row 2, …
class Expand final : public Operator {
 public:
  Expand(std::vector<ProgramPtr> sets, const Schema& output) : sets_(std::move(sets)), output_(output) {}

  Status Open(const TaskContext&) override { return {}; }

  Status Process(int, Batch batch, Output& out) override {
    const Rows rows = batch.rows();
    std::vector<std::vector<ColumnPtr>> results;
    for (const ProgramPtr& set : sets_) {
      SLUICE_ASSIGN_OR_RETURN(std::vector<ColumnPtr> columns, set->Run(batch));
      results.push_back(std::move(columns));
    }
    Batch expanded;
    expanded.length = rows.count * sets_.size();
    for (size_t c = 0; c < output_.size(); ++c) {
      ColumnPtr column = Column::Make(output_[c].type, expanded.length);
      for (size_t s = 0; s < sets_.size(); ++s) {
        for (size_t k = 0; k < rows.count; ++k) column->CopyRow(k * sets_.size() + s, *results[s][c], rows[k]);
      }
      expanded.columns.push_back(std::move(column));
    }
    for (size_t k = 0; k < rows.count; ++k) {
      if (!batch.kinds.empty()) expanded.kinds.insert(expanded.kinds.end(), sets_.size(), batch.kinds[rows[k]]);
      if (!batch.watermark_before.empty()) {
        expanded.watermark_before.insert(expanded.watermark_before.end(), sets_.size(),
                                         batch.watermark_before[rows[k]]);
      }
    }
    return out.Emit(std::move(expanded));
  }

 private:
  std::vector<ProgramPtr> sets_;
  Schema output_;
};

}  // namespace

OperatorResult MakeCalc(const CalcNode& calc, const OperatorPlan& plan) {
  ProgramPtr condition, projections;
  if (calc.condition) {
    SLUICE_ASSIGN_OR_RETURN(condition, Compile({calc.condition}, plan));
  }
  if (!calc.projections.empty()) {
    SLUICE_ASSIGN_OR_RETURN(projections, Compile(calc.projections, plan));
  }
  return std::unique_ptr<Operator>(
      std::make_unique<Calc>(std::move(condition), std::move(projections), plan.node.schema.empty()));
}

OperatorResult MakeUnion(const UnionNode&, const OperatorPlan&) {
  return std::unique_ptr<Operator>(std::make_unique<Union>());
}

OperatorResult MakeExpand(const ExpandNode& expand, const OperatorPlan& plan) {
  std::vector<ProgramPtr> sets;
  for (const auto& projections : expand.projections) {
    SLUICE_ASSIGN_OR_RETURN(ProgramPtr set, Compile(projections, plan));
    sets.push_back(std::move(set));
  }
  return std::unique_ptr<Operator>(std::make_unique<Expand>(std::move(sets), plan.node.schema));
}

}  // namespace sluice::engine
