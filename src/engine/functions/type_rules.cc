#include "engine/functions/type_rules.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/types/structured_type.h"

namespace sluice::engine {

namespace {

constexpr int kMinAdjustedScale = 6;

int NumericPrecision(const DataType& t) {
  switch (t.kind()) {
    case TypeKind::kTinyint: return 3;
    case TypeKind::kSmallint: return 5;
    case TypeKind::kInteger: return 10;
    case TypeKind::kBigint: return 19;
    default: return t.precision();
  }
}

DataType AdjustedDecimal(int precision, int scale) {
  if (precision <= kMaxDecimalPrecision) return DataType::Decimal(precision, scale).NotNull();
  const int whole = precision - scale;
  const int kept = std::max(kMaxDecimalPrecision - whole, std::min(scale, kMinAdjustedScale));
  return DataType::Decimal(kMaxDecimalPrecision, kept).NotNull();
}

bool SimilarTypes(const DataType& a, const DataType& b) {
  return (a.is_character() && b.is_character()) || (a.is_binary() && b.is_binary()) ||
         (a.is_numeric() && b.is_numeric()) || (a.is_timestamp() && b.is_timestamp()) || a.kind() == b.kind();
}

DataType CommonString(const DataType& a, const DataType& b) {
  const int length = std::max(a.length(), b.length());
  const bool fixed = a.kind() == b.kind() && a.length() == b.length() &&
                     (a.kind() == TypeKind::kChar || a.kind() == TypeKind::kBinary);
  if (a.is_character()) return fixed ? DataType::Char(length) : DataType::Varchar(length);
  return fixed ? DataType::Binary(length) : DataType::Varbinary(length);
}

DataType CommonExact(const DataType& a, const DataType& b) {
  if (a == b) return a;
  if (a.kind() != TypeKind::kDecimal && b.kind() != TypeKind::kDecimal) {
    return NumericPrecision(b) > NumericPrecision(a) ? b : a;
  }
  const int sa = a.kind() == TypeKind::kDecimal ? a.scale() : 0, sb = b.kind() == TypeKind::kDecimal ? b.scale() : 0;
  const int whole = std::min(std::max(NumericPrecision(a) - sa, NumericPrecision(b) - sb), kMaxDecimalPrecision);
  const int scale = std::min(std::max(sa, sb), kMaxDecimalPrecision - whole);
  return DataType::Decimal(whole + scale, scale);
}

DataType CommonNumeric(const DataType& a, const DataType& b) {
  if (a.is_exact_numeric() && b.is_exact_numeric()) return CommonExact(a, b);
  if (a.is_approximate() && b.is_approximate()) {
    return a.kind() == TypeKind::kDouble || b.kind() == TypeKind::kDouble ? DataType::Double() : a;
  }
  const DataType& approximate = a.is_approximate() ? a : b;
  const DataType& exact = a.is_approximate() ? b : a;
  return exact.kind() == TypeKind::kDecimal ? DataType::Double() : approximate;
}

/// First and last unit of a range, ordered from coarse to fine.
std::pair<int, int> Units(IntervalRange r) {
  switch (r) {
    case IntervalRange::kYear: return {0, 0};
    case IntervalRange::kYearToMonth: return {0, 1};
    case IntervalRange::kMonth: return {1, 1};
    case IntervalRange::kDay: return {2, 2};
    case IntervalRange::kDayToHour: return {2, 3};
    case IntervalRange::kDayToMinute: return {2, 4};
    case IntervalRange::kDayToSecond: return {2, 5};
    case IntervalRange::kHour: return {3, 3};
    case IntervalRange::kHourToMinute: return {3, 4};
    case IntervalRange::kHourToSecond: return {3, 5};
    case IntervalRange::kMinute: return {4, 4};
    case IntervalRange::kMinuteToSecond: return {4, 5};
    case IntervalRange::kSecond: return {5, 5};
  }
  return {0, 0};
}

DataType CommonInterval(const DataType& a, const DataType& b) {
  const auto [a1, a2] = Units(a.interval_range());
  const auto [b1, b2] = Units(b.interval_range());
  const std::pair<int, int> both{std::min(a1, b1), std::max(a2, b2)};
  IntervalRange range = a.interval_range();
  for (int r = 0; r <= static_cast<int>(IntervalRange::kSecond); ++r) {
    if (Units(static_cast<IntervalRange>(r)) == both) range = static_cast<IntervalRange>(r);
  }
  return DataType::Interval(range, std::max(a.precision(), b.precision()), std::max(a.scale(), b.scale()));
}

std::optional<DataType> CommonNested(std::span<const DataType> types, const DataType& first) {
  const size_t n = first.child_count();
  std::vector<DataType> children;
  for (size_t c = 0; c < n; ++c) {
    std::vector<DataType> column;
    for (const DataType& t : types) {
      if (t.kind() == TypeKind::kNull) continue;
      if (t.kind() != first.kind() || t.child_count() != n) return std::nullopt;
      column.push_back(t.child(c));
    }
    auto common = CommonType(std::span<const DataType>(column));
    if (!common) return std::nullopt;
    children.push_back(*common);
  }
  switch (first.kind()) {
    case TypeKind::kArray: return DataType::Array(children[0]);
    case TypeKind::kMultiset: return DataType::Multiset(children[0]);
    case TypeKind::kMap: return DataType::Map(children[0], children[1]);
    default: break;
  }
  for (const DataType& t : types) {
    if (t.kind() != TypeKind::kNull && t.kind() != TypeKind::kRow) return std::nullopt;
  }
  std::vector<RowField> fields = first.fields();
  for (size_t i = 0; i < n; ++i) fields[i].type = children[i];
  if (IsStructured(first)) return StructuredType(StructuredClass(first), std::move(fields));
  return DataType::Row(std::move(fields));
}

/// Of two nullable types that are not nested.
std::optional<DataType> CommonOfTwo(const DataType& a, const DataType& b) {
  if (!SimilarTypes(a, b)) return std::nullopt;
  if (a.is_character() || a.is_binary()) return CommonString(a, b);
  if (a.is_numeric()) return CommonNumeric(a, b);
  switch (a.kind()) {
    case TypeKind::kTime: return DataType::Time(std::max(a.precision(), b.precision()));
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: {
      const int precision = std::max(a.precision(), b.precision());
      // Calcite: of two precisions the later type, else the first.
      const TypeKind kind = a.precision() == b.precision() ? a.kind() : b.kind();
      return kind == TypeKind::kTimestampLtz ? DataType::TimestampLtz(precision) : DataType::TimestampType(precision);
    }
    case TypeKind::kIntervalDayTime:
    case TypeKind::kIntervalYearMonth: return CommonInterval(a, b);
    case TypeKind::kRaw: return a == b ? std::optional(a) : std::nullopt;
    default: return a;
  }
}

}  // namespace

std::optional<DataType> CommonType(std::span<const DataType> types) {
  bool nullable = false;
  std::optional<DataType> result;
  bool same_attribute = true;
  for (const DataType& t : types) {
    nullable |= t.nullable();
    same_attribute &= t.time_attribute() == types[0].time_attribute();
    if (t.kind() == TypeKind::kNull) continue;
    const DataType plain = t.Nullable().WithTimeAttribute(TimeAttribute::kNone);
    if (!result) {
      if (t.is_nested()) {
        result = CommonNested(types, t);
        if (!result) return std::nullopt;
      } else {
        result = plain;
      }
      continue;
    }
    if (result->is_nested()) {
      if (t.kind() != result->kind()) return std::nullopt;
      continue;
    }
    result = t.is_nested() ? std::nullopt : CommonOfTwo(*result, plain);
    if (!result) return std::nullopt;
  }
  if (!result) return std::nullopt;
  if (same_attribute) result = result->WithTimeAttribute(types[0].time_attribute());
  return result->WithNullable(nullable);
}

bool ImplicitlyCastable(const DataType& from, const DataType& to) {
  if (from.kind() == TypeKind::kNull || from.SameIgnoringNullability(to)) return true;
  if (from.is_nested() || to.is_nested()) {
    if (from.kind() != to.kind() || from.child_count() != to.child_count()) return false;
    if (IsStructured(from) && IsStructured(to) && !SameStructure(from, to)) return false;
    for (size_t i = 0; i < from.child_count(); ++i) {
      if (from.child(i).nullable() && !to.child(i).nullable()) return false;
      if (!ImplicitlyCastable(from.child(i), to.child(i))) return false;
    }
    return true;
  }
  switch (to.kind()) {
    case TypeKind::kVarchar: return from.is_character();
    case TypeKind::kVarbinary: return from.is_binary();
    case TypeKind::kDecimal:
    case TypeKind::kDouble: return from.is_numeric();
    case TypeKind::kFloat: return from.is_exact_numeric() || from.kind() == TypeKind::kFloat;
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint: return from.is_exact_integer() && from.kind() <= to.kind();
    case TypeKind::kDate: return from.kind() == TypeKind::kDate || from.kind() == TypeKind::kTimestamp;
    case TypeKind::kTime: return from.kind() == TypeKind::kTime || from.kind() == TypeKind::kTimestamp;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: return from.is_timestamp();
    default: return from.kind() == to.kind();
  }
}

bool IsComparable(const DataType& t) {
  switch (t.kind()) {
    case TypeKind::kSymbol:
    case TypeKind::kDescriptor: return false;
    default: return true;
  }
}

bool IsOrderable(const DataType& t) {
  switch (t.kind()) {
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
    case TypeKind::kRow:
    case TypeKind::kRaw:
    case TypeKind::kSymbol:
    case TypeKind::kDescriptor: return false;
    default: return true;
  }
}

DataType PlannedType(const DataType& t) {
  if (t.kind() == TypeKind::kIntervalDayTime) {
    return DataType::Interval(IntervalRange::kSecond, 2, 3).WithNullable(t.nullable());
  }
  if (t.kind() == TypeKind::kIntervalYearMonth) {
    return DataType::Interval(IntervalRange::kMonth).WithNullable(t.nullable());
  }
  switch (t.kind()) {
    case TypeKind::kArray: return DataType::Array(PlannedType(t.element())).WithNullable(t.nullable());
    case TypeKind::kMultiset: return DataType::Multiset(PlannedType(t.element())).WithNullable(t.nullable());
    case TypeKind::kMap: return DataType::Map(PlannedType(t.key()), PlannedType(t.value())).WithNullable(t.nullable());
    case TypeKind::kRow: {
      std::vector<RowField> fields = t.fields();
      bool changed = false;
      for (RowField& f : fields) {
        DataType planned = PlannedType(f.type);
        changed |= !(planned == f.type);
        f.type = std::move(planned);
      }
      return changed ? DataType::Row(std::move(fields)).WithNullable(t.nullable()) : t;
    }
    default: return t;
  }
}

std::optional<DataType> ComparisonType(const DataType& a, const DataType& b) {
  const bool nullable = a.nullable() || b.nullable();
  auto takes_text = [](const DataType& t) {
    return t.is_numeric() || t.is_datetime() || t.kind() == TypeKind::kBoolean;
  };
  if (a.is_character() && takes_text(b)) return b.WithNullable(nullable).WithTimeAttribute(TimeAttribute::kNone);
  if (b.is_character() && takes_text(a)) return a.WithNullable(nullable).WithTimeAttribute(TimeAttribute::kNone);
  auto common = CommonType({a, b});
  if (common) common = common->WithTimeAttribute(TimeAttribute::kNone);
  return common;
}

DataType AsDecimalType(const DataType& exact) {
  if (exact.kind() == TypeKind::kDecimal) return exact;
  return DataType::Decimal(NumericPrecision(exact), 0).WithNullable(exact.nullable());
}

DataType DecimalAddType(const DataType& a, const DataType& b) {
  const DataType x = AsDecimalType(a), y = AsDecimalType(b);
  const int scale = std::max(x.scale(), y.scale());
  return AdjustedDecimal(std::max(x.precision() - x.scale(), y.precision() - y.scale()) + scale + 1, scale);
}

DataType DecimalMultiplyType(const DataType& a, const DataType& b) {
  const DataType x = AsDecimalType(a), y = AsDecimalType(b);
  return AdjustedDecimal(x.precision() + y.precision() + 1, x.scale() + y.scale());
}

DataType DecimalDivideType(const DataType& a, const DataType& b) {
  const DataType x = AsDecimalType(a), y = AsDecimalType(b);
  const int scale = std::max(6, x.scale() + y.precision() + 1);
  return AdjustedDecimal(x.precision() - x.scale() + y.scale() + scale, scale);
}

DataType DecimalModuloType(const DataType& a, const DataType& b) {
  const DataType x = AsDecimalType(a), y = AsDecimalType(b);
  const int scale = std::max(x.scale(), y.scale());
  return AdjustedDecimal(std::min(x.precision() - x.scale(), y.precision() - y.scale()) + scale, scale);
}

DataType DecimalRoundType(int precision, int scale, int round) {
  if (round >= scale) return DataType::Decimal(precision, scale).NotNull();
  if (round < 0) return DataType::Decimal(std::min(kMaxDecimalPrecision, 1 + precision - scale), 0).NotNull();
  return DataType::Decimal(1 + precision - scale + round, round).NotNull();
}

DataType SumType(const DataType& t) {
  if (t.kind() != TypeKind::kDecimal) return t;
  return DataType::Decimal(kMaxDecimalPrecision, t.scale()).WithNullable(t.nullable());
}

DataType AverageType(const DataType& t) {
  if (t.kind() != TypeKind::kDecimal) return t;
  return DecimalDivideType(DataType::Decimal(kMaxDecimalPrecision, t.scale()), DataType::Decimal(20, 0))
      .WithNullable(t.nullable());
}

std::optional<DataType> ArithmeticType(ArithmeticKind kind, const DataType& a, const DataType& b) {
  if (!a.is_numeric() || !b.is_numeric()) return std::nullopt;
  const bool nullable = a.nullable() || b.nullable();
  DataType out;
  if (a.is_approximate() || b.is_approximate() || (a.kind() != TypeKind::kDecimal && b.kind() != TypeKind::kDecimal)) {
    // MOD of integers has the divisor's type; of FLOAT and DOUBLE the first counts, which have one precision to
    // Calcite.
    if (kind == ArithmeticKind::kModulo && a.is_exact_integer()) {
      out = b;
    } else {
      out = a.is_approximate() && b.is_approximate() ? a : CommonNumeric(a.Nullable(), b.Nullable());
    }
  } else {
    switch (kind) {
      case ArithmeticKind::kAdd: out = DecimalAddType(a, b); break;
      case ArithmeticKind::kMultiply: out = DecimalMultiplyType(a, b); break;
      case ArithmeticKind::kDivide: out = DecimalDivideType(a, b); break;
      case ArithmeticKind::kModulo: out = DecimalModuloType(a, b); break;
    }
  }
  return out.WithNullable(nullable).WithTimeAttribute(TimeAttribute::kNone);
}

}  // namespace sluice::engine
