#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <unordered_map>

#include "engine/functions/collection_functions.h"
#include "engine/functions/program_step.h"
#include "engine/plan/expr.h"

namespace sluice::engine {

namespace {

class Compiler {
 public:
  Compiler(const Schema& input, const FunctionRegistry& functions, const SessionFacts& facts)
      : input_(input), functions_(functions), facts_(facts) {}

  Result<StepList> Compile(const std::vector<ExprPtr>& expressions) {
    for (const ExprPtr& e : expressions) {
      SLUICE_ASSIGN_OR_RETURN(const int root, AddShown(e));
      list_.roots.push_back(root);
    }
    RoundFolded();
    return std::move(list_);
  }

 private:
  /// An expression whose own value is looked at, not used by a call around it.
  Result<int> AddShown(const ExprPtr& e) {
    if (e->kind != ExprKind::kCall || e->function != "ITEM") return Add(e);
    Kernel shown = ShownItemKernel(e->args[0]->type);
    if (!shown) return Add(e);
    SLUICE_ASSIGN_OR_RETURN(Step step, Make(*e));
    step.kernel = std::move(shown);
    return Append(std::move(step), IsDeterministic(*e));
  }

  Result<int> Add(const ExprPtr& e) {
    const bool repeatable = IsDeterministic(*e);
    const size_t hash = repeatable ? ExprHash(*e) : 0;
    if (repeatable) {
      auto [begin, end] = known_.equal_range(hash);
      for (auto it = begin; it != end; ++it) {
        if (ExprEquals(*it->second.first, *e)) return it->second.second;
      }
    }
    SLUICE_ASSIGN_OR_RETURN(Step step, Make(*e));
    const int index = Append(std::move(step), repeatable);
    if (repeatable) known_.emplace(hash, std::pair(e, index));
    return index;
  }

  bool IsDeterministic(const Expr& e) const {
    if (e.kind == ExprKind::kCall) {
      const ScalarFunction* f = functions_.FindScalar(e.function);
      if (f != nullptr && !f->deterministic) return false;
    }
    for (const ExprPtr& a : e.args) {
      if (!IsDeterministic(*a)) return false;
    }
    return true;
  }

  /// Adds the step, folded into a constant if it is one. A call that fails on its constants stays a call, to fail when
  /// a row needs it.
  int Append(Step step, bool deterministic) {
    step.harmless = step.kind == StepKind::kInput || step.kind == StepKind::kConstant ||
                    (step.kind != StepKind::kCall || (step.total && !step.trying));
    bool constant =
        deterministic && (step.kind == StepKind::kCall || !step.args.empty()) && step.kind != StepKind::kConstant;
    for (int a : step.args) {
      step.harmless &= list_.steps[static_cast<size_t>(a)].harmless;
      constant &= list_.steps[static_cast<size_t>(a)].kind == StepKind::kConstant;
    }
    list_.steps.push_back(std::move(step));
    const int index = static_cast<int>(list_.steps.size()) - 1;
    if (constant) Fold(index);
    return index;
  }

  /// Flink folds through BigDecimal, which has no -0.0.
  static Value WithoutNegativeZero(Value v) {
    const auto* d = std::get_if<double>(&v.storage());
    return d != nullptr && *d == 0 ? Value::Double(0) : v;
  }

  /// Flink's planner keeps a folded FLOAT as a decimal of 7 digits.
  void RoundFolded() {
    std::vector<bool> used(list_.steps.size(), false);  // by a step that runs, or from outside
    for (int root : list_.roots) used[static_cast<size_t>(root)] = true;
    for (const Step& step : list_.steps) {
      for (int a : step.args) used[static_cast<size_t>(a)] = true;
    }
    for (int index : folded_) {
      Step& step = list_.steps[static_cast<size_t>(index)];
      if (!used[static_cast<size_t>(index)] || step.type.kind() != TypeKind::kFloat) continue;
      const Value v = step.constant->GetValue(0);
      if (v.is_null() || !std::isfinite(v.as_double())) continue;
      const double kept = std::strtod(fmt::format("{:.6e}", v.as_double()).c_str(), nullptr);
      step.constant = Column::MakeConstant(step.type, Value::Double(kept), 1);
    }
  }

  bool IsFolded(int index) const { return std::find(folded_.begin(), folded_.end(), index) != folded_.end(); }

  void Fold(int index) {
    StepRunner runner(list_, facts_);
    Batch one;
    one.length = 1;
    runner.Begin(one);
    ColumnPtr value = runner.Evaluate(index);
    if (!value) return;
    Step& step = list_.steps[static_cast<size_t>(index)];
    step.constant = Column::MakeConstant(step.type, WithoutNegativeZero(value->GetValue(0)), 1);
    step.kind = StepKind::kConstant;
    step.harmless = true;
    // A number under a CAST stays a literal to Flink.
    const bool cast_literal = step.function == "CAST" && !IsFolded(step.args[0]) &&
                              !list_.steps[static_cast<size_t>(step.args[0])].type.is_character();
    if (!cast_literal) folded_.push_back(index);
    step.args.clear();
    step.kernel = {};
  }

