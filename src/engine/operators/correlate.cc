// CROSS JOIN UNNEST and LEFT JOIN UNNEST: each row once for every element of its array, multiset or map. A ROW element
// becomes columns; an element that is NULL as a whole ROW is skipped, as in Flink. With a condition, LEFT JOIN pads the
// rows none of whose elements passes.
#include "engine/functions/program.h"
#include "engine/operators/operator_parts.h"

namespace sluice::engine {

namespace {

class Unnest final : public Operator {
 public:
  Unnest(std::unique_ptr<Program> collection, std::unique_ptr<Program> condition, const DataType& type, bool ordinality,
         bool left_outer, size_t input_columns, const Schema& output)
      : collection_(std::move(collection)),
        condition_(std::move(condition)),
        type_(type),
        ordinality_(ordinality),
        left_outer_(left_outer),
        input_columns_(input_columns),
        output_(output) {}

  Status Open(const TaskContext&) override { return {}; }

  Status Process(int, Batch batch, Output& out) override {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<ColumnPtr> computed, collection_->Run(batch));
    const Column& lists = *computed[0];
    Expand(batch, lists);
    if (condition_) SLUICE_RETURN_IF_ERROR(KeepMatching(batch, lists));
    if (positions_.empty()) return {};
    return out.Emit(Joined(batch, lists));
  }

 private:
  static constexpr int64_t kPadded = -1;
  bool RowElements() const { return type_.kind() != TypeKind::kMap && type_.element().kind() == TypeKind::kRow; }

  Batch Joined(const Batch& batch, const Column& lists) {
    Batch result;
    result.length = positions_.size();
    for (size_t c = 0; c < input_columns_; ++c) {
      result.columns.push_back(Column::Gather(*batch.columns[c], positions_.data(), positions_.size()));
    }
    if (RowElements()) {
      for (size_t f = 0; f < lists.child(0)->child_count(); ++f) AppendElements(result, *lists.child(0)->child(f));
    } else {
      AppendElements(result, *lists.child(0));
      if (type_.kind() == TypeKind::kMap) AppendElements(result, *lists.child(1));
    }
    if (ordinality_) AppendOrdinals(result);
    for (const uint32_t p : positions_) {
      if (!batch.kinds.empty()) result.kinds.push_back(batch.kinds[p]);
      if (!batch.watermark_before.empty()) result.watermark_before.push_back(batch.watermark_before[p]);
    }
    return result;
  }

  /// Leaves the pairs that pass the condition, and a padded one for each row of the batch that has none.
  Status KeepMatching(const Batch& batch, const Column& lists) {
    const std::vector<uint32_t> positions = std::move(positions_);
    const std::vector<int64_t> elements = std::move(elements_);
    const std::vector<int32_t> ordinals = std::move(ordinals_);
    std::vector<bool> passed(positions.size(), false);
    if (!positions.empty()) {
      positions_ = positions;
      elements_ = elements;
      ordinals_ = ordinals;
      Batch all = Joined(batch, lists);
      SLUICE_RETURN_IF_ERROR(condition_->Filter(all));
      all.rows().ForEach([&](size_t k) { passed[k] = true; });
    }
    positions_.clear();
    elements_.clear();
    ordinals_.clear();
    size_t k = 0;
    batch.rows().ForEach([&](size_t i) {
      const size_t before = positions_.size();
      for (; k < positions.size() && positions[k] == i; ++k) {
        if (passed[k]) Add(i, elements[k], ordinals[k]);
      }
      if (left_outer_ && positions_.size() == before) Add(i, kPadded, 0);
    });
    return {};
  }

  /// Fills positions_ (of input rows), elements_ (in the list's child) and ordinals_.
  void Expand(const Batch& batch, const Column& lists) {
    positions_.clear();
    elements_.clear();
    ordinals_.clear();
    const bool multiset = type_.kind() == TypeKind::kMultiset;
    batch.rows().ForEach([&](size_t i) {
      const size_t before = positions_.size();
      const ListSlice slice = lists.IsNull(i) ? ListSlice{} : lists.at<ListSlice>(i);
      int32_t ordinal = 0;
      for (uint32_t k = slice.offset; k < slice.offset + slice.length; ++k) {
        const int32_t times = multiset ? lists.child(1)->at<int32_t>(k) : 1;
        for (int32_t n = 0; n < times; ++n) {
          ++ordinal;
          if (!RowElements() || !lists.child(0)->IsNull(k)) Add(i, k, ordinal);
        }
      }
      if (left_outer_ && !condition_ && positions_.size() == before) Add(i, kPadded, 0);
    });
  }

  void Add(size_t position, int64_t element, int32_t ordinal) {
    positions_.push_back(static_cast<uint32_t>(position));
    elements_.push_back(element);
    ordinals_.push_back(ordinal);
  }

  void AppendElements(Batch& result, const Column& values) {
    ColumnPtr column = Column::Make(output_[result.columns.size()].type, elements_.size());
    for (size_t k = 0; k < elements_.size(); ++k) {
      if (elements_[k] == kPadded) {
        column->SetNull(k);
      } else {
        column->CopyRow(k, values, static_cast<size_t>(elements_[k]));
      }
    }
    result.columns.push_back(std::move(column));
  }

  void AppendOrdinals(Batch& result) {
    ColumnPtr column = Column::Make(output_[result.columns.size()].type, elements_.size());
    for (size_t k = 0; k < elements_.size(); ++k) {
      column->data<int32_t>()[k] = ordinals_[k];
      if (elements_[k] == kPadded) column->SetNull(k);
    }
    result.columns.push_back(std::move(column));
  }

  std::unique_ptr<Program> collection_;
  std::unique_ptr<Program> condition_;  // may be null; over the output's columns
  DataType type_;
  bool ordinality_, left_outer_;
  size_t input_columns_;
  Schema output_;
  std::vector<uint32_t> positions_;
  std::vector<int64_t> elements_;
  std::vector<int32_t> ordinals_;
};

}  // namespace

OperatorResult MakeCorrelate(const CorrelateNode& node, const OperatorPlan& plan) {
  if (node.call->function == kReplicateRows) return MakeReplicateRows(node, plan);
  const bool ordinality = node.call->function == "UNNEST WITH ORDINALITY";
  if (!ordinality && node.call->function != "UNNEST") return NotYet("the table function " + node.call->function);
  std::unique_ptr<Program> condition;
  if (node.condition) {
    SLUICE_ASSIGN_OR_RETURN(condition, Program::Compile({node.condition}, plan.node.schema, *plan.environment.functions,
                                                        *plan.environment.facts));
  }
  const ExprPtr& collection = node.call->args[0];
  SLUICE_ASSIGN_OR_RETURN(
      auto program, Program::Compile({collection}, plan.input(), *plan.environment.functions, *plan.environment.facts));
  return std::unique_ptr<Operator>(std::make_unique<Unnest>(std::move(program), std::move(condition), collection->type,
                                                            ordinality, node.left_outer, plan.input().size(),
                                                            plan.node.schema));
}

}  // namespace sluice::engine
