#include "engine/operators/joined_rows.h"

#include <algorithm>

#include "engine/columnar/row_encoding.h"

namespace sluice::engine {

Result<PairCondition> PairCondition::Make(const ExprPtr& condition, const OperatorPlan& plan) {
  PairCondition out;
  out.left_columns_ = plan.input(0).size();
  out.both_ = plan.input(0);
  out.both_.insert(out.both_.end(), plan.input(1).begin(), plan.input(1).end());
  if (condition) {
    SLUICE_ASSIGN_OR_RETURN(
        out.program_, Program::Compile({condition}, out.both_, *plan.environment.functions, *plan.environment.facts));
  }
  return out;
}

Status PairCondition::Test(const std::vector<Pair>& pairs, std::vector<uint8_t>& matched) {
  matched.assign(pairs.size(), program_ == nullptr ? 1 : 0);
  if (program_ == nullptr || pairs.empty()) return {};
  Batch test;
  test.length = pairs.size();
  for (const RowField& field : both_) test.columns.push_back(Column::Make(field.type, 0));
  const std::span<const ColumnPtr> columns(test.columns);
  for (const Pair& pair : pairs) {
    INVARIANT(DecodeRow(pair.left, columns.first(left_columns_)), "a row in state is malformed");
    INVARIANT(DecodeRow(pair.right, columns.subspan(left_columns_)), "a row in state is malformed");
  }
  SLUICE_RETURN_IF_ERROR(program_->Filter(test));
  test.rows().ForEach([&](size_t k) { matched[k] = 1; });
  return {};
}

void JoinedRows::Start(const Schema& left, const Schema& output) {
  output_ = output;
  left_columns_ = left.size();
  Reset();
}

void JoinedRows::Reset() {
  batch_ = Batch();
  for (const RowField& field : output_) batch_.columns.push_back(Column::Make(field.type, 0));
}

void JoinedRows::Add(RowKind kind, const std::string_view* left, const std::string_view* right) {
  const std::span<const ColumnPtr> columns(batch_.columns);
  auto side = [](std::span<const ColumnPtr> to, const std::string_view* row) {
    if (row != nullptr) {
      INVARIANT(DecodeRow(*row, to), "a row in state is malformed");
    } else {
      for (const ColumnPtr& c : to) c->AppendNull();
    }
  };
  side(columns.first(left_columns_), left);
  if (columns.size() > left_columns_) side(columns.subspan(left_columns_), right);
  batch_.kinds.push_back(kind);
  batch_.watermark_before.push_back(watermark_);
  ++batch_.length;
}

Status JoinedRows::Flush(Output& out) {
  if (batch_.length == 0) return {};
  Batch ready = std::move(batch_);
  if (!per_row_) ready.watermark_before.clear();
  if (std::all_of(ready.kinds.begin(), ready.kinds.end(), [](RowKind k) { return k == RowKind::kInsert; })) {
    ready.kinds.clear();
  }
  Reset();
  return out.Emit(std::move(ready));
}

}  // namespace sluice::engine
