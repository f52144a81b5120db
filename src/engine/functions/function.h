// What a built-in function is: declared once, in its family's file; the binder, the evaluator and the generated
// reference page read it from the FunctionRegistry.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/columnar/batch.h"
#include "engine/columnar/column.h"
#include "engine/types/data_type.h"
#include "engine/types/value.h"

namespace sluice::engine {

/// Facts of the job that functions may depend on. Fixed while a program runs, except the clock's reading.
struct SessionFacts {
  std::string time_zone = "UTC";
  bool legacy_cast = false;
  bool batch = false;
  /// Streaming: wall clock in ms when called (CURRENT_TIMESTAMP is per row there). Batch: one query start time.
  std::function<int64_t()> now_ms;
  std::function<uint64_t()> random;  // 64 random bits, for RAND, UUID
};

/// Passed to every kernel call. One thread.
class EvalContext {
 public:
  explicit EvalContext(const SessionFacts& facts) : facts_(facts) {}

  const SessionFacts& facts() const { return facts_; }
  /// Watermark before the row, for CURRENT_WATERMARK; set by the operator.
  const int64_t* watermark_before = nullptr;
  int64_t watermark = kNoWatermark;

  /// Row `row` cannot be computed. Normally the job fails with the first such error. Under TRY_CAST (trying == true)
  /// the row becomes NULL instead. Kernels go on with the other rows either way.
  void Fail(size_t row, ErrorCode code, std::string message) {
    if (trying) {
      failed_rows.push_back(static_cast<uint32_t>(row));
    } else if (!error_) {
      error_.emplace(code, std::move(message));
    }
  }
  bool failed() const { return error_.has_value(); }
  const Error& error() const { return *error_; }
  void Clear() {
    error_.reset();
    failed_rows.clear();
  }

  bool trying = false;
  std::vector<uint32_t> failed_rows;

 private:
  const SessionFacts& facts_;
  std::optional<Error> error_;
};

/// Computes `out` (already sized; all valid) at the positions `rows` from the argument columns at the same positions.
/// Arguments may be constant columns (read them by at(i) / string_at(i)). Never throws. A result may be made NULL
/// with out.SetNull(i).
using Kernel =
    std::function<void(EvalContext& context, std::span<const ColumnPtr> args, const Rows& rows, Column& out)>;

/// What type inference and kernel choice see of a call.
struct CallInfo {
  std::vector<DataType> args;
  /// One an argument: its value if it is a literal, else null.
  std::vector<const Value*> literals;
  const SessionFacts* facts = nullptr;
  size_t size() const { return args.size(); }
};

/// The types a call resolves to: `args` are what each argument must be cast to before the call.
struct Signature {
  DataType result;
  std::vector<DataType> args;
};

enum class NullRule : uint8_t {
  kPropagate,  // any NULL argument gives NULL; the kernel sees only rows without NULLs
  kCustom,     // the kernel sees NULLs and decides
};

/// A scalar function. Built once at start, immutable, thread-safe.
struct ScalarFunction {
  std::string name;                   // canonical, upper case; also the name in Expr::function
  std::vector<std::string> aliases;   // other names that SQL may use
  std::string family;                 // "string", "math", "temporal", …: heading of the reference page
  std::string text;                   // one or two sentences for the reference page
  std::vector<std::string> examples;  // "UPPER('a') = A": SQL expression, " = ", displayed answer; CI runs them
  int min_args = 0;
  int max_args = 0;  // -1: any number
  NullRule nulls = NullRule::kPropagate;
  bool deterministic = true;
  /// With kPropagate: the kernel never fails and gives some value for any bits, so it may be called for NULL rows too
  /// (their results are ignored). Lets the evaluator run dense loops and skip narrowing for AND and OR.
  bool total = false;
  /// Calcite's "Supported form(s)" text, e.g. "'SQRT(<NUMERIC>)'". Used in the error when `resolve` answers nullopt.
  std::string supported_forms;
  /// nullopt: these argument types do not fit. An Error: they do not fit for a reason of its own. The result's
  /// nullability is part of the answer (usually: nullable if any argument is).
  std::function<Result<std::optional<Signature>>(const CallInfo&)> resolve;
  /// Chooses the kernel for exactly the argument types that `resolve` answered.
  std::function<Result<Kernel>(const CallInfo&, const DataType& result)> make;
};

/// What a row does to its accumulator; one a position. No array at all: every row accumulates.
/// kAccumulate or kRetract, or kSkip (the row only reads: FILTER, a repeated DISTINCT value). With kReset the
/// accumulator is emptied first (the key was deleted and comes again within one batch).
using AggregateOp = uint8_t;
inline constexpr AggregateOp kAccumulate = 0;
inline constexpr AggregateOp kRetract = 1;
inline constexpr AggregateOp kSkip = 2;
inline constexpr AggregateOp kReset = 4;

/// Accumulators of one aggregate call, kept inline in the operator's state. Immutable and thread-safe after creation;
/// all state is in the accumulators that are passed in. Positions index states, args, ops and out alike.
class AggregateKernel {
 public:
  virtual ~AggregateKernel() = default;
  /// Bytes and alignment (<= 16) of one accumulator.
  virtual size_t size() const = 0;
  virtual size_t alignment() const { return 8; }
  virtual void Init(std::byte* state) const = 0;
  /// Frees what the accumulator owns outside of its bytes.
  virtual void Destroy(std::byte* state) const { (void)state; }
  /// True if Destroy has nothing to do.
  virtual bool trivial() const { return false; }
  /// Applies each row of `rows`, in order, to states[position] as ops[position] says. Rows of the same key share a
  /// state and see each other's effect in order.
  virtual void Update(EvalContext& context, std::span<std::byte* const> states, std::span<const ColumnPtr> args,
                      const Rows& rows, const AggregateOp* ops) const = 0;
  /// Like Update, and writes the value that each state has right before and right after the row's own effect to
  /// before/after at the row's position: what an exact changelog needs, in one call a batch.
  virtual void UpdateAndRead(EvalContext& context, std::span<std::byte* const> states, std::span<const ColumnPtr> args,
                             const Rows& rows, const AggregateOp* ops, Column* before, Column* after) const = 0;
  /// Writes the value of states[position] to out at each position of `rows`.
  virtual void Read(EvalContext& context, std::span<std::byte* const> states, const Rows& rows, Column& out) const = 0;
  /// Adds the content of `from` to `into` (slices into windows, local into global).
  virtual void Merge(std::byte* into, const std::byte* from) const = 0;
  /// The accumulator as bytes and back: snapshots, spilling, exchange of partial results.
  virtual void Serialize(const std::byte* state, std::string& out) const = 0;
  virtual Status Deserialize(std::string_view bytes, std::byte* state) const = 0;
};

struct AggregateCallInfo {
  std::vector<DataType> args;
  std::vector<const Value*> literals;
  bool retract = false;   // the input can carry -U/-D
  bool distinct = false;  // handled outside by a wrapper; kernels see each distinct row once
  bool ignore_nulls = false;
  std::vector<std::pair<int, bool>> order_by;
  const SessionFacts* facts = nullptr;
};

struct AggregateFunction {
  std::string name;
  std::vector<std::string> aliases;
  std::string text;
  std::vector<std::string> examples;
  int min_args = 0;
  int max_args = 0;
  std::string supported_forms;
  bool order_sensitive = false;
  std::function<Result<std::optional<Signature>>(const CallInfo&)> resolve;
  std::function<Result<std::unique_ptr<AggregateKernel>>(const AggregateCallInfo&, const DataType& result)> make;
};

/// All built-ins. Filled by BuiltinFunctions() from the one list in builtin_functions.cc; then immutable.
class FunctionRegistry {
 public:
  void Add(ScalarFunction f);
  void Add(AggregateFunction f);
  /// By canonical name or alias, upper case; null if there is none.
  const ScalarFunction* FindScalar(std::string_view name) const;
  const AggregateFunction* FindAggregate(std::string_view name) const;
  std::vector<const ScalarFunction*> scalars() const;
  std::vector<const AggregateFunction*> aggregates() const;
  /// The known name nearest to `name`, for error messages; empty if none is near.
  std::string Nearest(std::string_view name) const;