  Result<Step> Make(const Expr& e) {
    Step step;
    step.type = e.type;
    step.position = e.position;
    if (e.kind == ExprKind::kInput) {
      INVARIANT(e.input >= 0, "negative input index");
      if (!input_.empty() && static_cast<size_t>(e.input) >= input_.size()) {
        return Error(ErrorCode::kInternal,
                     "Expression reads column " + std::to_string(e.input) + " of " + std::to_string(input_.size()));
      }
      step.kind = StepKind::kInput;
      step.input = e.input;
      return step;
    }
    if (e.kind == ExprKind::kLiteral) {
      step.kind = StepKind::kConstant;
      step.constant = Column::MakeConstant(e.type, e.value, 1);
      return step;
    }
    step.function = e.function;
    const bool shown = e.function == "IS NULL" || e.function == "IS NOT NULL";
    for (const ExprPtr& a : e.args) {
      SLUICE_ASSIGN_OR_RETURN(const int index, shown ? AddShown(a) : Add(a));
      step.args.push_back(index);
    }
    if (SetLazyKind(step)) return step;
    if (e.function == "CAST" && e.args.size() == 1 && e.args[0]->type.SameIgnoringNullability(e.type)) {
      step.kind = StepKind::kRelabel;
      return step;
    }
    if (e.function == "FIELD" && e.args.size() == 2 && e.args[1]->kind == ExprKind::kLiteral &&
        e.args[0]->type.kind() == TypeKind::kRow) {
      step.kind = StepKind::kField;
      step.input = static_cast<int>(e.args[1]->value.as_int());
      step.args.resize(1);
      return step;
    }
    SLUICE_RETURN_IF_ERROR(ChooseKernel(e, step));
    return step;
  }

  static bool SetLazyKind(Step& step) {
    const std::string& f = step.function;
    if (f == "AND") {
      step.kind = StepKind::kAnd;
    } else if (f == "OR") {
      step.kind = StepKind::kOr;
    } else if (f == "CASE" || f == "IF") {
      step.kind = StepKind::kCase;
    } else if (f == "COALESCE" || f == "IFNULL") {
      step.kind = StepKind::kCoalesce;
    } else {
      return false;
    }
    return true;
  }

  /// x = x is TRUE unless x is NULL, also for NaN: Flink simplifies it before it compares.
  static std::optional<bool> SameOperands(const Step& step) {
    if (step.args.size() != 2 || step.args[0] != step.args[1]) return std::nullopt;
    const std::string& f = step.function;
    if (f == "=" || f == "<=" || f == ">=" || f == "IS NOT DISTINCT FROM") return true;
    if (f == "<>" || f == "<" || f == ">" || f == "IS DISTINCT FROM") return false;
    return std::nullopt;
  }

  static Kernel AlwaysKernel(bool value) {
    return [value](EvalContext&, std::span<const ColumnPtr>, const Rows& rows, Column& out) {
      rows.ForEach([&](size_t i) { out.data<uint8_t>()[i] = value ? 1 : 0; });
    };
  }

  Status ChooseKernel(const Expr& e, Step& step) {
    const ScalarFunction* f = functions_.FindScalar(e.function);
    if (f == nullptr) {
      return Error(ErrorCode::kNotSupported, "not supported yet: function " + e.function, e.position);
    }
    CallInfo info;
    info.facts = &facts_;
    for (const ExprPtr& a : e.args) {
      info.args.push_back(a->type);
      info.literals.push_back(a->kind == ExprKind::kLiteral ? &a->value : nullptr);
    }
    // Division tells two constants, which Flink folds, from values: folded ones count as literals.
    std::vector<Value> folded(e.function == "/" ? 2 : 0);
    for (size_t a = 0; a < folded.size(); ++a) {
      const Step& operand = list_.steps[static_cast<size_t>(step.args[a])];
      if (info.literals[a] != nullptr || operand.kind != StepKind::kConstant) continue;
      folded[a] = operand.constant->GetValue(0);
      info.literals[a] = &folded[a];
    }
    auto kernel = f->make(info, e.type);
    if (!kernel.ok()) return kernel.error().At(e.position);
    step.kernel = std::move(kernel).value();
    if (auto known = SameOperands(step)) step.kernel = AlwaysKernel(*known);
    if (!step.kernel) {
      return Error(ErrorCode::kNotSupported, "not supported yet: " + ExprToString(e), e.position);
    }
    step.nulls = f->nulls;
    step.total = f->total && f->nulls == NullRule::kPropagate;
    for (const DataType& t : info.args) {
      // What stands behind a NULL string or list need not be readable.
      step.total &= t.physical() < PhysicalType::kString;
    }
    step.trying = e.function == "TRY_CAST";
    return {};
  }

  const Schema& input_;
  const FunctionRegistry& functions_;
  const SessionFacts& facts_;
  StepList list_;
  std::vector<int> folded_;  // steps that were calls and became constants
  std::unordered_multimap<size_t, std::pair<ExprPtr, int>> known_;
};

}  // namespace

Result<StepList> CompileSteps(const std::vector<ExprPtr>& expressions, const Schema& input,
                              const FunctionRegistry& functions, const SessionFacts& facts) {
  return Compiler(input, functions, facts).Compile(expressions);
}

}  // namespace sluice::engine
