// An AggregateKernel from a policy, so that the loops over a batch are compiled once a type without a call a row.
//
// A policy P has
//   struct State             default-constructed = empty; trivially copyable, or with Save(string&) / Load(string_view)
//   struct Input             built from std::span<const ColumnPtr>; gives the arguments of row i
//   void Accumulate(State&, const Input&, size_t i) const;    void Retract(State&, const Input&, size_t i) const;
//   void Write(const State&, Column& out, size_t i) const;    void Merge(State& into, const State& from) const;
#pragma once

#include <cstring>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include "engine/functions/function.h"

namespace sluice::engine {

template <typename P>
class PolicyKernel final : public AggregateKernel {
 public:
  using State = typename P::State;
  using Input = typename P::Input;
  explicit PolicyKernel(P policy = P()) : policy_(std::move(policy)) {}

  size_t size() const override { return sizeof(State); }
  size_t alignment() const override { return alignof(State); }
  bool trivial() const override { return std::is_trivially_destructible_v<State>; }
  void Init(std::byte* state) const override { new (state) State(); }
  void Destroy(std::byte* state) const override { At(state).~State(); }

  void Update(EvalContext&, std::span<std::byte* const> states, std::span<const ColumnPtr> args, const Rows& rows,
              const AggregateOp* ops) const override {
    const Input in(args);
    if (ops == nullptr) {
      rows.ForEach([&](size_t i) { policy_.Accumulate(At(states[i]), in, i); });
    } else {
      rows.ForEach([&](size_t i) {
        if (ops[i] & kReset) Reset(states[i]);
        Apply(At(states[i]), in, i, ops[i]);
      });
    }
  }

  void UpdateAndRead(EvalContext&, std::span<std::byte* const> states, std::span<const ColumnPtr> args,
                     const Rows& rows, const AggregateOp* ops, Column* before, Column* after) const override {
    const Input in(args);
    rows.ForEach([&](size_t i) {
      const AggregateOp op = ops == nullptr ? kAccumulate : ops[i];
      if (op & kReset) Reset(states[i]);
      State& state = At(states[i]);
      if (before != nullptr) policy_.Write(state, *before, i);
      Apply(state, in, i, op);
      if (after != nullptr) policy_.Write(state, *after, i);
    });
  }

  void Read(EvalContext&, std::span<std::byte* const> states, const Rows& rows, Column& out) const override {
    rows.ForEach([&](size_t i) { policy_.Write(At(states[i]), out, i); });
  }

  void Merge(std::byte* into, const std::byte* from) const override { policy_.Merge(At(into), At(from)); }

  void Serialize(const std::byte* state, std::string& out) const override {
    if constexpr (std::is_trivially_copyable_v<State>) {
      out.append(reinterpret_cast<const char*>(state), sizeof(State));
    } else {
      At(state).Save(out);
    }
  }

  Status Deserialize(std::string_view bytes, std::byte* state) const override {
    if constexpr (std::is_trivially_copyable_v<State>) {
      if (bytes.size() != sizeof(State)) return Error(ErrorCode::kData, "accumulator of another size");
      std::memcpy(state, bytes.data(), sizeof(State));
    } else {
      if (!At(state).Load(bytes)) return Error(ErrorCode::kData, "accumulator cannot be read");
    }
    return {};
  }

 private:
  static State& At(std::byte* p) { return *std::launder(reinterpret_cast<State*>(p)); }
  static const State& At(const std::byte* p) { return *std::launder(reinterpret_cast<const State*>(p)); }
  void Reset(std::byte* p) const {
    Destroy(p);
    Init(p);
  }
  void Apply(State& state, const Input& in, size_t i, AggregateOp op) const {
    if (op & kSkip) return;
    if (op & kRetract) {
      policy_.Retract(state, in, i);
    } else {
      policy_.Accumulate(state, in, i);
    }
  }

  P policy_;
};

template <typename P>
std::unique_ptr<AggregateKernel> MakeKernel(P policy = P()) {
  return std::make_unique<PolicyKernel<P>>(std::move(policy));
}

/// The first argument as a column of T. A constant column is read through its index mask.
template <typename T>
struct ColumnInput {
  explicit ColumnInput(std::span<const ColumnPtr> args)
      : column(args[0].get()),
        values(column->template data<T>()),
        nullable(column->has_nulls()),
        constant(column->constant()) {}
  bool IsNull(size_t i) const { return nullable && column->IsNull(i); }
  const T& operator[](size_t i) const { return values[constant ? 0 : i]; }

  const Column* column;
  const T* values;
  bool nullable;
  bool constant;
};

}  // namespace sluice::engine
