// The flat form of compiled expressions: steps that read the results of earlier steps. Internal to Program.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/columnar/column.h"
#include "engine/functions/function.h"
#include "engine/plan/expr.h"

namespace sluice::engine {

enum class StepKind : uint8_t {
  kInput,
  kConstant,
  kCall,
  kAnd,
  kOr,
  kCase,      // when1, then1, …, else; IF too
  kCoalesce,  // IFNULL too
  kRelabel,   // the same values under another type
  kField,     // field number `input` of a row: its own column, mostly without a copy
};

struct Step {
  StepKind kind = StepKind::kCall;
  DataType type;
  int input = 0;
  ColumnPtr constant;  // kConstant: a constant column, of the last batch's length
  std::vector<int> args;
  Kernel kernel;
  std::string function;
  NullRule nulls = NullRule::kPropagate;
  bool total = false;     // this call's kernel may be run for any row
  bool harmless = false;  // this step and all below are total, inputs or constants: computing it too often is fine
  bool trying = false;    // TRY_CAST: failed rows become NULL
  TextPosition position;
};

/// Steps in order: arguments before users. `roots` are the expressions' steps.
struct StepList {
  std::vector<Step> steps;
  std::vector<int> roots;
};

Result<StepList> CompileSteps(const std::vector<ExprPtr>& expressions, const Schema& input,
                              const FunctionRegistry& functions, const SessionFacts& facts);

/// Runs steps over batches. Results are kept for the rows ("scope") they were computed for and used again for the same
/// or fewer rows. One thread.
class StepRunner {
 public:
  StepRunner(StepList& list, const SessionFacts& facts) : list_(list), context_(facts) {}

  /// Starts with a new batch; the batch must outlive the calls of Evaluate.
  void Begin(const Batch& batch);
  /// The result of a step for the batch's selected rows, or null after an error.
  ColumnPtr Evaluate(int step) { return Run(step, 0); }
  const std::optional<Error>& error() const { return error_; }
  EvalContext& context() { return context_; }

 private:
  struct Scope {
    Rows rows;
    std::vector<uint32_t> indices;
    int parent = -1;
  };
  struct Kept {
    ColumnPtr column;
    int scope = -1;
  };

  ColumnPtr Run(int step, int scope);
  ColumnPtr Compute(const Step& step, int scope);
  ColumnPtr RunCall(const Step& step, int scope);
  ColumnPtr RunCase(const Step& step, int scope);
  ColumnPtr RunCoalesce(const Step& step, int scope);
  ColumnPtr RunLogic(const Step& step, int scope, bool is_or);
  bool Merge(Column& out, const Column& from, const Rows& rows);
  bool CallKernel(const Step& step, std::span<const ColumnPtr> args, const Rows& rows, Column& out);
  /// The rows of `scope` where keep(row); `scope` itself if all are.
  template <typename F>
  int Narrow(int scope, F&& keep);
  bool IsWithin(int scope, int outer) const;

  StepList& list_;
  EvalContext context_;
  const Batch* batch_ = nullptr;
  std::vector<std::unique_ptr<Scope>> scopes_;
  std::vector<Kept> kept_;
  std::optional<Error> error_;
};

}  // namespace sluice::engine
