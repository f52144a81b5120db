// Drives one operator in a test: rows and results as text, "+I a 1".
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/operator_subject_test.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

/// By input: the columns that rows are divided by between subtasks; nothing if the operator runs in one.
inline std::vector<std::vector<int>> DivisionOf(const GroupAggregateNode& n) { return {n.keys}; }
inline std::vector<std::vector<int>> DivisionOf(const WindowAggregateNode& n) { return {n.keys}; }
inline std::vector<std::vector<int>> DivisionOf(const RankNode& n) { return {n.partition_keys}; }
inline std::vector<std::vector<int>> DivisionOf(const JoinNode& n) { return {n.left_keys, n.right_keys}; }
inline std::vector<std::vector<int>> DivisionOf(const IntervalJoinNode& n) { return {n.left_keys, n.right_keys}; }
inline std::vector<std::vector<int>> DivisionOf(const TemporalJoinNode& n) { return {n.left_keys, n.right_keys}; }
inline std::vector<std::vector<int>> DivisionOf(const WindowJoinNode& n) { return {n.left_keys, n.right_keys}; }
inline std::vector<std::vector<int>> DivisionOf(const WindowRankNode& n) { return {n.partition_keys}; }
inline std::vector<std::vector<int>> DivisionOf(const OverAggregateNode& n) { return {n.groups[0].partition_keys}; }
template <typename Other>
std::vector<std::vector<int>> DivisionOf(const Other&) {
  return {{}};
}

/// Streaming scenarios run three times side by side: undisturbed, with restores, and with rescaling. Take() holds the
/// disturbed runs against the undisturbed one.
class OperatorHarness : public Output {
 public:
  OperatorHarness(std::vector<Schema> inputs, Schema output, bool batch = false) : inputs_(std::move(inputs)) {
    AddBasicAggregates(functions_);
    AddComparisonFunctions(functions_);
    facts_.batch = batch;
    node_.schema = std::move(output);
    for (const Schema& s : inputs_) input_pointers_.push_back(&s);
  }

  FunctionRegistry& functions() { return functions_; }
  ManualClock& clock() { return clock_; }
  /// For what is made afterwards.
  PlanSettings& settings() { return settings_; }

  /// `make` is one of the factories of operator_parts.h.
  template <typename Factory, typename Payload>
  void Make(Factory make, const Payload& payload) {
    TestSubject::Setup setup;
    setup.make = [this, make, payload]() {
      OperatorEnvironment environment{&functions_, &facts_};
      OperatorPlan plan{node_, input_pointers_, settings_, environment};
      return make(payload, plan);
    };
    setup.context.batch = facts_.batch;
    setup.context.clock = &clock_;
    setup.keys = DivisionOf(payload);
    if (setup.keys[0].empty()) setup.keys.clear();
    for (const Disturbance d : {Disturbance::kNone, Disturbance::kRestart, Disturbance::kRescale}) {
      if (d != Disturbance::kNone && facts_.batch) break;
      setup.disturbance = d;
      subjects_.push_back(std::make_unique<TestSubject>(setup));
    }
  }

  /// Rows as "+I a 1"; "_" is NULL. With a '@' field at the end ("@5") the watermark that holds before the row.
  void Process(const std::vector<std::string>& rows, int input = 0) {
    Batch batch;
    const Schema& schema = inputs_[static_cast<size_t>(input)];
    for (const RowField& field : schema) batch.columns.push_back(Column::Make(field.type, 0));
    for (const std::string& text : rows) {
      std::istringstream in(text);
      std::string word;
      in >> word;
      batch.kinds.push_back(word == "+I"   ? RowKind::kInsert
                            : word == "-U" ? RowKind::kUpdateBefore
                            : word == "+U" ? RowKind::kUpdateAfter
                                           : RowKind::kDelete);
      for (ColumnPtr& column : batch.columns) {
        in >> word;
        column->AppendValue(Parse(word, column->physical()));
      }
      if (in >> word) batch.watermark_before.push_back(std::stoll(word.substr(1)));
      ++batch.length;
    }
    for (auto& s : subjects_) s->Process(input, batch);
  }
  void Watermark(int64_t w) {
    for (auto& s : subjects_) s->Each([&](Operator& op, Output& out) { return op.AdvanceWatermark(w, out); });
  }
  /// Wall clock reaches `now`, and the operator hears of it.
  void Time(int64_t now) {
    clock_.SetNowMs(now);
    for (auto& s : subjects_) s->Each([&](Operator& op, Output& out) { return op.AdvanceProcessingTime(now, out); });
  }
  void End(int input = 0) {
    Watermark(kMaxWatermark);
    for (auto& s : subjects_) s->Each([&](Operator& op, Output& out) { return op.EndInput(input, out); });
  }
  Operator& op() { return subjects_[0]->op(); }

  /// What came out since the last call.
  std::vector<std::string> Take() {
    std::vector<std::string> expected = subjects_[0]->Take();
    std::vector<std::string> sorted = expected;
    std::sort(sorted.begin(), sorted.end());
    for (size_t k = 1; k < subjects_.size(); ++k) {
      std::vector<std::string> seen = subjects_[k]->Take();
      std::sort(seen.begin(), seen.end());
      EXPECT_EQ(seen, sorted) << (k == 1 ? "with restores" : "with rescaling");
    }
    return expected;
  }

  /// For tests that call the operator themselves.
  Status Emit(Batch batch) override { return subjects_[0]->Emit(std::move(batch)); }

 private:
  static Value Parse(const std::string& word, PhysicalType type) {
    if (word == "_") return Value::Null();
    switch (type) {
      case PhysicalType::kString: return Value::String(word);
      case PhysicalType::kDouble: return Value::Double(std::stod(word));
      case PhysicalType::kBool: return Value::Bool(word == "true");
      default: return Value::Int(std::stoll(word));
    }
  }

  FunctionRegistry functions_;
  SessionFacts facts_;
  PlanSettings settings_;
  PlanNode node_;
  std::vector<Schema> inputs_;
  std::vector<const Schema*> input_pointers_;
  ManualClock clock_;
  std::vector<std::unique_ptr<TestSubject>> subjects_;
};

inline AggregateCall Aggregate(std::string function, std::vector<int> args, DataType type,
                               std::vector<DataType> arg_types) {
  AggregateCall call;
  call.function = std::move(function);
  call.args = std::move(args);
  call.type = std::move(type);
  call.arg_types = std::move(arg_types);
  return call;
}

}  // namespace sluice::engine
