// MATCH_RECOGNIZE: rows wait for the watermark, go through the automaton of their key in the order of their time, and
// each match becomes one row (Flink's CepOperator). Rows behind the watermark are dropped. By processing time each row
// counts at once.
#include <algorithm>
#include <map>

#include "base/clock.h"
#include "engine/columnar/row_block.h"
#include "engine/columnar/row_encoding.h"
#include "engine/operators/kept_watermark.h"
#include "engine/operators/key_timers.h"
#include "engine/operators/match_values.h"
#include "engine/operators/row_list.h"
#include "engine/operators/row_order.h"

namespace sluice::engine {

namespace {

struct MatchState {
  std::map<int64_t, std::vector<std::string>> waiting;  // by their time
  std::map<uint64_t, std::string> rows;                 // that runs hold, by their number
  uint64_t next_row = 0;
  MatchRuns runs;

  bool empty() const { return waiting.empty() && runs.partial.empty() && runs.completed.empty(); }

  void Save(std::string& out) const {
    PutFixed(next_row, out);
    std::string bytes;
    runs.Save(bytes);
    PutBytes(bytes, out);
    PutFixed(static_cast<uint64_t>(rows.size()), out);
    for (const auto& [number, row] : rows) {
      PutFixed(number, out);
      PutBytes(row, out);
    }
    for (const auto& [time, list] : waiting) {
      for (const std::string& row : list) {
        PutFixed(time, out);
        PutBytes(row, out);
      }
    }
  }
  bool Load(std::string_view in) {
    std::string_view bytes;
    uint64_t count = 0;
    if (!TakeFixed(in, next_row) || !TakeBytes(in, bytes) || !runs.Load(bytes) || !TakeFixed(in, count)) return false;
    for (; count > 0; --count) {
      uint64_t number = 0;
      if (!TakeFixed(in, number) || !TakeBytes(in, bytes)) return false;
      rows[number] = bytes;
    }
    while (!in.empty()) {
      int64_t time = 0;
      if (!TakeFixed(in, time) || !TakeBytes(in, bytes)) return false;
      waiting[time].emplace_back(bytes);
    }
    return true;
  }
};

MatchSkipTo SkipOf(MatchSkip skip) {
  switch (skip) {
    case MatchSkip::kPastLastRow: return MatchSkipTo::kPastLastRow;
    case MatchSkip::kToFirst: return MatchSkipTo::kFirst;
    case MatchSkip::kToLast: return MatchSkipTo::kLast;
    case MatchSkip::kToNextRow: break;
  }
  return MatchSkipTo::kNextRow;
}

MatchPattern PatternOf(const MatchNode& node) {
  std::vector<MatchElement> elements;
  for (const PatternElement& e : node.pattern) elements.push_back({e.variable, e.min, e.max, e.greedy});
  return MatchPattern(elements);
}

class Match final : public Operator {
 public:
  Match(const MatchNode& node, const OperatorPlan& plan, std::vector<std::unique_ptr<MatchValues>> defines,
        std::vector<std::unique_ptr<MatchValues>> measures)
      : node_(node),
        input_(plan.input()),
        output_(plan.node.schema),
        machine_(PatternOf(node), SkipOf(node.skip), node.skip_variable,
                 node.skip_variable < 0 ? "" : node.variables[static_cast<size_t>(node.skip_variable)], node.within_ms),
        defines_(std::move(defines)),
        measures_(std::move(measures)) {
    for (const int k : node.partition_keys) key_types_.push_back(input_[static_cast<size_t>(k)].type);
    timers_ = std::make_unique<KeyTimers>(key_types_);
  }

  Status Open(const TaskContext& context) override {
    clock_ = context.clock;
    std::string pattern = "match:";
    for (const PatternElement& e : node_.pattern) {
      pattern += node_.variables[static_cast<size_t>(e.variable)] + "{" + std::to_string(e.min) + "," +
                 std::to_string(e.max) + (e.greedy ? "} " : "}? ");
    }
    table_ = context.state->OpenTable({.name = "matches",
                                       .key_types = key_types_,
                                       .payload = ObjectPayload<MatchState>(),
                                       .payload_format = pattern + RowFormat(input_)});
    watermark_.Open(context);
    timers_->AddFrom(*table_, [](std::byte* payload, auto&& add) {
      for (const auto& [time, list] : At(payload).waiting) add(time, 0);
    });
    StartResult();
    return {};
  }

