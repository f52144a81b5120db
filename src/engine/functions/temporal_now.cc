#include <fmt/format.h>

#include "engine/functions/temporal_functions.h"

namespace sluice::engine {

namespace {

int64_t NowMillis(const RowCall& row) { return row.context.facts().now_ms ? row.context.facts().now_ms() : 0; }

Kernel NowKernel(const CallInfo& call, const DataType& result) {
  const TimeZonePtr zone = SessionZone(call);
  switch (result.kind()) {
    case TypeKind::kDate:
      return EachRow([zone](const RowCall& row) {
        row.Set(static_cast<int32_t>(FloorDiv(zone->UtcToLocalMillis(NowMillis(row)), kMillisPerDay)));
      });
    case TypeKind::kTime:
      return EachRow([zone](const RowCall& row) {
        const int64_t ms = FloorMod(zone->UtcToLocalMillis(NowMillis(row)), kMillisPerDay);
        row.Set(static_cast<int32_t>(ms / kMillisPerSecond * kMillisPerSecond));
      });
    case TypeKind::kTimestamp:
      return EachRow([zone](const RowCall& row) {
        SetTimestamp(row, TimestampFromMillis(zone->UtcToLocalMillis(NowMillis(row))));
      });
    default: return EachRow([](const RowCall& row) { SetTimestamp(row, TimestampFromMillis(NowMillis(row))); });
  }
}

Result<std::optional<Signature>> ResolveWatermark(const CallInfo& call) {
  const DataType& t = call.args[0];
  if (!t.is_rowtime()) {
    return InvalidCall("CURRENT_WATERMARK", call,
                       fmt::format("The argument of CURRENT_WATERMARK() must be a rowtime attribute, but was '{}'.",
                                   t.ToString(false)));
  }
  const DataType result = t.kind() == TypeKind::kTimestamp ? DataType::TimestampType(3) : DataType::TimestampLtz(3);
  return std::optional<Signature>(Signature{result.Nullable(), call.args});
}

void CurrentWatermark(const RowCall& row) {
  const int64_t* each = row.context.watermark_before;
  const int64_t watermark = each != nullptr ? each[row.row] : row.context.watermark;
  if (watermark == kNoWatermark) return row.SetNull();
  SetTimestamp(row, TimestampFromMillis(watermark));
}

}  // namespace

void AddTemporalNow(FunctionRegistry& r) {
  struct Entry {
    const char* name;
    std::vector<std::string> aliases;
    const char* text;
    DataType type;
  };
  const DataType instant = DataType::TimestampLtz(3);
  const Entry all[] = {
      {"CURRENT_DATE", {}, "Today's date in the session's time zone.", DataType::Date()},
      {"CURRENT_TIME", {}, "The time of the day in the session's time zone.", DataType::Time(0)},
      {"LOCALTIME", {}, "The time of the day in the session's time zone.", DataType::Time(0)},
      {"LOCALTIMESTAMP", {}, "Date and time in the session's time zone.", DataType::TimestampType(3)},
      {"CURRENT_TIMESTAMP",
       {},
       "The current moment: per row in streaming mode, one for the whole query in batch mode.",
       instant},
      {"NOW", {}, "The current moment, as CURRENT_TIMESTAMP.", instant},
      {"CURRENT_ROW_TIMESTAMP", {}, "The current moment, for every row anew also in batch mode.", instant},
      {"PROCTIME",
       {},
       "The current moment as processing time attribute.",
       instant.WithTimeAttribute(TimeAttribute::kProctime)},
  };
  for (const Entry& e : all) {
    ScalarFunction f;
    f.name = e.name;
    f.aliases = e.aliases;
    f.family = "temporal";
    f.text = e.text;
    f.deterministic = false;
    f.supported_forms = "'" + f.name + "()'";
    f.resolve = [type = e.type.NotNull()](const CallInfo&) -> Result<std::optional<Signature>> {
      return std::optional<Signature>(Signature{type, {}});
    };
    f.make = [](const CallInfo& call, const DataType& result) -> Result<Kernel> { return NowKernel(call, result); };
    r.Add(std::move(f));
  }

  ScalarFunction watermark;
  watermark.name = "CURRENT_WATERMARK";
  watermark.family = "temporal";
  watermark.text = "The watermark of this operator, by a rowtime attribute; NULL before the first one.";
  watermark.min_args = watermark.max_args = 1;
  watermark.nulls = NullRule::kCustom;
  watermark.deterministic = false;
  watermark.supported_forms = "'CURRENT_WATERMARK(<ROWTIME>)'";
  watermark.resolve = ResolveWatermark;
  watermark.make = MakeEachRow(CurrentWatermark);
  r.Add(std::move(watermark));
}

}  // namespace sluice::engine
