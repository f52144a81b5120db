#include <functional>

#include "engine/columnar/copy_rows.h"
#include "engine/functions/cast_kernels.h"
#include "engine/types/datetime.h"
#include "engine/types/time_zone.h"

namespace sluice::engine {

namespace {

Timestamp ReadTimestamp(const Column& c, size_t i) {
  return c.physical() == PhysicalType::kTimestamp ? c.at<Timestamp>(i) : TimestampFromMillis(c.at<int64_t>(i));
}

void WriteTimestamp(Column& c, size_t i, Timestamp t) {
  if (c.physical() == PhysicalType::kTimestamp) {
    c.data<Timestamp>()[i] = t;
  } else {
    c.data<int64_t>()[i] = t.millis;
  }
}

/// Casts drop digits towards 1970, not towards the past: -1 ms becomes 0 s. (DateTimeUtils.truncate)
Timestamp CutTowardsEpoch(Timestamp t, int precision) {
  if (precision > 3) return TruncateTimestamp(t, precision);
  int64_t unit = 1;
  for (int k = precision; k < 3; ++k) unit *= 10;
  return {t.millis / unit * unit, 0, 0};
}

int32_t CutTime(int32_t ms, int precision) {
  int32_t unit = 1;
  for (int k = precision; k < 3; ++k) unit *= 10;
  return ms / unit * unit;
}

/// Row by row over non-NULL rows; f(input column, row) gives a Timestamp.
template <typename F>
Kernel ToTimestamp(int precision, F f) {
  return [precision, f](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    rows.ForEach([&](size_t i) { WriteTimestamp(out, i, CutTowardsEpoch(f(*args[0], i), precision)); });
  };
}

template <typename F>
Kernel ToInt32(F f) {
  return [f](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    int32_t* to = out.data<int32_t>();
    rows.ForEach([&](size_t i) { to[i] = f(*args[0], i); });
  };
}

Kernel ToDate(const DataType& from, const TimeZonePtr& zone) {
  if (from.kind() == TypeKind::kTimestampLtz) {
    return ToInt32([zone](const Column& c, size_t i) {
      return static_cast<int32_t>(FloorDiv(zone->UtcToLocalMillis(ReadTimestamp(c, i).millis), kMillisPerDay));
    });
  }
  // Before 1970 Flink rounds up to the next day; kept, as answers must be equal.
  return ToInt32(
      [](const Column& c, size_t i) { return static_cast<int32_t>(ReadTimestamp(c, i).millis / kMillisPerDay); });
}

Kernel ToTime(const DataType& from, int precision, const TimeZonePtr& zone) {
  if (from.kind() == TypeKind::kTime) {
    return ToInt32([precision](const Column& c, size_t i) { return CutTime(c.at<int32_t>(i), precision); });
  }
  if (from.kind() == TypeKind::kTimestampLtz) {
    return ToInt32([zone, precision](const Column& c, size_t i) {
      const int64_t local = zone->UtcToLocalMillis(ReadTimestamp(c, i).millis);
      return CutTime(static_cast<int32_t>(FloorMod(local, kMillisPerDay)), precision);
    });
  }
  return ToInt32([precision](const Column& c, size_t i) {
    return CutTime(static_cast<int32_t>(ReadTimestamp(c, i).millis % kMillisPerDay), precision);
  });
}

Kernel ToTimestampKernel(const DataType& from, const DataType& to, const TimeZonePtr& zone) {
  const bool local = to.kind() == TypeKind::kTimestampLtz;
  const int p = to.precision();
  switch (from.kind()) {
    case TypeKind::kDate:
      return ToTimestamp(p, [zone, local](const Column& c, size_t i) {
        const int64_t ms = c.at<int32_t>(i) * kMillisPerDay;
        return TimestampFromMillis(local ? zone->LocalToUtcMillis(ms) : ms);
      });
    case TypeKind::kTime:
      return ToTimestamp(p, [zone, local](const Column& c, size_t i) {
        const int64_t ms = c.at<int32_t>(i);
        return TimestampFromMillis(local ? zone->LocalToUtcMillis(ms) : ms);
      });
    default: break;
  }
  if (from.kind() == to.kind()) return ToTimestamp(p, ReadTimestamp);
  if (local) return ToTimestamp(p, [zone](const Column& c, size_t i) { return zone->LocalToUtc(ReadTimestamp(c, i)); });
  return ToTimestamp(p, [zone](const Column& c, size_t i) { return zone->UtcToLocal(ReadTimestamp(c, i)); });
}

std::string TimestampMessage(std::string_view text, int index) {
  return "Text '" + std::string(text) + "' could not be parsed" +
         (index >= 0 ? " at index " + std::to_string(index) : std::string(": a field is out of its range"));
}

Kernel FromText(const DataType& to, const TimeZonePtr& zone) {
  return [to, zone](EvalContext& context, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    rows.ForEach([&](size_t i) {
      const std::string_view text = args[0]->string_at(i);
      if (to.kind() == TypeKind::kDate) {
        const auto v = ParseDate(text);
        if (v) out.data<int32_t>()[i] = *v;
        if (!v) FailCast(context, out, i, "For input string: '" + std::string(text) + "'.");
      } else if (to.kind() == TypeKind::kTime) {
        const auto v = ParseTime(text);
        if (v) out.data<int32_t>()[i] = CutTime(*v, to.precision());
        if (!v) {
          FailCast(context, out, i,
                   "Invalid time format: '" + std::string(text) +
                       "'. Expected format: HH:mm:ss[.fff] where HH is 00-23, mm is 00-59, ss is 00-59");
        }
      } else {
        int index = -1;
        auto v = ParseTimestamp(text, to.precision(), &index);
        if (v && to.kind() == TypeKind::kTimestampLtz) v = zone->LocalToUtc(*v);
        if (v) WriteTimestamp(out, i, *v);
        if (!v) FailCast(context, out, i, TimestampMessage(text, index));
      }
    });
  };
}

}  // namespace

Result<Kernel> CastTemporal(const DataType& from, const DataType& to, const SessionFacts& facts) {
  SLUICE_ASSIGN_OR_RETURN(const TimeZonePtr zone, TimeZone::Find(facts.time_zone));
  if (from.is_character()) return FromText(to, zone);
  switch (to.kind()) {
    case TypeKind::kDate:
      if (from.kind() == TypeKind::kDate) break;
      return ToDate(from, zone);
    case TypeKind::kTime: return ToTime(from, to.precision(), zone);
    default: return ToTimestampKernel(from, to, zone);
  }
  return Kernel([](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    CopyRows(out, *args[0], rows);
  });
}

}  // namespace sluice::engine