  Status BeforeSnapshot(Output&) override {
    watermark_.Save();
    return {};
  }

  Status Process(int, Batch batch, Output& out) override {
    if (batch.row_count() == 0) return {};
    const std::vector<ColumnPtr> keys = SelectColumns(batch, node_.partition_keys);
    HashRows(keys, batch.rows(), hashes_);
    payloads_.resize(batch.length);
    table_->FindOrInsert(keys, batch.rows(), hashes_.data(), payloads_.data(), nullptr);
    for (size_t k = 0; k < batch.row_count(); ++k) touched_.push_back(payloads_[batch.rows()[k]]);
    per_row_ |= !batch.watermark_before.empty();
    const Column* times = node_.processing_time ? nullptr : batch.columns[static_cast<size_t>(node_.time_column)].get();
    for (size_t k = 0; k < batch.row_count(); ++k) {
      const size_t i = batch.rows()[k];
      if (!node_.processing_time && !batch.watermark_before.empty() && batch.watermark_before[i] > watermark_.value()) {
        SLUICE_RETURN_IF_ERROR(Fire(batch.watermark_before[i]));
      }
      std::string row;
      EncodeRow(batch.columns, i, row);
      MatchState& state = At(payloads_[i]);
      if (node_.processing_time) {
        const int64_t now = clock_->NowMs();
        SLUICE_RETURN_IF_ERROR(Advance(state, now));
        SLUICE_RETURN_IF_ERROR(Step(state, std::move(row), now));
        continue;
      }
      if (times->IsNull(i) || times->at<int64_t>(i) <= watermark_.value()) continue;
      auto [at, fresh] = state.waiting.try_emplace(times->at<int64_t>(i));
      if (fresh) timers_->Add(at->first, keys, i, hashes_[k]);
      at->second.push_back(std::move(row));
    }
    EraseEmpty();
    return Flush(out);
  }

  Status AdvanceWatermark(int64_t watermark, Output& out) override {
    if (node_.processing_time) return {};
    SLUICE_RETURN_IF_ERROR(Fire(watermark));
    EraseEmpty();
    return Flush(out);
  }

 private:
  static MatchState& At(std::byte* payload) { return *reinterpret_cast<MatchState*>(payload); }

  Status Fire(int64_t watermark) {
    while (!timers_->empty() && timers_->next() <= watermark) {
      timers_->Take(watermark, 1, due_);
      due_payload_.resize(1);
      table_->Find(due_.keys, due_.rows(), due_.hashes.data(), due_payload_.data());
      if (due_payload_[0] == nullptr) continue;
      touched_.push_back(due_payload_[0]);
      MatchState& state = At(due_payload_[0]);
      while (!state.waiting.empty() && state.waiting.begin()->first <= watermark) {
        const int64_t time = state.waiting.begin()->first;
        std::vector<std::string> rows = std::move(state.waiting.begin()->second);
        state.waiting.erase(state.waiting.begin());
        SLUICE_RETURN_IF_ERROR(Advance(state, time));
        for (const uint32_t k : InOrder(rows)) SLUICE_RETURN_IF_ERROR(Step(state, std::move(rows[k]), time));
      }
      SLUICE_RETURN_IF_ERROR(Advance(state, watermark));
    }
    watermark_.Advance(watermark);
    return {};
  }

  /// The order of rows of the same time by the other sort keys.
  std::vector<uint32_t> InOrder(const std::vector<std::string>& rows) const {
    std::vector<uint32_t> order(rows.size());
    for (uint32_t k = 0; k < order.size(); ++k) order[k] = k;
    if (node_.order.empty() || rows.size() < 2) return order;
    std::vector<ColumnPtr> columns = EmptyColumns();
    RowBlock block;
    for (const std::string& row : rows) block.Add(row);
    block.MoveTo(columns);
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return CompareRows(node_.order, columns, a, columns, b) < 0; });
    return order;
  }

  std::vector<ColumnPtr> EmptyColumns() const {
    std::vector<ColumnPtr> columns;
    for (const RowField& field : input_) columns.push_back(Column::Make(field.type, 0));
    return columns;
  }

  Status Advance(MatchState& state, int64_t time) {
    decoded_.clear();
    return machine_.Advance(state.runs, time, [&](const MatchedRows& rows) { return Show(state, rows); });
  }

