#include "engine/operators/match_values.h"

#include "engine/columnar/hashing.h"

namespace sluice::engine {

Result<std::unique_ptr<MatchValues>> MatchValues::Make(const MatchExpr& expr, const OperatorPlan& plan) {
  auto out = std::make_unique<MatchValues>();
  out->input_ = plan.input();
  const FunctionRegistry& functions = *plan.environment.functions;
  const SessionFacts& facts = *plan.environment.facts;
  Schema schema;
  for (const MatchRef& ref : expr.refs) {
    Ref r;
    r.plan = ref;
    const std::vector<ExprPtr> values = ref.aggregate ? ref.arguments : std::vector<ExprPtr>{ref.value};
    if (!values.empty()) {
      SLUICE_ASSIGN_OR_RETURN(r.values, Program::Compile(values, plan.input(), functions, facts));
    }
    if (ref.aggregate) {
      SLUICE_ASSIGN_OR_RETURN(r.call, AggregateSet::Make({ref.call}, false, 0, plan.environment));
    }
    schema.push_back({"r" + std::to_string(schema.size()), ref.type, ""});
    out->refs_.push_back(std::move(r));
  }
  SLUICE_ASSIGN_OR_RETURN(out->expr_, Program::Compile({expr.expr}, schema, functions, facts));
  return out;
}

Result<ColumnPtr> MatchValues::Evaluate(const MatchedRows& rows, const RowOf& row_of) {
  Batch batch;
  batch.length = 1;
  for (Ref& ref : refs_) {
    SLUICE_ASSIGN_OR_RETURN(ColumnPtr value, ValueOf(ref, rows, row_of));
    batch.columns.push_back(Column::Relabel(value, ref.plan.type));
  }
  SLUICE_ASSIGN_OR_RETURN(std::vector<ColumnPtr> result, expr_->Run(batch));
  return Column::Flatten(result[0]);
}

Result<ColumnPtr> MatchValues::ValueOf(Ref& ref, const MatchedRows& rows, const RowOf& row_of) {
  std::vector<uint64_t> own;
  for (const auto& [row, variable] : rows) {
    if (ref.plan.variable < 0 || ref.plan.variable == variable) own.push_back(row);
  }
  if (ref.plan.aggregate) return AggregateOf(ref, own, row_of);
  const auto count = static_cast<int64_t>(own.size());
  const int64_t at = ref.plan.first ? ref.plan.offset : count - 1 - ref.plan.offset;
  if (at < 0 || at >= count) {
    ColumnPtr null = Column::Make(ref.plan.type, 1);
    null->SetNull(0);
    return null;
  }
  SLUICE_ASSIGN_OR_RETURN(std::vector<ColumnPtr> value, ref.values->Run(row_of(own[static_cast<size_t>(at)])));
  return Column::Flatten(value[0]);
}

Result<ColumnPtr> MatchValues::AggregateOf(Ref& ref, const std::vector<uint64_t>& rows, const RowOf& row_of) {
  Batch all;
  all.length = rows.size();
  for (const RowField& field : input_) all.columns.push_back(Column::Make(field.type, 0));
  for (const uint64_t row : rows) {
    const Batch& one = row_of(row);
    for (size_t c = 0; c < all.columns.size(); ++c) all.columns[c]->AppendFrom(*one.columns[c], 0);
  }
  Batch arguments;
  arguments.length = rows.size();
  if (ref.values && !rows.empty()) {
    SLUICE_ASSIGN_OR_RETURN(arguments.columns, ref.values->Run(all));
  }
  std::unique_ptr<KeyedTable> table =
      MakeMemoryTable({.name = "aggregate", .key_types = {}, .payload = ref.call->Hooks()});
  std::byte* payload = nullptr;
  table->FindOrInsert({}, Rows{nullptr, 1}, &kHashSeed, &payload, nullptr);
  if (!rows.empty()) {
    const std::vector<std::byte*> payloads(rows.size(), payload);
    SLUICE_RETURN_IF_ERROR(ref.call->Update(arguments, Rows{nullptr, rows.size()}, payloads.data(), nullptr));
  }
  std::vector<ColumnPtr> value;
  SLUICE_RETURN_IF_ERROR(ref.call->Read(&payload, 1, value));
  return value[0];
}

}  // namespace sluice::engine
