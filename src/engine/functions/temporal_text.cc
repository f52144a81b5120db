#include <cmath>

#include <fmt/format.h>

#include "engine/functions/temporal_functions.h"
#include "engine/types/datetime.h"
#include "engine/types/decimal.h"

namespace sluice::engine {

namespace {

using Dialect = DateTimePattern::Dialect;
constexpr std::string_view kSeconds = "yyyy-MM-dd HH:mm:ss";
/// What Flink answers for a text that cannot be parsed (Long.MIN_VALUE).
constexpr int64_t kUnparsable = std::numeric_limits<int64_t>::min();

struct Formats {
  PatternCache simple{Dialect::kSimpleDateFormat};
  PatternCache simple_input{Dialect::kSimpleDateFormat};
  PatternCache strict{Dialect::kDateTimeFormatter};
};

void FailPattern(const RowCall& row, std::string_view function, const Error& error) {
  row.Fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", function, error.message()));
}

std::string FormatMillis(const DateTimePattern& pattern, int64_t utc_ms, const TimeZone& zone) {
  std::string out;
  pattern.Format(out, CivilFromTimestamp(TimestampFromMillis(zone.UtcToLocalMillis(utc_ms))), &zone, utc_ms);
  return out;
}

template <typename F>
auto MakeWithFormats(F f) {
  return [f](const CallInfo& call, const DataType&) -> Result<Kernel> {
    return EachRow([f, formats = std::make_shared<Formats>(), zone = SessionZone(call)](const RowCall& row) {
      f(row, *formats, zone->since_1900());
    });
  };
}

// --- DATE_FORMAT(timestamp or text, pattern)

/// In UTC, whatever the session's zone is.
void FormatText(const RowCall& row, Formats& formats, const TimeZone&) {
  const DateTimePattern* input = *formats.simple_input.Get(kSeconds);
  auto output = formats.simple.Get(row.string(1));
  if (!output.ok()) return FailPattern(row, "DATE_FORMAT", output.error());
  const auto ms = input->ParseMillis(row.string(0), *TimeZone::Utc());
  if (!ms) return row.SetNull();
  row.Set(std::string_view(FormatMillis(**output, *ms, *TimeZone::Utc())));
}

Result<Kernel> MakeDateFormat(const CallInfo& call, const DataType& result) {
  if (call.args[0].is_character()) return MakeWithFormats(FormatText)(call, result);
  const bool instant = call.args[0].kind() == TypeKind::kTimestampLtz;
  return EachRow([instant, call_precision = call.args[0].precision(), formats = std::make_shared<Formats>(),
                  zone = SessionZone(call)](const RowCall& row) {
    auto pattern = formats->strict.Get(row.string(1));
    if (!pattern.ok()) return FailPattern(row, "DATE_FORMAT", pattern.error());
    const Timestamp t = TimestampAt(row, 0);
    // Flink formats the local time, which has no zone.
    if (const char letter = (*pattern)->zone_letter(); letter != 0) {
      std::string local;
      AppendTimestamp(local, instant ? zone->UtcToLocal(t) : t, call_precision);
      if (const size_t space = local.find(' '); space != std::string::npos) local[space] = 'T';
      return FailPattern(row, "DATE_FORMAT",
                         Error(ErrorCode::kInvalidArgument, letter == 'V' || letter == 'z'
                                                                ? "Unable to extract ZoneId from temporal " + local
                                                                : "Unsupported field: OffsetSeconds"));
    }
    std::string out;
    (*pattern)->Format(out, CivilFromTimestamp(instant ? zone->UtcToLocal(t) : t), instant ? zone.get() : nullptr,
                       t.millis);
    row.Set(std::string_view(out));
  });
}

// --- TO_DATE, TO_TIMESTAMP

void ToDate(const RowCall& row, Formats& formats, const TimeZone&) {
  if (row.size() == 1) {
    const auto days = ParseDate(row.string(0));
    return days ? row.Set(*days) : row.SetNull();
  }
  auto pattern = formats.simple.Get(row.string(1));
  if (!pattern.ok()) return FailPattern(row, "TO_DATE", pattern.error());
  const auto ms = (*pattern)->ParseMillis(row.string(0), *TimeZone::Utc());
  // Flink makes a date of Long.MIN_VALUE if the text does not fit: a senseless one, but always the same.
  row.Set(static_cast<int32_t>(ms ? FloorDiv(*ms, kMillisPerDay) : kUnparsable / kMillisPerDay));
}

/// A number of `least` to `most` digits at text[at]; moves behind it.
std::optional<int> Digits(std::string_view text, size_t& at, size_t least, size_t most) {
  int v = 0;
  size_t n = 0;
  for (; n < most && at < text.size() && text[at] >= '0' && text[at] <= '9'; ++n) v = v * 10 + (text[at++] - '0');
  return n >= least ? std::optional(v) : std::nullopt;
}

bool Take(std::string_view text, size_t& at, char c) {
  if (at >= text.size() || text[at] != c) return false;
  ++at;
  return true;
}

/// java.sql.Timestamp.valueOf and java.sql.Date.valueOf, to which Flink turns if a text does not fit its pattern:
/// "yyyy-[m]m-[d]d[ h:m:s[.fraction]]", where days, hours, … may run over.
std::optional<Timestamp> ParseSqlTimestamp(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  size_t at = 0;
  const auto year = Digits(text, at, 4, 4);
  if (!year || !Take(text, at, '-')) return std::nullopt;
  const auto month = Digits(text, at, 1, 2);
  if (!month || !Take(text, at, '-')) return std::nullopt;
  const auto day = Digits(text, at, 1, 2);
  if (!day || *month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
  Timestamp t = TimestampFromMillis((int64_t{DaysFromCivil(*year, *month, 1)} + *day - 1) * kMillisPerDay);
  if (at == text.size()) return t;
  if (!Take(text, at, ' ')) return std::nullopt;
  const auto hour = Digits(text, at, 1, 4);
  if (!hour || !Take(text, at, ':')) return std::nullopt;
  const auto minute = Digits(text, at, 1, 4);
  if (!minute || !Take(text, at, ':')) return std::nullopt;
  const auto second = Digits(text, at, 1, 4);
  if (!second) return std::nullopt;
  t.millis += *hour * kMillisPerHour + *minute * kMillisPerMinute + *second * kMillisPerSecond;
  if (at == text.size()) return t;
  if (!Take(text, at, '.')) return std::nullopt;
  const size_t start = at;
  auto nanos = Digits(text, at, 1, 9);
  if (!nanos || at != text.size()) return std::nullopt;
  for (size_t k = at - start; k < 9; ++k) *nanos *= 10;
  t.millis += *nanos / 1'000'000;
  t.nanos = *nanos % 1'000'000;
  return t;
}

/// By a DateTimeFormatter pattern, or as a plain timestamp if that does not fit.
std::optional<Timestamp> ParseLocal(const DateTimePattern& pattern, std::string_view text) {
  if (const auto local = pattern.Parse(text)) return TimestampFromCivil(*local);
  return ParseSqlTimestamp(text);
}

void ToTimestamp(const RowCall& row, Formats& formats, const TimeZone&) {
  std::optional<Timestamp> t;
  if (row.size() == 1) {
    t = ParseTimestamp(row.string(0), 3);
  } else if (auto pattern = formats.strict.Get(row.string(1)); pattern.ok()) {
    t = ParseLocal(**pattern, row.string(0));
  }
  if (!t) return row.SetNull();
  SetTimestamp(row, TruncateTimestamp(*t, 3));
}

// --- TO_TIMESTAMP_LTZ(number[, precision]) and (text[, pattern[, zone]])

constexpr int64_t kFirstMillis = -62167219200000;  // 0000-01-01
constexpr int64_t kLastMillis = 253402300799999;   // 9999-12-31

int LiteralPrecision(const CallInfo& call) {
  const bool known =
      call.size() > 1 && call.literals.size() > 1 && call.literals[1] != nullptr && !call.literals[1]->is_null();
  return known && call.args[1].is_exact_integer() ? static_cast<int>(call.literals[1]->as_int()) : 3;
}

/// How many digits of the second a pattern reads.
int PatternPrecision(const CallInfo& call) {
  const std::string* pattern = LiteralText(call, 1);
  int most = 0;
  if (pattern != nullptr) {
    int run = 0;
    for (char c : *pattern) {
      run = c == 'S' ? run + 1 : 0;
      most = std::max(most, run);
    }
  }
  return std::clamp(most, 3, 9);
}

Result<std::optional<Signature>> ResolveToLtz(const CallInfo& call) {
  const DataType& first = call.args[0];
  auto answer = [&](int precision, std::vector<DataType> args) {
    return std::optional<Signature>(Signature{DataType::TimestampLtz(precision), std::move(args)});
  };
  if (first.kind() == TypeKind::kNull || first.is_numeric()) {
    const bool fits = call.size() == 1 || (call.size() == 2 && Fits(call.args[1], ArgKind::kInteger));
    if (!fits) return InvalidCall("TO_TIMESTAMP_LTZ", call, "Invalid input arguments.");
    const int precision = LiteralPrecision(call);
    if (precision < 0 || precision > 9) {
      return InvalidCall("TO_TIMESTAMP_LTZ", call,
                         fmt::format("Precision for TO_TIMESTAMP_LTZ must be between 0 and 9 but was {}.", precision));
    }
    std::vector<DataType> args = call.args;
    if (first.kind() == TypeKind::kNull) args[0] = DataType::Bigint();
    return answer(std::max(precision, 3), std::move(args));
  }
  for (const DataType& t : call.args) {
    if (!t.is_character()) {
      return InvalidCall("TO_TIMESTAMP_LTZ", call,
                         "Invalid input arguments. Expected signatures are:\nTO_TIMESTAMP_LTZ(<NUMERIC>[, "
                         "<INTEGER_NUMERIC>])\nTO_TIMESTAMP_LTZ(<CHARACTER_STRING>[, <CHARACTER_STRING>[, "
                         "<CHARACTER_STRING>]])");
    }
  }
  return answer(PatternPrecision(call), call.args);
}

std::optional<Timestamp> FromEpoch(int64_t value, int precision) {
  int64_t scale = 1;
  for (int k = 0; k < precision; ++k) scale *= 10;
  const int64_t seconds = FloorDiv(value, scale);
  const int64_t nanos = FloorMod(value, scale) * (1'000'000'000 / scale);
  if (seconds < kFirstMillis / 1000 || seconds > kLastMillis / 1000) return std::nullopt;
  return Timestamp{seconds * 1000 + nanos / 1'000'000, static_cast<int32_t>(nanos % 1'000'000), 0};
}

/// Java's (long) cast of Math.floor: NaN is 0, too large ones are the greatest.
int64_t JavaFloor(double v) {
  if (std::isnan(v)) return 0;
  if (v >= 9.2e18) return std::numeric_limits<int64_t>::max();
  if (v <= -9.2e18) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(std::floor(v));
}

std::optional<Timestamp> EpochAt(const RowCall& row, int precision) {
  const DataType& t = row.args[0]->type();
  if (t.kind() == TypeKind::kDecimal) return FromEpoch(DecimalToInt64(row.at<int128_t>(0), t.scale()), precision);
  if (!t.is_approximate()) return FromEpoch(row.integer(0), precision);
  const double v = t.kind() == TypeKind::kFloat ? static_cast<double>(row.at<float>(0)) : row.at<double>(0);
  // Fractions of the unit count down to the millisecond.
  if (precision >= 3) return FromEpoch(JavaFloor(v), precision);
  const int64_t ms = JavaFloor(v * std::pow(10, 3 - precision));
  if (ms < kFirstMillis || ms > kLastMillis) return std::nullopt;
  return TimestampFromMillis(ms);
}

void ToLtzFromNumber(const RowCall& row) {
  const int64_t precision = row.size() > 1 ? row.integer(1) : 3;
  if (precision < 0 || precision > 9) {
    return row.Fail(ErrorCode::kInvalidArgument,
                    fmt::format("Precision for TO_TIMESTAMP_LTZ must be between 0 and 9 but was {}.", precision));
  }
  const auto t = EpochAt(row, static_cast<int>(precision));
  if (!t) return row.SetNull();
  SetTimestamp(row, *t);
}

struct ZoneCache {
  std::string name;
  std::optional<Result<TimeZonePtr>> zone;
  const Result<TimeZonePtr>& Get(std::string_view wanted) {
    if (!zone || name != wanted) {
      name = wanted;
      zone.emplace(TimeZone::Find(wanted));
    }
    return *zone;
  }
};

void ToLtzFromText(const RowCall& row, Formats& formats, ZoneCache& zones) {
  const int precision = row.out.type().precision();
  if (row.size() == 1) {
    int where = -1;
    const auto utc = ParseTimestamp(row.string(0), precision, &where);
    if (utc) return SetTimestamp(row, *utc);
    return row.Fail(ErrorCode::kData, fmt::format("TO_TIMESTAMP_LTZ: Text '{}' could not be parsed{}", row.string(0),
                                                  where < 0 ? "" : fmt::format(" at index {}", where)));
  }
  const auto pattern = formats.strict.Get(row.string(1));
  if (!pattern.ok()) {
    if (!row.args[1]->constant()) return row.SetNull();
    return row.Fail(ErrorCode::kInvalidArgument,
                    "Invalid pattern for parsing TIMESTAMP_LTZ: " + pattern.error().message());
  }
  const Result<TimeZonePtr>* zone = row.size() < 3 ? nullptr : &zones.Get(row.string(2));
  if (zone != nullptr && !zone->ok()) {
    return row.Fail(ErrorCode::kInvalidArgument,
                    fmt::format("Invalid timezone for parsing TIMESTAMP_LTZ: Unknown time-zone ID: {}", row.string(2)));
  }
  const auto local = ParseLocal(**pattern, row.string(0));
  if (!local) return row.SetNull();
  const Timestamp cut = TruncateTimestamp(*local, precision);
  SetTimestamp(row, zone == nullptr ? cut : (**zone)->LocalToUtc(cut));
}

Result<Kernel> MakeToLtz(const CallInfo& call, const DataType&) {
  if (!call.args[0].is_character()) return EachRow(ToLtzFromNumber);
  return EachRow([formats = std::make_shared<Formats>(), zones = std::make_shared<ZoneCache>()](const RowCall& row) {
    ToLtzFromText(row, *formats, *zones);
  });
}

// --- FROM_UNIXTIME, UNIX_TIMESTAMP, CONVERT_TZ

void FromUnixTime(const RowCall& row, Formats& formats, const TimeZone& zone) {
  auto pattern = formats.simple.Get(row.size() > 1 ? row.string(1) : kSeconds);
  if (!pattern.ok()) return FailPattern(row, "FROM_UNIXTIME", pattern.error());
  const auto ms = static_cast<int64_t>(static_cast<uint64_t>(row.integer(0)) * 1000);
  row.Set(std::string_view(FormatMillis(**pattern, ms, zone)));
}

void UnixTimestamp(const RowCall& row, Formats& formats, const TimeZone& zone) {
  if (row.size() == 0) return row.Set(row.context.facts().now_ms ? row.context.facts().now_ms() / 1000 : int64_t{0});
  auto pattern = formats.simple.Get(row.size() > 1 ? row.string(1) : kSeconds);
  if (!pattern.ok()) return FailPattern(row, "UNIX_TIMESTAMP", pattern.error());
  const auto ms = (*pattern)->ParseMillis(row.string(0), zone);
  row.Set(ms ? *ms / 1000 : kUnparsable);
}

/// java.util.TimeZone.getTimeZone: offsets are known in the form GMT+8 only, everything unknown is GMT.
TimeZonePtr JavaTimeZone(std::string_view name) {
  const size_t sign = name.find_first_of("+-");
  const bool offset = sign != std::string_view::npos && name.find('/') == std::string_view::npos &&
                      (sign == 0 || name.starts_with("UT"));
  return offset ? TimeZone::Utc() : TimeZone::FindOrGmt(name);
}

Result<Kernel> MakeConvertTz(const CallInfo&, const DataType&) {
  struct State {
    Formats formats;
    std::string from_name, to_name;
    TimeZonePtr from, to;
  };
  return EachRow([state = std::make_shared<State>()](const RowCall& row) {
    const DateTimePattern* pattern = *state->formats.simple.Get(kSeconds);
    auto find = [](std::string_view name, std::string& held_name, TimeZonePtr& held) {
      if (!held || held_name != name) {
        held_name = name;
        held = JavaTimeZone(name);
      }
    };
    find(row.string(1), state->from_name, state->from);
    find(row.string(2), state->to_name, state->to);
    const auto ms = pattern->ParseMillis(row.string(0), state->from->since_1900());
    if (!ms) return row.SetNull();
    row.Set(std::string_view(FormatMillis(*pattern, *ms, state->to->since_1900())));
  });
}

}  // namespace

void AddTemporalText(FunctionRegistry& r) {
  using enum ArgKind;
  auto add = [&](const char* name, const char* text, std::vector<std::string> examples, std::string supported,
                 std::vector<Form> forms, ResultRule result, auto make, bool deterministic = true) {
    ScalarFunction f;
    f.name = name;
    f.family = "temporal";
    f.text = text;
    f.examples = std::move(examples);
    f.min_args = static_cast<int>(forms.front().args.size());
    f.max_args = static_cast<int>(forms.back().args.size());
    f.deterministic = deterministic;
    f.supported_forms = std::move(supported);
    f.resolve = ResolveForms(name, std::move(forms), std::move(result));
    f.make = make;
    r.Add(std::move(f));
  };
  const ResultRule nullable_string = ReturnsNullable(DataType::String());
  add("DATE_FORMAT", "A timestamp, or text of the form 'yyyy-MM-dd HH:mm:ss', by a Java date pattern.",
      {"DATE_FORMAT(TIMESTAMP '2020-01-02 03:04:05', 'yyyy/MM/dd') = 2020/01/02"},
      "'DATE_FORMAT(<TIMESTAMP>, <CHARACTER>)'\n'DATE_FORMAT(<CHARACTER>, <CHARACTER>)'",
      {{{kTimestamp, kCharacter}}, {{kCharacter, kCharacter}}}, nullable_string, MakeDateFormat);
  add("TO_DATE", "The date that a text means, by a Java date pattern or 'yyyy-MM-dd'; NULL if it is none.",
      {"TO_DATE('2020-01-02') = 2020-01-02", "TO_DATE('16/05/2024', 'dd/MM/yyyy') = 2024-05-16"},
      "'TO_DATE(<CHARACTER>)'\n'TO_DATE(<CHARACTER>, <CHARACTER>)'", {{{kCharacter}}, {{kCharacter, kCharacter}}},
      ReturnsNullable(DataType::Date()), MakeWithFormats(ToDate));
  add("TO_TIMESTAMP",
      "The timestamp that a text means, by a Java date pattern or 'yyyy-MM-dd HH:mm:ss'; NULL if it is none.",
      {"TO_TIMESTAMP('2020-01-02 03:04:05') = 2020-01-02 03:04:05.000"},
      "'TO_TIMESTAMP(<CHARACTER>)'\n'TO_TIMESTAMP(<CHARACTER>, <CHARACTER>)'",
      {{{kCharacter}}, {{kCharacter, kCharacter}}}, ReturnsNullable(DataType::TimestampType(3)),
      MakeWithFormats(ToTimestamp));
  add("FROM_UNIXTIME", "Seconds since 1970 as text in the session's time zone, by a Java date pattern.",
      {"FROM_UNIXTIME(44, 'ss') = 44"}, "'FROM_UNIXTIME(<INTEGER>)'\n'FROM_UNIXTIME(<INTEGER>, <CHARACTER>)'",
      {{{kInteger}}, {{kInteger, kCharacter}}}, nullable_string, MakeWithFormats(FromUnixTime));
  add("UNIX_TIMESTAMP", "The seconds since 1970: now, or of a text in the session's time zone by a Java date pattern.",
      {"UNIX_TIMESTAMP('1970-01-01 00:01:00') = 60"},
      "'UNIX_TIMESTAMP()'\n'UNIX_TIMESTAMP(<CHARACTER>)'\n'UNIX_TIMESTAMP(<CHARACTER>, <CHARACTER>)'",
      {{{}}, {{kCharacter}}, {{kCharacter, kCharacter}}}, Returns(DataType::Bigint()), MakeWithFormats(UnixTimestamp),
      false);
  add("CONVERT_TZ", "A text of the form 'yyyy-MM-dd HH:mm:ss' moved from one time zone to another.",
      {"CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles') = 1969-12-31 16:00:00"},
      "'CONVERT_TZ(<CHARACTER>, <CHARACTER>, <CHARACTER>)'", {{{kCharacter, kCharacter, kCharacter}}}, nullable_string,
      MakeConvertTz);

  ScalarFunction ltz;
  ltz.name = "TO_TIMESTAMP_LTZ";
  ltz.family = "temporal";
  ltz.text =
      "The moment that a number since 1970 means (its precision is 3, milliseconds, unless given), or a text by a Java "
      "date pattern in a time zone (UTC unless given).";
  ltz.examples = {"TO_TIMESTAMP_LTZ(100, 0) = 1970-01-01 00:01:40.000"};
  ltz.min_args = 1;
  ltz.max_args = 3;
  ltz.supported_forms =
      "'TO_TIMESTAMP_LTZ(<NUMERIC>, <INTEGER>)'\n'TO_TIMESTAMP_LTZ(<CHARACTER>, <CHARACTER>, <CHARACTER>)'";
  ltz.resolve = ResolveToLtz;
  ltz.make = MakeToLtz;
  r.Add(std::move(ltz));
}

}  // namespace sluice::engine