  Status Step(MatchState& state, std::string row, int64_t time) {
    decoded_.clear();
    const uint64_t number = state.next_row++;
    state.rows[number] = std::move(row);
    auto accepts = [&](int variable, const MatchedRows& rows, uint64_t own) -> Result<bool> {
      MatchValues* define = defines_[static_cast<size_t>(variable)].get();
      if (define == nullptr) return true;
      MatchedRows with_own = rows;
      with_own.emplace_back(own, variable);
      SLUICE_ASSIGN_OR_RETURN(const ColumnPtr answer, define->Evaluate(with_own, RowsOf(state)));
      return !answer->IsNull(0) && answer->at<uint8_t>(0) != 0;
    };
    const Status status =
        machine_.Process(state.runs, number, time, accepts, [&](const MatchedRows& rows) { return Show(state, rows); });
    const std::optional<uint64_t> oldest = state.runs.OldestRow();
    state.rows.erase(state.rows.begin(), oldest ? state.rows.lower_bound(*oldest) : state.rows.end());
    decoded_.clear();
    return status;
  }

  MatchValues::RowOf RowsOf(MatchState& state) {
    return [this, &state](uint64_t number) -> const Batch& {
      auto [at, fresh] = decoded_.try_emplace(number);
      if (fresh) {
        at->second.length = 1;
        at->second.columns = EmptyColumns();
        INVARIANT(DecodeRow(state.rows[number], at->second.columns), "a row in state is malformed");
      }
      return at->second;
    };
  }

  Status Show(MatchState& state, const MatchedRows& rows) {
    const MatchValues::RowOf row_of = RowsOf(state);
    size_t column = 0;
    const Batch& any = row_of(rows[0].first);
    for (const int k : node_.partition_keys) {
      result_.columns[column++]->AppendFrom(*any.columns[static_cast<size_t>(k)], 0);
    }
    for (auto& measure : measures_) {
      SLUICE_ASSIGN_OR_RETURN(const ColumnPtr value, measure->Evaluate(rows, row_of));
      result_.columns[column++]->AppendFrom(*value, 0);
    }
    result_.watermark_before.push_back(watermark_.value());
    ++result_.length;
    return {};
  }

  void StartResult() {
    result_ = Batch();
    for (const RowField& field : output_) result_.columns.push_back(Column::Make(field.type, 0));
  }
  Status Flush(Output& out) {
    decoded_.clear();
    if (result_.length == 0) return {};
    Batch ready = std::move(result_);
    if (!per_row_) ready.watermark_before.clear();
    StartResult();
    return out.Emit(std::move(ready));
  }

  void EraseEmpty() {
    decoded_.clear();
    std::sort(touched_.begin(), touched_.end());
    touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
    for (std::byte* payload : touched_) {
      if (At(payload).empty()) table_->Erase(payload);
    }
    touched_.clear();
  }

  const MatchNode node_;
  Schema input_, output_;
  const MatchMachine machine_;
  std::vector<std::unique_ptr<MatchValues>> defines_, measures_;
  std::vector<DataType> key_types_;
  KeyedTable* table_ = nullptr;
  Clock* clock_ = nullptr;
  KeptWatermark watermark_;
  bool per_row_ = false;
  std::unique_ptr<KeyTimers> timers_;
  DueKeys due_;
  std::map<uint64_t, Batch> decoded_;  // rows of the key at hand
  Batch result_;
  std::vector<uint64_t> hashes_;
  std::vector<std::byte*> payloads_, due_payload_, touched_;
};

}  // namespace

OperatorResult MakeMatch(const MatchNode& node, const OperatorPlan& plan) {
  if (!node.processing_time &&
      plan.input()[static_cast<size_t>(node.time_column)].type.physical() != PhysicalType::kInt64) {
    return NotYet("MATCH_RECOGNIZE over a time of more than 3 digits");
  }
  std::vector<std::unique_ptr<MatchValues>> defines, measures;
  for (const MatchExpr& define : node.defines) {
    defines.emplace_back();
    if (define.expr == nullptr) continue;
    SLUICE_ASSIGN_OR_RETURN(defines.back(), MatchValues::Make(define, plan));
  }
  for (const MatchExpr& measure : node.measures) {
    measures.emplace_back();
    SLUICE_ASSIGN_OR_RETURN(measures.back(), MatchValues::Make(measure, plan));
  }
  return std::unique_ptr<Operator>(std::make_unique<Match>(node, plan, std::move(defines), std::move(measures)));
}

}  // namespace sluice::engine
