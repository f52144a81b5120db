// Kernels from plain functions on values: the loops that all simple numeric functions share. Each has a path for dense
// rows without constants that the compiler vectorises, and a general one. Include it in .cc files only.
#pragma once

#include <utility>

#include "engine/functions/function.h"

namespace sluice::engine {

/// out = op(a).
template <typename In, typename Out, typename Op>
Kernel UnaryKernel(Op op) {
  return [op](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    const Column& a = *args[0];
    const In* from = a.data<In>();
    Out* to = out.data<Out>();
    if (rows.dense() && !a.constant()) {
      for (size_t i = 0; i < rows.count; ++i) to[i] = op(from[i]);
    } else {
      rows.ForEach([&](size_t i) { to[i] = op(from[a.index(i)]); });
    }
  };
}

/// out = op(a, b).
template <typename A, typename B, typename Out, typename Op>
Kernel BinaryKernel(Op op) {
  return [op](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    const Column& a = *args[0];
    const Column& b = *args[1];
    const A* x = a.data<A>();
    const B* y = b.data<B>();
    Out* to = out.data<Out>();
    if (!rows.dense()) {
      rows.ForEach([&](size_t i) { to[i] = op(x[a.index(i)], y[b.index(i)]); });
    } else if (a.constant() && b.constant()) {
      const Out v = op(x[0], y[0]);
      for (size_t i = 0; i < rows.count; ++i) to[i] = v;
    } else if (b.constant()) {
      const B c = y[0];
      for (size_t i = 0; i < rows.count; ++i) to[i] = op(x[i], c);
    } else if (a.constant()) {
      const A c = x[0];
      for (size_t i = 0; i < rows.count; ++i) to[i] = op(c, y[i]);
    } else {
      for (size_t i = 0; i < rows.count; ++i) to[i] = op(x[i], y[i]);
    }
  };
}

/// op(context, row, a, Out& result): false makes the row NULL. For what can fail or overflow.
template <typename In, typename Out, typename Op>
Kernel CheckedUnaryKernel(Op op) {
  return [op](EvalContext& context, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    const Column& a = *args[0];
    Out* to = out.data<Out>();
    rows.ForEach([&](size_t i) {
      if (!op(context, i, a.at<In>(i), to[i])) out.SetNull(i);
    });
  };
}

/// op(context, row, a, b, Out& result): false makes the row NULL.
template <typename A, typename B, typename Out, typename Op>
Kernel CheckedBinaryKernel(Op op) {
  return [op](EvalContext& context, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    const Column& a = *args[0];
    const Column& b = *args[1];
    Out* to = out.data<Out>();
    rows.ForEach([&](size_t i) {
      if (!op(context, i, a.at<A>(i), b.at<B>(i), to[i])) out.SetNull(i);
    });
  };
}

/// Calls f with a value of the C++ type of a fixed-width number (kInt8 … kDouble): f(int32_t{}); nothing for others.
template <typename F>
Kernel ForNumberType(PhysicalType type, F&& f) {
  switch (type) {
    case PhysicalType::kInt8: return f(int8_t{});
    case PhysicalType::kInt16: return f(int16_t{});
    case PhysicalType::kInt32: return f(int32_t{});
    case PhysicalType::kInt64: return f(int64_t{});
    case PhysicalType::kFloat: return f(float{});
    case PhysicalType::kDouble: return f(double{});
    default: return {};
  }
}

}  // namespace sluice::engine
