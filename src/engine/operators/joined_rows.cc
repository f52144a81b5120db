#include "engine/operators/joined_rows.h"

#include <algorithm>

#include "engine/columnar/row_encoding.h"

namespace sluice::engine {

Result<PairCondition> PairCondition::Make(const ExprPtr& condition, const OperatorPlan& plan) {
  PairCondition out;
  out.left_columns_ = plan.input(0).size();
  out.both_ = plan.input(0);
  out.both_.insert(out.both_.end(), plan.input(1).begin(), plan.input(1).end());
  if (!condition) return out;
  SLUICE_ASSIGN_OR_RETURN(
      out.program_, Program::Compile({condition}, out.both_, *plan.environment.functions, *plan.environment.facts));
  out.needed_.assign(out.both_.size(), 0);
  for (const int input : ExprInputs(*condition)) out.needed_[static_cast<size_t>(input)] = 1;
  for (const RowField& field : out.both_) out.unneeded_.push_back(Column::Make(field.type, 0));
  return out;
}

Status PairCondition::Test(const std::vector<Pair>& pairs, std::vector<uint8_t>& matched) {
  matched.assign(pairs.size(), program_ == nullptr ? 1 : 0);
  if (program_ == nullptr || pairs.empty()) return {};
  Batch test;
  test.length = pairs.size();
  for (size_t c = 0; c < both_.size(); ++c) {
    test.columns.push_back(needed_[c] != 0 ? Column::Make(both_[c].type, 0) : unneeded_[c]);
  }
  const std::span<const ColumnPtr> columns(test.columns);
  const std::span<const uint8_t> needed(needed_);
  rows_.resize(pairs.size());
  for (size_t k = 0; k < pairs.size(); ++k) rows_[k] = pairs[k].left;
  INVARIANT(DecodeColumns(rows_, columns.first(left_columns_), needed.first(left_columns_)),
            "a row in state is malformed");
  for (size_t k = 0; k < pairs.size(); ++k) rows_[k] = pairs[k].right;
  INVARIANT(DecodeColumns(rows_, columns.subspan(left_columns_), needed.subspan(left_columns_)),
            "a row in state is malformed");
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
  const auto side = [](RowBlock& to, const std::string_view* row, size_t columns) {
    row != nullptr ? to.Add(*row) : to.AddNulls(columns);
  };
  side(left_, left, left_columns_);
  if (output_.size() > left_columns_) side(right_, right, output_.size() - left_columns_);
  batch_.kinds.push_back(kind);
  batch_.watermark_before.push_back(watermark_);
  ++batch_.length;
}

Status JoinedRows::Flush(Output& out) {
  if (batch_.length == 0) return {};
  const std::span<const ColumnPtr> columns(batch_.columns);
  left_.MoveTo(columns.first(left_columns_));
  right_.MoveTo(columns.subspan(left_columns_));
  Batch ready = std::move(batch_);
  if (!per_row_) ready.watermark_before.clear();
  if (std::all_of(ready.kinds.begin(), ready.kinds.end(), [](RowKind k) { return k == RowKind::kInsert; })) {
    ready.kinds.clear();
  }
  Reset();
  return out.Emit(std::move(ready));
}

}  // namespace sluice::engine
