// Kernels written row by row: for functions whose work a row is far more than a loop's overhead.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "engine/functions/function.h"

namespace sluice::engine {

/// One row of a kernel call: its arguments and where its result goes. Views of arguments live as long as the batch.
struct RowCall {
  EvalContext& context;
  std::span<const ColumnPtr> args;
  Column& out;
  size_t row = 0;

  size_t size() const { return args.size(); }
  bool null(size_t a) const { return args[a]->IsNull(row); }
  std::string_view string(size_t a) const { return args[a]->string_at(row); }
  bool boolean(size_t a) const { return args[a]->at<uint8_t>(row) != 0; }
  template <typename T>
  const T& at(size_t a) const {
    return args[a]->at<T>(row);
  }
  /// Any of TINYINT … BIGINT (and the types kept in 32 or 64 bits).
  int64_t integer(size_t a) const {
    const Column& c = *args[a];
    switch (c.physical()) {
      case PhysicalType::kInt8: return c.at<int8_t>(row);
      case PhysicalType::kInt16: return c.at<int16_t>(row);
      case PhysicalType::kInt32: return c.at<int32_t>(row);
      default: return c.at<int64_t>(row);
    }
  }

  void SetNull() const { out.SetNull(row); }
  /// Copies the bytes.
  void Set(std::string_view s) const { out.SetString(row, s); }
  /// Only for a part of an argument's bytes, in kernels made by EachRowSharing.
  void SetPart(std::string_view s) const { out.data<StringRef>()[row] = StringRef(s); }
  void Set(bool v) const { out.data<uint8_t>()[row] = v ? 1 : 0; }
  void Set(int32_t v) const { out.data<int32_t>()[row] = v; }
  void Set(int64_t v) const { out.data<int64_t>()[row] = v; }
  void Set(const char*) const = delete;
  void Fail(ErrorCode code, std::string message) const { context.Fail(row, code, std::move(message)); }
};

/// f(const RowCall&) for every row.
template <typename F>
Kernel EachRow(F f) {
  return [f = std::move(f)](EvalContext& context, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    RowCall call{context, args, out};
    rows.ForEach([&](size_t i) {
      call.row = i;
      f(std::as_const(call));
    });
  };
}

/// The same; results may be parts of the arguments' bytes (RowCall::SetPart), which are kept alive and not copied.
template <typename F>
Kernel EachRowSharing(F f) {
  return [f = std::move(f)](EvalContext& context, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    for (const ColumnPtr& a : args) {
      if (a->physical() == PhysicalType::kString) out.RetainBuffersOf(*a);
    }
    RowCall call{context, args, out};
    rows.ForEach([&](size_t i) {
      call.row = i;
      f(std::as_const(call));
    });
  };
}

/// A ScalarFunction::make that always answers the same row function, which has no state.
template <typename F>
auto MakeEachRow(F f) {
  return [f](const CallInfo&, const DataType&) -> Result<Kernel> { return EachRow(f); };
}
template <typename F>
auto MakeEachRowSharing(F f) {
  return [f](const CallInfo&, const DataType&) -> Result<Kernel> { return EachRowSharing(f); };
}

/// A literal argument's text, or nullptr if the argument is no literal or NULL.
inline const std::string* LiteralText(const CallInfo& call, size_t i) {
  if (i >= call.literals.size() || call.literals[i] == nullptr || call.literals[i]->is_null()) return nullptr;
  return std::get_if<std::string>(&call.literals[i]->storage());
}

}  // namespace sluice::engine
