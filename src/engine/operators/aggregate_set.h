// The aggregate calls of one node over payloads of a keyed table: layout of the accumulators, FILTER and DISTINCT.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/functions/function.h"
#include "engine/operators/byte_map.h"
#include "engine/operators/make_operator.h"
#include "engine/plan/physical_plan.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

class AggregateSet {
 public:
  /// `head_bytes` (a multiple of 8) at the payload's front stay the operator's own, zeroed when an entry is made.
  static Result<std::unique_ptr<AggregateSet>> Make(const std::vector<AggregateCall>& calls, bool retract,
                                                    size_t head_bytes, const OperatorEnvironment& environment);

  size_t size() const { return layout_->calls.size(); }
  const DataType& type(size_t call) const { return layout_->calls[call].type; }
  /// Hooks that stay valid after this object is gone.
  PayloadHooks Hooks() const;
  /// TableSpec::payload_format: what the bytes of Hooks() mean.
  std::string Format() const;

  /// Applies the rows to their payloads (by position). `ops` may be null: accumulate.
  Status Update(const Batch& batch, const Rows& rows, std::byte* const* payloads, const AggregateOp* ops);
  /// The same, and each call's values right before and after each row, by position.
  Status UpdateAndRead(const Batch& batch, const Rows& rows, std::byte* const* payloads, const AggregateOp* ops,
                       std::vector<ColumnPtr>& before, std::vector<ColumnPtr>& after);
  /// One column a call with the values of payloads[0..count).
  Status Read(std::byte* const* payloads, size_t count, std::vector<ColumnPtr>& out);
  /// Adds the accumulators of `from` to `into`.
  Status Merge(std::byte* into, const std::byte* from);

  /// The values of one argument list under one key. Each value has the number of its rows for each call that looks at
  /// it: calls with the same arguments (and other FILTERs) share one map, as Flink's distinct views do.
  struct DistinctValues {
    ByteMap counts;  // encoded arguments to an int64_t for each call
    void Save(std::string& out) const;
    bool Load(std::string_view bytes, size_t calls);
  };

 private:
  struct Call {
    std::unique_ptr<AggregateKernel> kernel;
    std::vector<int> args;
    std::vector<DataType> arg_types;
    int filter = -1;
    bool distinct = false;
    bool additive = false;  // rows taken back are ignored: AggregateCall::monotonic
    size_t offset = 0;      // of the accumulator
    DataType type;
    std::string name;  // in Format()
    std::vector<AggregateOp> distinct_ops;
  };
  struct DistinctSet {
    std::vector<int> args;
    std::vector<size_t> calls;
    size_t offset = 0;  // of a DistinctValues*
  };
  struct Layout {
    std::vector<Call> calls;
    std::vector<DistinctSet> distinct;
  };

  explicit AggregateSet(const OperatorEnvironment& environment) : context_(*environment.facts) {}
  static DistinctValues*& DistinctAt(std::byte* payload, const DistinctSet& set);
  /// Finds what each call makes of each row: `ops`, or kSkip added.
  const AggregateOp* CallOps(const Call& call, const Batch& batch, const Rows& rows, const AggregateOp* ops,
                             std::vector<AggregateOp>& buffer);
  void PrepareDistinct(const Batch& batch, const Rows& rows, std::byte* const* payloads, const AggregateOp* ops);
  void ApplyDistinct(const DistinctSet& set, const Batch& batch, const Rows& rows, std::byte* const* payloads);
  /// A row whose value is to be counted; the value stands in distinct_keys_.
  struct DistinctRow {
    DistinctValues* values;
    uint32_t row, key_begin, key_end, hash;
  };
  void CountPending(const DistinctSet& set);
  void CountDistinct(const DistinctSet& set, const DistinctRow& pending, std::string_view key);
  Status MergeDistinct(const DistinctSet& set, std::byte* into, const std::byte* from);
  void Locate(const Call& call, const Rows& rows, std::byte* const* payloads, size_t length);
  Status Checked();

  std::shared_ptr<Layout> layout_;  // shared with the hooks
  size_t head_bytes_ = 0;
  size_t payload_bytes_ = 0;
  EvalContext context_;
  std::vector<std::byte*> states_;
  std::vector<AggregateOp> ops_;
  std::string distinct_keys_;
  std::vector<DistinctRow> distinct_rows_;
};

}  // namespace sluice::engine
