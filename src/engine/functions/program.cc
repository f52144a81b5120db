#include "engine/functions/program.h"

#include <algorithm>

#include "engine/columnar/copy_rows.h"
#include "engine/functions/collection_functions.h"
#include "engine/functions/program_step.h"

namespace sluice::engine {

void StepRunner::Begin(const Batch& batch) {
  batch_ = &batch;
  scopes_.clear();
  scopes_.push_back(std::make_unique<Scope>());
  scopes_[0]->rows = batch.rows();
  kept_.assign(list_.steps.size(), Kept{});
  error_.reset();
  context_.Clear();
}

bool StepRunner::IsWithin(int scope, int outer) const {
  for (; scope >= 0; scope = scopes_[static_cast<size_t>(scope)]->parent) {
    if (scope == outer) return true;
  }
  return false;
}

template <typename F>
int StepRunner::Narrow(int scope, F&& keep) {
  const Rows rows = scopes_[static_cast<size_t>(scope)]->rows;
  auto narrowed = std::make_unique<Scope>();
  narrowed->parent = scope;
  narrowed->indices.resize(rows.count);
  size_t n = 0;
  rows.ForEach([&](size_t i) {
    narrowed->indices[n] = static_cast<uint32_t>(i);
    n += keep(i) ? 1 : 0;
  });
  if (n == rows.count) return scope;
  narrowed->indices.resize(n);
  narrowed->rows = Rows{narrowed->indices.data(), n};
  scopes_.push_back(std::move(narrowed));
  return static_cast<int>(scopes_.size()) - 1;
}

ColumnPtr StepRunner::Run(int step, int scope) {
  Kept& kept = kept_[static_cast<size_t>(step)];
  if (kept.column && IsWithin(scope, kept.scope)) return kept.column;
  ColumnPtr column = Compute(list_.steps[static_cast<size_t>(step)], scope);
  if (column) kept_[static_cast<size_t>(step)] = Kept{column, scope};
  return column;
}

ColumnPtr StepRunner::Compute(const Step& step, int scope) {
  switch (step.kind) {
    case StepKind::kInput:
      if (static_cast<size_t>(step.input) >= batch_->columns.size()) {
        error_.emplace(ErrorCode::kInternal, "Expression reads column " + std::to_string(step.input) +
                                                 " of a batch of " + std::to_string(batch_->columns.size()));
        return nullptr;
      }
      return batch_->columns[static_cast<size_t>(step.input)];
    case StepKind::kConstant: return Column::ResizeConstant(step.constant, batch_->length);
    case StepKind::kRelabel: {
      ColumnPtr column = Run(step.args[0], scope);
      return column ? Column::Relabel(column, step.type) : nullptr;
    }
    case StepKind::kField: {
      ColumnPtr row = Run(step.args[0], scope);
      return row ? FieldColumn(row, static_cast<size_t>(step.input), step.type) : nullptr;
    }
    case StepKind::kAnd: return RunLogic(step, scope, false);
    case StepKind::kOr: return RunLogic(step, scope, true);
    case StepKind::kCase: return RunCase(step, scope);
    case StepKind::kCoalesce: return RunCoalesce(step, scope);
    case StepKind::kCall: return RunCall(step, scope);
  }
  return nullptr;
}

bool StepRunner::CallKernel(const Step& step, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
  if (rows.count == 0) return true;
  context_.trying = step.trying;
  step.kernel(context_, args, rows, out);
  context_.trying = false;
  for (uint32_t row : context_.failed_rows) out.SetNull(row);
  context_.failed_rows.clear();
  if (context_.failed()) {
    error_ = context_.error().At(step.position);
    return false;
  }
  return true;
}

ColumnPtr StepRunner::RunCall(const Step& step, int scope) {
  std::vector<ColumnPtr> args;
  args.reserve(step.args.size());
  for (int a : step.args) {
    args.push_back(Run(a, scope));
    if (!args.back()) return nullptr;
  }
  const Rows rows = scopes_[static_cast<size_t>(scope)]->rows;
  ColumnPtr out = Column::Make(step.type, batch_->length);
  const bool nulls = step.nulls == NullRule::kPropagate &&
                     std::any_of(args.begin(), args.end(), [](const ColumnPtr& c) { return c->has_nulls(); });
  if (!nulls) return CallKernel(step, args, rows, *out) ? out : nullptr;
  for (const ColumnPtr& a : args) {
    if (a->constant() && a->IsNull(0)) {
      out->SetAllNull();
      return out;
    }
  }
  if (step.total) {
    if (!CallKernel(step, args, rows, *out)) return nullptr;
    for (const ColumnPtr& a : args) out->AddNullsOf(*a);
    return out;
  }
  std::vector<uint32_t> valid(rows.count);
  size_t n = 0;
  rows.ForEach([&](size_t i) {
    bool null = false;
    for (const ColumnPtr& a : args) null |= a->IsNull(i);
    if (null) {
      out->SetNull(i);
    } else {
      valid[n++] = static_cast<uint32_t>(i);
    }
  });
  return CallKernel(step, args, Rows{valid.data(), n}, *out) ? out : nullptr;
}

/// Puts a branch's rows into the result; a bare NULL branch has no layout of its own.
bool StepRunner::Merge(Column& out, const Column& from, const Rows& rows) {
  if (from.type().kind() == TypeKind::kNull) {
    rows.ForEach([&](size_t i) { out.SetNull(i); });
    return true;
  }
  if (from.physical() != out.physical()) {
    error_.emplace(ErrorCode::kInternal,
                   "Branch of type " + from.type().ToString() + " in an expression of type " + out.type().ToString());
    return false;
  }
  CopyRows(out, from, rows);
  return true;
}

ColumnPtr StepRunner::RunCase(const Step& step, int scope) {
  ColumnPtr out = Column::Make(step.type, batch_->length);
  int rest = scope;
  auto rows_of = [&](int s) { return scopes_[static_cast<size_t>(s)]->rows; };
  for (size_t a = 0; a + 1 < step.args.size() && rows_of(rest).count > 0; a += 2) {
    ColumnPtr when = Run(step.args[a], rest);
    if (!when) return nullptr;
    auto holds = [&](size_t i) { return !when->IsNull(i) && when->at<uint8_t>(i) != 0; };
    const int hit = Narrow(rest, holds);
    if (rows_of(hit).count > 0) {
      ColumnPtr then = Run(step.args[a + 1], hit);
      if (!then || !Merge(*out, *then, rows_of(hit))) return nullptr;
    }
    rest = Narrow(rest, [&](size_t i) { return !holds(i); });
  }
  if (rows_of(rest).count > 0) {
    if (step.args.size() % 2 == 1) {
      ColumnPtr otherwise = Run(step.args.back(), rest);
      if (!otherwise || !Merge(*out, *otherwise, rows_of(rest))) return nullptr;
    } else {
      rows_of(rest).ForEach([&](size_t i) { out->SetNull(i); });
    }
  }
  return out;
}

ColumnPtr StepRunner::RunCoalesce(const Step& step, int scope) {
  ColumnPtr first = Run(step.args[0], scope);
  if (!first || step.args.size() == 1) return first;
  if (!first->has_nulls() && first->type() == step.type) return first;
  ColumnPtr out = Column::Make(step.type, batch_->length);
  int rest = scope;
  ColumnPtr column = first;
  for (size_t a = 0; a < step.args.size(); ++a) {
    if (a > 0) column = Run(step.args[a], rest);
    if (!column || !Merge(*out, *column, scopes_[static_cast<size_t>(rest)]->rows)) return nullptr;
    rest = Narrow(rest, [&](size_t i) { return column->IsNull(i); });
    if (scopes_[static_cast<size_t>(rest)]->rows.count == 0) break;
  }
  return out;
}

namespace {

/// SQL's three values as numbers: AND is the minimum, OR the maximum.
enum : uint8_t { kFalse = 0, kUnknown = 1, kTrue = 2 };

void Combine(const Column& c, const Rows& rows, bool is_or, uint8_t* state) {
  rows.ForEach([&](size_t i) {
    const uint8_t v = c.IsNull(i) ? kUnknown : (c.at<uint8_t>(i) ? kTrue : kFalse);
    state[i] = is_or ? std::max(state[i], v) : std::min(state[i], v);
  });
}

}  // namespace

ColumnPtr StepRunner::RunLogic(const Step& step, int scope, bool is_or) {
  ColumnPtr out = Column::Make(step.type, batch_->length);
  const uint8_t decided = is_or ? kTrue : kFalse;
  std::vector<uint8_t> state(batch_->length, is_or ? kFalse : kTrue);
  int open = scope;
  for (size_t a = 0; a < step.args.size(); ++a) {
    const Rows rows = scopes_[static_cast<size_t>(open)]->rows;
    if (rows.count == 0) break;
    ColumnPtr column = Run(step.args[a], open);
    if (!column) return nullptr;
    Combine(*column, rows, is_or, state.data());
    // Cheap arguments that cannot fail are computed for all rows: narrowing would cost more.
    if (a + 1 < step.args.size() && !list_.steps[static_cast<size_t>(step.args[a + 1])].harmless) {
      open = Narrow(open, [&](size_t i) { return state[i] != decided; });
    }
  }
  uint8_t* values = out->data<uint8_t>();
  scopes_[static_cast<size_t>(scope)]->rows.ForEach([&](size_t i) {
    values[i] = state[i] == kTrue ? 1 : 0;
    if (state[i] == kUnknown) out->SetNull(i);
  });
  return out;
}

// --- Program

struct Program::Impl {
  SessionFacts facts;
  StepList list;
  std::unique_ptr<StepRunner> runner;

