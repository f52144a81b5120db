#include "engine/functions/cast.h"

#include "engine/columnar/copy_rows.h"
#include "engine/functions/cast_kernels.h"
#include "engine/functions/opaque_types.h"
#include "engine/functions/type_rules.h"
#include "engine/types/number_text.h"

namespace sluice::engine {

namespace {

bool IsConstructed(const DataType& t) { return t.is_nested(); }

bool HasOneUnit(IntervalRange r) {
  switch (r) {
    case IntervalRange::kYear:
    case IntervalRange::kMonth:
    case IntervalRange::kDay:
    case IntervalRange::kHour:
    case IntervalRange::kMinute:
    case IntervalRange::kSecond: return true;
    default: return false;
  }
}

/// Between types that hold no others. Follows LogicalTypeCasts' explicit rules and Calcite's for SQL.
bool SimpleCastAllowed(const DataType& from, const DataType& to) {
  switch (to.kind()) {
    case TypeKind::kChar:
    case TypeKind::kVarchar: return from.kind() != TypeKind::kSymbol && from.kind() != TypeKind::kDescriptor;
    case TypeKind::kBoolean: return from.kind() == TypeKind::kBoolean || from.is_numeric() || from.is_character();
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: return from.is_binary() || from.is_character();
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
    case TypeKind::kFloat:
    case TypeKind::kDouble:
    case TypeKind::kDecimal: return from.is_numeric() || from.is_character() || from.kind() == TypeKind::kBoolean;
    case TypeKind::kDate: return from.kind() == TypeKind::kDate || from.is_timestamp() || from.is_character();
    case TypeKind::kTime: return from.kind() == TypeKind::kTime || from.is_timestamp() || from.is_character();
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: return from.is_datetime() || from.is_character();
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      return from.kind() == to.kind() || (from.is_exact_integer() && HasOneUnit(to.interval_range()));
    default: return from.kind() == to.kind();
  }
}

bool Allowed(const DataType& from, const DataType& to) {
  if (from.kind() == TypeKind::kNull) return true;
  if (IsVariant(from) || IsVariant(to)) return IsVariant(from) && IsVariant(to);
  if (!IsConstructed(to)) return to.is_character() || (!IsConstructed(from) && SimpleCastAllowed(from, to));
  if (from.kind() != to.kind() || from.child_count() != to.child_count()) return false;
  for (size_t i = 0; i < from.child_count(); ++i) {
    if (!Allowed(from.child(i), to.child(i))) return false;
  }
  return true;
}

ScalarFunction Cast(const char* name, const char* text) {
  ScalarFunction f;
  f.name = name;
  f.family = "cast";
  f.text = text;
  f.min_args = f.max_args = 1;
  // The target is the call's type, which only the binder knows.
  f.resolve = [](const CallInfo&) -> Result<std::optional<Signature>> { return std::optional<Signature>(); };
  f.make = [](const CallInfo& call, const DataType& result) -> Result<Kernel> {
    return CastKernel(call.args[0], result, *call.facts);
  };
  return f;
}

ScalarFunction TypeOf() {
  ScalarFunction f;
  f.name = "TYPEOF";
  f.family = "cast";
  f.text = "The type of the argument as text; with TRUE as second argument in the form that a DDL statement takes.";
  f.examples = {"TYPEOF(1) = INT NOT NULL"};
  f.min_args = 1;
  f.max_args = 2;
  f.nulls = NullRule::kCustom;
  f.resolve = [](const CallInfo& call) -> Result<std::optional<Signature>> {
    if (call.size() == 2 && (call.args[1].kind() != TypeKind::kBoolean || call.literals[1] == nullptr)) {
      return std::optional<Signature>();
    }
    return std::optional(Signature{DataType::String(), call.args});
  };
  f.make = [](const CallInfo& call, const DataType&) -> Result<Kernel> {
    const bool serializable =
        call.size() == 2 && call.literals[1] != nullptr && !call.literals[1]->is_null() && call.literals[1]->as_bool();
    const DataType type = PlannedType(call.args[0]);
    return Kernel([text = serializable ? type.ToSerializableString() : type.ToString()](
                      EvalContext&, std::span<const ColumnPtr>, const Rows& rows, Column& out) {
      const StringRef ref = out.Intern(text);
      rows.ForEach([&](size_t i) { out.data<StringRef>()[i] = ref; });
    });
  };
  return f;
}

}  // namespace

void FailCast(EvalContext& context, Column& out, size_t row, std::string message) {
  if (context.facts().legacy_cast) {
    out.SetNull(row);
  } else {
    context.Fail(row, ErrorCode::kArithmetic, std::move(message));
  }
}

bool CastAllowed(const DataType& from, const DataType& to, bool, std::string* reason) {
  const bool time_and_number = (from.is_timestamp() && to.is_numeric()) || (from.is_numeric() && to.is_timestamp());
  if (Allowed(from, to)) return true;
  if (reason != nullptr) {
    const bool local = from.kind() == TypeKind::kTimestampLtz || to.kind() == TypeKind::kTimestampLtz;
    if (time_and_number && local) {
      *reason = from.is_numeric()
                    ? "The cast from NUMERIC type to TIMESTAMP_LTZ type is not allowed. It's recommended to use "
                      "TO_TIMESTAMP_LTZ(numeric_col, precision) instead."
                    : "The cast from TIMESTAMP_LTZ type to NUMERIC type is not allowed.";
    } else if (time_and_number && from.is_numeric()) {
      *reason =
          "The cast from NUMERIC type to TIMESTAMP type is not allowed. It's recommended to use "
          "TO_TIMESTAMP(FROM_UNIXTIME(numeric_col)) instead, note the numeric is in seconds.";
    } else if (time_and_number) {
      *reason =
          "The cast from TIMESTAMP type to NUMERIC type is not allowed. It's recommended to use "
          "UNIX_TIMESTAMP(CAST(timestamp_col AS STRING)) instead.";
    } else if ((from.is_character() && (to.is_interval() || to.kind() == TypeKind::kArray)) ||
               (from.is_binary() && to.is_datetime())) {
      *reason = "Unsupported cast from '" + from.ToString() + "' to '" +
                PlannedType(to.WithNullable(from.nullable())).ToString() + "'.";
    } else {
      *reason =
          "Cast function cannot convert value of type " + from.ToCalciteString() + " to type " + to.ToCalciteString();
    }
  }
  return false;
}

DataType CastResultType(const DataType& from, const DataType& target, bool try_cast, bool) {
  return target.WithNullable(from.nullable() || try_cast);
}

Result<Kernel> CastKernel(const DataType& from, const DataType& to, const SessionFacts& facts) {
  if (from.kind() == TypeKind::kNull) {
    return Kernel([](EvalContext&, std::span<const ColumnPtr>, const Rows& rows, Column& out) {
      rows.ForEach([&](size_t i) { out.SetNull(i); });
    });
  }
  std::string reason;
  if (!CastAllowed(from, to, facts.legacy_cast, &reason)) return Error(ErrorCode::kValidation, reason);
  if (to.is_nested()) return CastNested(from, to, facts);
  if (to.is_character()) return CastToText(from, to, facts);
  if (to.is_binary()) return CastToBytes(to);
  if (to.is_numeric() || to.kind() == TypeKind::kBoolean) {
    return from.is_character() ? CastTextToNumber(to) : CastNumberToNumber(from, to);
  }
  if (to.is_datetime()) return CastTemporal(from, to, facts);
  if (to.is_interval() && from.is_exact_integer()) return CastNumberToInterval(from, to);
  if (from.physical() != to.physical()) {
    return Error(ErrorCode::kNotSupported, "not supported yet: CAST from " + from.ToString() + " to " + to.ToString());
  }
  return Kernel([](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    CopyRows(out, *args[0], rows);
  });
}

void AddCastFunctions(FunctionRegistry& r) {
  r.Add(Cast("CAST", "Converts a value to another type; fails where it cannot."));
  r.Add(Cast("TRY_CAST", "Converts a value to another type; NULL where it cannot."));
  r.Add(TypeOf());
}

}  // namespace sluice::engine
