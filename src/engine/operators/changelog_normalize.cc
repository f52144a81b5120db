// A changelog with repeated, partial or upsert events made regular by the last row of each key, as Flink's
// ChangelogNormalize (DeduplicateFunctionHelper.processLastRowOnChangelog): the first row of a key is +I, a row equal
// to the last one is dropped, another is an update, a delete shows the row as it was last. Rows that fail the condition
// are as if they had been deleted. -U is not looked at: the row that follows says what is there now.
#include <algorithm>

#include "engine/columnar/row_encoding.h"
#include "engine/functions/program.h"
#include "engine/operators/key_states.h"
#include "engine/operators/mini_batch_rows.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/row_changes.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

namespace {

/// The row of a key that consumers have seen.
struct LastRow {
  std::string row;
  bool present = false;

  bool empty() const { return !present; }

  void Save(std::string& out) const {
    out += present ? '\1' : '\0';
    out += row;
  }
  bool Load(std::string_view in) {
    if (in.empty()) return false;
    present = in[0] != 0;
    row = in.substr(1);
    return true;
  }
};

class ChangelogNormalize final : public Operator {
 public:
  ChangelogNormalize(const ChangelogNormalizeNode& node, const Schema& schema, std::unique_ptr<Program> condition)
      : node_(node), schema_(schema), condition_(std::move(condition)) {}

  Status Open(const TaskContext& context) override {
    std::vector<DataType> key_types;
    for (const int k : node_.keys) key_types.push_back(schema_[static_cast<size_t>(k)].type);
    table_ = context.state->OpenTable({.name = "rows",
                                       .key_types = std::move(key_types),
                                       .payload = ObjectPayload<LastRow>(),
                                       .payload_format = "last:" + RowFormat(schema_),
                                       .ttl_ms = node_.state_ttl_ms});
    changes_.Start(schema_, schema_.size());
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    passes_.assign(batch.length, condition_ == nullptr);
    if (condition_ != nullptr) {
      Batch kept = batch;
      SLUICE_RETURN_IF_ERROR(condition_->Filter(kept));
      kept.rows().ForEach([&](size_t i) { passes_[i] = true; });
    }
    const Rows rows = batch.rows();
    states_.Find(*table_, batch, node_.keys);
    for (size_t k = 0; k < rows.count; ++k) {
      const size_t i = rows[k];
      if (!batch.watermark_before.empty()) changes_.SetWatermark(batch.watermark_before[i]);
      const RowKind kind = batch.kind(i);
      if (kind == RowKind::kUpdateBefore) continue;
      LastRow& last = states_[i];
      if (kind == RowKind::kDelete || !passes_[i]) {
        // A row that is dropped for the condition but equal to the last one cannot be: that one passed.
        if (last.present) changes_.Add(RowKind::kDelete, last.row);
        last.present = false;
      } else {
        Show(last, batch, i);
      }
    }
    states_.EraseEmpty();
    return changes_.Flush(out);
  }

 private:
  void Show(LastRow& last, const Batch& batch, size_t i) {
    row_.clear();
    EncodeRow(batch.columns, i, row_);
    if (!last.present) {
      changes_.Add(RowKind::kInsert, row_);
    } else if (node_.state_ttl_ms == 0 && last.row == row_) {
      return;
    } else {
      if (node_.emit_update_before) changes_.Add(RowKind::kUpdateBefore, last.row);
      changes_.Add(RowKind::kUpdateAfter, row_);
    }
    last.present = true;
    last.row = row_;
  }

  const ChangelogNormalizeNode node_;
  const Schema schema_;
  std::unique_ptr<Program> condition_;  // may be null
  KeyedTable* table_ = nullptr;
  RowChanges changes_;
  std::vector<uint8_t> passes_;
  KeyStates<LastRow> states_;
  std::string row_;
};

}  // namespace

OperatorResult MakeChangelogNormalize(const ChangelogNormalizeNode& node, const OperatorPlan& plan) {
  std::unique_ptr<Program> condition;
  if (node.condition) {
    SLUICE_ASSIGN_OR_RETURN(condition, Program::Compile({node.condition}, plan.input(), *plan.environment.functions,
                                                        *plan.environment.facts));
  }
  auto normalize = std::make_unique<ChangelogNormalize>(node, plan.node.schema, std::move(condition));
  if (!plan.settings.mini_batch) return std::unique_ptr<Operator>(std::move(normalize));
  return MakeMiniBatchRows(std::move(normalize),
                           {.keys = node.keys, .keep = BundleKeeps::kLast, .size = plan.settings.mini_batch_size},
                           plan.input());
}

}  // namespace sluice::engine