  void Begin(const Batch& batch) {
    runner->Begin(batch);
    runner->context().watermark_before = batch.watermark_before.empty() ? nullptr : batch.watermark_before.data();
  }
  void End(const Batch& batch) {
    if (batch.watermark != kNoWatermark) runner->context().watermark = batch.watermark;
  }
};

Program::Program(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Program::~Program() = default;

Result<std::unique_ptr<Program>> Program::Compile(const std::vector<ExprPtr>& expressions, const Schema& input,
                                                  const FunctionRegistry& functions, const SessionFacts& facts) {
  auto impl = std::make_unique<Impl>();
  impl->facts = facts;
  SLUICE_ASSIGN_OR_RETURN(impl->list, CompileSteps(expressions, input, functions, impl->facts));
  impl->runner = std::make_unique<StepRunner>(impl->list, impl->facts);
  return std::unique_ptr<Program>(new Program(std::move(impl)));
}

Result<std::vector<ColumnPtr>> Program::Run(const Batch& batch) {
  impl_->Begin(batch);
  std::vector<ColumnPtr> out;
  out.reserve(impl_->list.roots.size());
  for (int root : impl_->list.roots) {
    ColumnPtr column = impl_->runner->Evaluate(root);
    if (!column) return *impl_->runner->error();
    out.push_back(std::move(column));
  }
  impl_->End(batch);
  return out;
}

Status Program::Filter(Batch& batch, size_t which) {
  impl_->Begin(batch);
  const ColumnPtr condition = impl_->runner->Evaluate(impl_->list.roots[which]);
  if (!condition) return *impl_->runner->error();
  impl_->End(batch);
  const Rows rows = batch.rows();
  std::vector<uint32_t> kept(rows.count);
  size_t n = 0;
  if (condition->constant()) {
    if (!condition->IsNull(0) && condition->at<uint8_t>(0)) return {};
  } else {
    const uint8_t* values = condition->data<uint8_t>();
    const uint64_t* validity = condition->validity();
    rows.ForEach([&](size_t i) {
      kept[n] = static_cast<uint32_t>(i);
      const bool valid = validity == nullptr || (validity[i >> 6] >> (i & 63) & 1) != 0;
      n += static_cast<size_t>(valid) & values[i];
    });
    if (n == rows.count) return {};
  }
  kept.resize(n);
  batch.selection = std::move(kept);
  batch.selected = true;
  return {};
}

Result<Value> EvaluateConstant(const ExprPtr& e, const FunctionRegistry& functions, const SessionFacts& facts) {
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Program> program, Program::Compile({e}, {}, functions, facts));
  Batch one;
  one.length = 1;
  SLUICE_ASSIGN_OR_RETURN(std::vector<ColumnPtr> columns, program->Run(one));
  return columns[0]->GetValue(0);
}

}  // namespace sluice::engine
