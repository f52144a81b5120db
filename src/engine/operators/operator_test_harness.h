// Drives one operator in a test: rows and results as text, "+I a 1".
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/operators/operator_parts.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

class OperatorHarness : public Output {
 public:
  OperatorHarness(std::vector<Schema> inputs, Schema output, bool batch = false) : inputs_(std::move(inputs)) {
    AddBasicAggregates(functions_);
    facts_.batch = batch;
    node_.schema = std::move(output);
    for (const Schema& s : inputs_) input_pointers_.push_back(&s);
    state_ = MakeMemoryStateBackend({.key_groups = {0, 127}, .max_parallelism = 128, .clock = &clock_});
  }

  FunctionRegistry& functions() { return functions_; }
  ManualClock& clock() { return clock_; }

  /// `make` is one of the factories of operator_parts.h.
  template <typename Factory, typename Payload>
  void Make(Factory make, const Payload& payload) {
    OperatorEnvironment environment{&functions_, &facts_};
    OperatorPlan plan{node_, input_pointers_, settings_, environment};
    OperatorResult made = make(payload, plan);
    ASSERT_TRUE(made.ok()) << made.error().ToString();
    operator_ = std::move(made).value();
    TaskContext context;
    context.batch = facts_.batch;
    context.clock = &clock_;
    context.state = state_.get();
    ASSERT_TRUE(operator_->Open(context).ok());
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
    const Status s = operator_->Process(input, std::move(batch), *this);
    if (!s.ok()) seen_.push_back("error: " + s.error().message());
  }
  void Watermark(int64_t w) { ASSERT_TRUE(operator_->AdvanceWatermark(w, *this).ok()); }
  void End(int input = 0) {
    Watermark(kMaxWatermark);
    ASSERT_TRUE(operator_->EndInput(input, *this).ok());
  }
  Operator& op() { return *operator_; }

  /// What came out since the last call.
  std::vector<std::string> Take() { return std::exchange(seen_, {}); }

  Status Emit(Batch batch) override {
    batch.rows().ForEach([&](size_t i) {
      std::string row = RowKindText(batch.kind(i));
      for (const ColumnPtr& column : batch.columns) row += " " + Text(column->GetValue(i));
      seen_.push_back(std::move(row));
    });
    return {};
  }

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
  static std::string Text(const Value& v) {
    if (v.is_null()) return "_";
    std::ostringstream out;
    std::visit(
        [&](const auto& x) {
          using T = std::decay_t<decltype(x)>;
          if constexpr (std::is_same_v<T, bool>)
            out << (x ? "true" : "false");
          else if constexpr (std::is_same_v<T, int64_t> || std::is_same_v<T, double> || std::is_same_v<T, std::string>)
            out << x;
        },
        v.storage());
    return out.str();
  }

  FunctionRegistry functions_;
  SessionFacts facts_;
  PlanSettings settings_;
  PlanNode node_;
  std::vector<Schema> inputs_;
  std::vector<const Schema*> input_pointers_;
  ManualClock clock_;
  std::unique_ptr<KeyedStateBackend> state_;
  std::unique_ptr<Operator> operator_;
  std::vector<std::string> seen_;
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
