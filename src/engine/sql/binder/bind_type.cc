#include "engine/sql/binder/bind_type.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/functions/opaque_types.h"
#include "engine/types/structured_type.h"

namespace sluice::engine::sql {

namespace {

Error OutOfRange(const ast::Type& type, std::string message) {
  return Error(ErrorCode::kValidation, std::move(message), type.position);
}

// Calcite takes more than Flink's types can hold; as there, precisions above the limit become the limit.
constexpr int kMaxTimePrecision = 3;
constexpr int kMaxTimestampPrecision = 9;

DataType BindLength(const ast::Type& type, DataType (*make)(int), int default_length) {
  return make(type.precision.value_or(default_length));
}

Result<DataType> BindDecimal(const ast::Type& type) {
  const int precision = std::min(type.precision.value_or(10), kMaxDecimalPrecision);
  const int scale = type.scale.value_or(0);
  if (precision < 1) return OutOfRange(type, "Decimal precision must be between 1 and 38 (both inclusive).");
  if (scale < 0 || scale > precision) {
    return OutOfRange(type,
                      fmt::format("Decimal scale must be between 0 and the precision {} (both inclusive).", precision));
  }
  return DataType::Decimal(precision, scale);
}

int TimePrecision(const ast::Type& type, int default_precision, int limit) {
  return std::min(type.precision.value_or(default_precision), limit);
}

Result<DataType> BindRow(const ast::Type& type) {
  std::vector<RowField> fields;
  for (const ast::RowField& f : type.fields) {
    SLUICE_ASSIGN_OR_RETURN(DataType t, BindType(*f.type));
    for (const RowField& other : fields) {
      if (other.name == f.name.name) {
        return OutOfRange(type, fmt::format("Field names must be unique. Found duplicates: [{}]", f.name.name));
      }
    }
    fields.push_back({f.name.name, t, ""});  // as in Flink, comments of fields are lost
  }
  if (type.kind == ast::TypeKind::kStructured) return StructuredType(type.raw_class.value, std::move(fields));
  return DataType::Row(std::move(fields));
}

Result<DataType> BindBase(const ast::Type& type) {
  switch (type.kind) {
    case ast::TypeKind::kBoolean: return DataType::Boolean();
    case ast::TypeKind::kTinyInt: return DataType::Tinyint();
    case ast::TypeKind::kSmallInt: return DataType::Smallint();
    case ast::TypeKind::kInt: return DataType::Integer();
    case ast::TypeKind::kBigInt: return DataType::Bigint();
    case ast::TypeKind::kDecimal: return BindDecimal(type);
    case ast::TypeKind::kReal:
    case ast::TypeKind::kFloat: return DataType::Float();
    case ast::TypeKind::kDouble: return DataType::Double();
    case ast::TypeKind::kChar: return BindLength(type, &DataType::Char, 1);
    case ast::TypeKind::kVarChar: return BindLength(type, &DataType::Varchar, kMaxLength);
    case ast::TypeKind::kString: return DataType::String();
    case ast::TypeKind::kBinary: return BindLength(type, &DataType::Binary, 1);
    case ast::TypeKind::kVarBinary: return BindLength(type, &DataType::Varbinary, kMaxLength);
    case ast::TypeKind::kBytes: return DataType::Bytes();
    case ast::TypeKind::kDate: return DataType::Date();
    case ast::TypeKind::kTime: return DataType::Time(TimePrecision(type, 0, kMaxTimePrecision));
    case ast::TypeKind::kTimestamp: {
      const int p = TimePrecision(type, 6, kMaxTimestampPrecision);
      if (type.time_zone == ast::TimeZoneKind::kWithLocalTimeZone) return DataType::TimestampLtz(p);
      return DataType::TimestampType(p);
    }
    case ast::TypeKind::kTimestampLtz: return DataType::TimestampLtz(TimePrecision(type, 6, kMaxTimestampPrecision));
    case ast::TypeKind::kInterval: return BindIntervalType(type.interval);
    case ast::TypeKind::kArray: {
      SLUICE_ASSIGN_OR_RETURN(DataType e, BindType(*type.children[0]));
      return DataType::Array(e);
    }
    case ast::TypeKind::kMultiset: {
      SLUICE_ASSIGN_OR_RETURN(DataType e, BindType(*type.children[0]));
      return DataType::Multiset(e);
    }
    case ast::TypeKind::kMap: {
      SLUICE_ASSIGN_OR_RETURN(DataType k, BindType(*type.children[0]));
      SLUICE_ASSIGN_OR_RETURN(DataType v, BindType(*type.children[1]));
      return DataType::Map(k, v);
    }
    case ast::TypeKind::kRow:
    case ast::TypeKind::kStructured: return BindRow(type);
    case ast::TypeKind::kVariant: return VariantType();
    case ast::TypeKind::kBitmap: return BitmapType();
    case ast::TypeKind::kNull: return DataType::Null();
    case ast::TypeKind::kNamed: return OutOfRange(type, fmt::format("Unknown identifier '{}'", type.name.ToString()));
    default: break;
  }
  return Error(ErrorCode::kNotSupported, "not supported yet: type " + type.spelling, type.position);
}

}  // namespace

Result<DataType> BindIntervalType(const ast::IntervalQualifier& q) {
  using U = ast::TimeUnit;
  struct Entry {
    U from;
    std::optional<U> to;
    IntervalRange range;
  };
  static const Entry kRanges[] = {
      {U::kYear, {}, IntervalRange::kYear},
      {U::kYear, U::kMonth, IntervalRange::kYearToMonth},
      {U::kMonth, {}, IntervalRange::kMonth},
      {U::kQuarter, {}, IntervalRange::kMonth},
      {U::kWeek, {}, IntervalRange::kDay},
      {U::kDay, {}, IntervalRange::kDay},
      {U::kDay, U::kHour, IntervalRange::kDayToHour},
      {U::kDay, U::kMinute, IntervalRange::kDayToMinute},
      {U::kDay, U::kSecond, IntervalRange::kDayToSecond},
      {U::kHour, {}, IntervalRange::kHour},
      {U::kHour, U::kMinute, IntervalRange::kHourToMinute},
      {U::kHour, U::kSecond, IntervalRange::kHourToSecond},
      {U::kMinute, {}, IntervalRange::kMinute},
      {U::kMinute, U::kSecond, IntervalRange::kMinuteToSecond},
      {U::kSecond, {}, IntervalRange::kSecond},
  };
  for (const Entry& e : kRanges) {
    if (e.from == q.from && e.to == q.to) {
      return DataType::Interval(e.range, q.leading_precision.value_or(2), q.fractional_precision.value_or(6));
    }
  }
  return Error(ErrorCode::kNotSupported, fmt::format("not supported yet: INTERVAL {}", ast::TimeUnitName(q.from)),
               q.position);
}

Result<DataType> BindType(const ast::Type& type) {
  SLUICE_ASSIGN_OR_RETURN(DataType t, BindBase(type));
  return t.WithNullable(type.nullable.value_or(true));
}

}  // namespace sluice::engine::sql
