// Joins of rows of the same window, once it is over (Flink's WindowJoinOperator): inner, outer, semi and anti, all +I.
#include <algorithm>

#include "engine/columnar/row_encoding.h"
#include "engine/operators/joined_rows.h"
#include "engine/operators/row_list.h"
#include "engine/operators/windowed_state.h"

namespace sluice::engine {

namespace {

/// The rows of a key and window; those of a key that never matches (NULL) too, for padding.
struct WindowSides {
  RowList sides[2];
  bool null_key = false;

  void Save(std::string& out) const {
    PutFixed(static_cast<uint8_t>(null_key), out);
    for (const RowList& side : sides) {
      std::string bytes;
      side.Save(bytes);
      PutBytes(bytes, out);
    }
  }
  bool Load(std::string_view in) {
    uint8_t null = 0;
    std::string_view left, right;
    if (!TakeFixed(in, null) || !TakeBytes(in, left) || !TakeBytes(in, right)) return false;
    null_key = null != 0;
    return sides[0].Load(left) && sides[1].Load(right);
  }
};

class WindowJoin final : public Operator {
 public:
  WindowJoin(const WindowJoinNode& node, const OperatorPlan& plan, PairCondition condition,
             std::vector<DataType> key_types)
      : node_(node),
        inputs_{plan.input(0), plan.input(1)},
        output_(plan.node.schema),
        condition_(std::move(condition)),
        state_(std::move(key_types)) {}

  Status Open(const TaskContext& context) override {
    state_.Open(context, "window join:" + RowFormat(inputs_[0]) + RowFormat(inputs_[1]));
    rows_.Start(inputs_[0], output_);
    return {};
  }

  Status BeforeSnapshot(Output&) override {
    state_.Save();
    return {};
  }

  Status Process(int input, Batch batch, Output& out) override {
    per_row_ |= !batch.watermark_before.empty();
    const std::vector<int>& keys = input == 0 ? node_.left_keys : node_.right_keys;
    auto add = [&](size_t i, WindowSides& state) {
      for (size_t c = 0; c < keys.size(); ++c) {
        state.null_key |= node_.filter_nulls[c] && batch.columns[static_cast<size_t>(keys[c])]->IsNull(i);
      }
      std::string row;
      EncodeRow(batch.columns, i, row);
      state.sides[input].rows.push_back(std::move(row));
    };
    SLUICE_RETURN_IF_ERROR(state_.Process(batch, keys, input == 0 ? node_.left_window_end : node_.right_window_end, add,
                                          [&](WindowSides& state) { return Show(state); }));
    return rows_.Flush(out);
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    SLUICE_RETURN_IF_ERROR(state_.Advance(watermark, [&](WindowSides& state) { return Show(state); }));
    return rows_.Flush(out);
  }

 private:
  /// All that one key and window has: the left rows in blocks, so that the condition gets many pairs at once.
  Status Show(const WindowSides& state) {
    if (per_row_) rows_.SetWatermark(state_.watermark());
    const std::vector<std::string>& left = state.sides[0].rows;
    const std::vector<std::string>& right = state.sides[1].rows;
    right_met_.assign(right.size(), 0);
    const size_t partners = state.null_key ? 0 : right.size();
    const size_t block = std::max<size_t>(1, PairCondition::kPairs / std::max<size_t>(1, partners));
    for (size_t begin = 0; begin < left.size(); begin += block) {
      const size_t end = std::min(left.size(), begin + block);
      pairs_.clear();
      for (size_t l = begin; l < end; ++l) {
        for (size_t r = 0; r < partners; ++r) pairs_.push_back({left[l], right[r]});
      }
      SLUICE_RETURN_IF_ERROR(condition_.Test(pairs_, matched_));
      for (size_t l = begin; l < end; ++l) ShowRow(left[l], right, matched_.data() + (l - begin) * partners, partners);
    }
    const bool right_outer = node_.kind == JoinKind::kRight || node_.kind == JoinKind::kFull;
    for (size_t k = 0; right_outer && k < right.size(); ++k) {
      const std::string_view other = right[k];
      if (right_met_[k] == 0) rows_.Add(RowKind::kInsert, nullptr, &other);
    }
    return {};
  }

  /// One left row; matched[k] says whether it meets the k-th of its partners.
  void ShowRow(std::string_view own, const std::vector<std::string>& right, const uint8_t* matched, size_t partners) {
    const bool left_outer = node_.kind == JoinKind::kLeft || node_.kind == JoinKind::kFull;
    const bool one_sided = node_.kind == JoinKind::kSemi || node_.kind == JoinKind::kAnti;
    bool met = false;
    for (size_t k = 0; k < partners; ++k) {
      if (matched[k] == 0) continue;
      met = true;
      right_met_[k] = 1;
      const std::string_view other = right[k];
      if (!one_sided) rows_.Add(RowKind::kInsert, &own, &other);
    }
    const bool alone = one_sided ? met == (node_.kind == JoinKind::kSemi) : left_outer && !met;
    if (alone) rows_.Add(RowKind::kInsert, &own, nullptr);
  }

  const WindowJoinNode node_;
  Schema inputs_[2];
  Schema output_;
  PairCondition condition_;
  WindowedState<WindowSides> state_;
  JoinedRows rows_;
  bool per_row_ = false;
  // Of one call of Show.
  std::vector<PairCondition::Pair> pairs_;
  std::vector<uint8_t> matched_;
  std::vector<uint8_t> right_met_;  // by right row: a left one has met it
};

}  // namespace

OperatorResult MakeWindowJoin(const WindowJoinNode& node, const OperatorPlan& plan) {
  SLUICE_ASSIGN_OR_RETURN(PairCondition condition, PairCondition::Make(node.condition, plan));
  std::vector<DataType> key_types;
  for (const int k : node.left_keys) key_types.push_back(plan.input(0)[static_cast<size_t>(k)].type);
  return std::unique_ptr<Operator>(
      std::make_unique<WindowJoin>(node, plan, std::move(condition), std::move(key_types)));
}

}  // namespace sluice::engine