 private:
  std::map<std::string, std::shared_ptr<const ScalarFunction>, std::less<>> scalars_;
  std::map<std::string, std::shared_ptr<const AggregateFunction>, std::less<>> aggregates_;
};

/// The registry with every built-in function, made on first use and shared.
const FunctionRegistry& BuiltinFunctions();

// One function a family, in the family's file; builtin_functions.cc lists them.
void AddArithmeticFunctions(FunctionRegistry& r);  // + - * / % unary -, ABS, ROUND, POWER, LOG…, trig, RAND, bin/hex
void AddComparisonFunctions(FunctionRegistry& r);  // = <> < …, IS NULL…, BETWEEN, IN, LIKE, GREATEST, LEAST
void AddLogicFunctions(FunctionRegistry& r);       // AND OR NOT, IS TRUE…, CASE, IF, COALESCE, NULLIF
void AddCastFunctions(FunctionRegistry& r);        // CAST, TRY_CAST, TYPEOF, implicit reinterpretation
void AddStringFunctions(FunctionRegistry& r);
void AddRegexFunctions(FunctionRegistry& r);  // LIKE, SIMILAR, REGEXP…
void AddJsonFunctions(FunctionRegistry& r);
void AddTemporalFunctions(FunctionRegistry& r);
void AddCollectionFunctions(FunctionRegistry& r);  // ARRAY, MAP, ROW constructors, ITEM, FIELD, ARRAY_…, MAP_…
void AddSinkConstraints(FunctionRegistry& r);      // NOT NULL and lengths before a sink; not for SQL
void AddHashFunctions(FunctionRegistry& r);        // MD5, SHA…
void AddBasicAggregates(FunctionRegistry& r);      // COUNT SUM $SUM0 AVG MIN MAX
void AddMoreAggregates(FunctionRegistry& r);  // FIRST_VALUE LAST_VALUE LISTAGG COLLECT ARRAY_AGG STDDEV… JSON_…AGG

}  // namespace sluice::engine
