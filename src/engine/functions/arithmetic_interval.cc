// Dates, times and timestamps plus and minus intervals.
#include "engine/functions/arithmetic_parts.h"
#include "engine/functions/kernel_templates.h"
#include "engine/functions/type_rules.h"
#include "engine/types/datetime.h"
#include "engine/types/time_zone.h"

namespace sluice::engine {

namespace {

int64_t IntervalAt(const Column& c, size_t i) {
  return c.physical() == PhysicalType::kInt32 ? c.at<int32_t>(i) : c.at<int64_t>(i);
}

/// value(datetime column, row, interval with its sign) -> stored in out by `store`.
template <typename F>
Kernel ShiftKernel(size_t datetime, int sign, F shift) {
  return [datetime, sign, shift](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    const Column& when = *args[datetime];
    const Column& by = *args[1 - datetime];
    rows.ForEach([&](size_t i) { shift(when, i, sign * IntervalAt(by, i), out); });
  };
}

Kernel ShiftDate(size_t datetime, int sign, bool months) {
  if (months) {
    return ShiftKernel(datetime, sign, [](const Column& c, size_t i, int64_t by, Column& out) {
      out.data<int32_t>()[i] = AddMonthsToDate(c.at<int32_t>(i), static_cast<int32_t>(by));
    });
  }
  // Whole days only: DATE + INTERVAL '1' HOUR is the same date, minus an hour too (rounded towards zero).
  return ShiftKernel(datetime, sign, [](const Column& c, size_t i, int64_t by, Column& out) {
    out.data<int32_t>()[i] = static_cast<int32_t>(c.at<int32_t>(i) + by / kMillisPerDay);
  });
}

Kernel ShiftTime(size_t datetime, int sign, bool months) {
  return ShiftKernel(datetime, sign, [months](const Column& c, size_t i, int64_t by, Column& out) {
    out.data<int32_t>()[i] =
        months ? c.at<int32_t>(i) : static_cast<int32_t>(FloorMod(c.at<int32_t>(i) + by, kMillisPerDay));
  });
}

Kernel ShiftTimestamp(size_t datetime, int sign, bool months, const DataType& type) {
  int64_t unit = 1;
  for (int k = type.precision(); k < 3; ++k) unit *= 10;
  return ShiftKernel(datetime, sign, [months, unit](const Column& c, size_t i, int64_t by, Column& out) {
    const bool wide = c.physical() == PhysicalType::kTimestamp;
    Timestamp t = wide ? c.at<Timestamp>(i) : TimestampFromMillis(c.at<int64_t>(i));
    t.millis = months ? AddMonthsToMillis(t.millis, static_cast<int32_t>(by)) : t.millis + by;
    if (wide) {
      out.data<Timestamp>()[i] = t;
    } else {
      out.data<int64_t>()[i] = t.millis / unit * unit;
    }
  });
}

template <typename T>
Kernel AddIntervals(int sign) {
  return BinaryKernel<T, T, T>(
      [sign](T a, T b) { return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(int64_t{sign} * b)); });
}

}  // namespace

std::optional<Signature> IntervalAddSignature(const CallInfo& call, int sign) {
  const DataType& a = call.args[0];
  const DataType& b = call.args[1];
  const bool nullable = IsNullableCall(call);
  if (a.is_interval() && b.is_interval()) {
    if (a.kind() != b.kind()) return std::nullopt;
    return Signature{CommonType({a, b})->WithNullable(nullable), call.args};
  }
  if (a.is_datetime() && b.is_interval()) {
    return Signature{a.WithNullable(nullable).WithTimeAttribute(TimeAttribute::kNone), call.args};
  }
  if (sign > 0 && a.is_interval() && b.is_datetime()) {
    return Signature{b.WithNullable(nullable).WithTimeAttribute(TimeAttribute::kNone), call.args};
  }
  return std::nullopt;
}

Result<Kernel> IntervalAddKernel(const CallInfo& call, const DataType& result, int sign) {
  if (result.kind() == TypeKind::kIntervalYearMonth) return AddIntervals<int32_t>(sign);
  if (result.kind() == TypeKind::kIntervalDayTime) return AddIntervals<int64_t>(sign);
  const size_t datetime = call.args[0].is_interval() ? 1 : 0;
  const bool months = call.args[1 - datetime].kind() == TypeKind::kIntervalYearMonth;
  switch (call.args[datetime].kind()) {
    case TypeKind::kDate: return ShiftDate(datetime, sign, months);
    case TypeKind::kTime: return ShiftTime(datetime, sign, months);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: return ShiftTimestamp(datetime, sign, months, result);
    default: break;
  }
  return Error(ErrorCode::kInternal, "interval arithmetic on " + call.args[datetime].ToString());
}

namespace {

int64_t MillisAt(const Column& c, size_t i) {
  switch (c.physical()) {
    case PhysicalType::kTimestamp: return c.at<Timestamp>(i).millis;
    case PhysicalType::kInt32:
      return c.type().kind() == TypeKind::kDate ? c.at<int32_t>(i) * kMillisPerDay : c.at<int32_t>(i);
    default: return c.at<int64_t>(i);
  }
}

/// (a - b) DAY TO SECOND: the binder gives the interval's type as the call's type.
ScalarFunction MinusDate() {
  ScalarFunction f;
  f.name = "MINUS_DATE";
  f.family = "temporal";
  f.text = "The interval between two dates, times or timestamps; written (a - b) DAY.";
  f.min_args = f.max_args = 2;
  f.resolve = [](const CallInfo& call) -> Result<std::optional<Signature>> {
    if (!call.args[0].is_datetime() || !call.args[1].is_datetime()) return std::optional<Signature>();
    return std::optional(
        Signature{DataType::Interval(IntervalRange::kDayToSecond).WithNullable(IsNullableCall(call)), call.args});
  };
  f.make = [](const CallInfo&, const DataType& result) -> Result<Kernel> {
    if (result.kind() == TypeKind::kIntervalYearMonth) {
      return Kernel([](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
        rows.ForEach([&](size_t i) {
          out.data<int32_t>()[i] = MonthsBetweenMillis(MillisAt(*args[0], i), MillisAt(*args[1], i));
        });
      });
    }
    return Kernel([](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
      rows.ForEach([&](size_t i) { out.data<int64_t>()[i] = MillisAt(*args[0], i) - MillisAt(*args[1], i); });
    });
  };
  return f;
}

}  // namespace

void AddIntervalFunctions(FunctionRegistry& r) { r.Add(MinusDate()); }

}  // namespace sluice::engine
