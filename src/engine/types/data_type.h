// Flink SQL's type system (org.apache.flink.table.types.logical.*): a DataType is a small immutable value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::engine {

enum class TypeKind : uint8_t {
  kNull,  // the type of an untyped NULL literal
  kBoolean,
  kTinyint,
  kSmallint,
  kInteger,
  kBigint,
  kFloat,
  kDouble,
  kDecimal,    // precision 1..38, scale 0..precision
  kChar,       // length 1..2147483647 (a literal '' has length 0)
  kVarchar,    // length; 2147483647 is STRING
  kBinary,     // length
  kVarbinary,  // length; 2147483647 is BYTES
  kDate,
  kTime,               // precision 0..9 is declared, milliseconds are kept, as in Flink
  kTimestamp,          // precision 0..9, without time zone
  kTimestampLtz,       // precision 0..9, with local time zone
  kIntervalYearMonth,  // months
  kIntervalDayTime,    // milliseconds
  kArray,              // child 0: element
  kMultiset,           // child 0: element
  kMap,                // child 0: key, child 1: value
  kRow,                // one child a field, with names
  kSymbol,             // a keyword argument of a function (a time unit, a JSON behaviour); only in literals
  kDescriptor,         // DESCRIPTOR(column); only in arguments of table functions
  kRaw,                // a value of a type that SQL cannot look into; name in `raw_name`
};

/// How a column keeps the values of a type in memory.
enum class PhysicalType : uint8_t {
  kBool,  // uint8_t, 0 or 1
  kInt8,
  kInt16,
  kInt32,  // INT, DATE (days since 1970-01-01), TIME (ms of the day), INTERVAL YEAR TO MONTH (months)
  kInt64,  // BIGINT, TIMESTAMP/TIMESTAMP_LTZ with precision <= 3 (ms since epoch), INTERVAL DAY TO SECOND (ms)
  kFloat,
  kDouble,
  kInt128,     // every DECIMAL: the unscaled value
  kTimestamp,  // TIMESTAMP/TIMESTAMP_LTZ with precision > 3: struct Timestamp
  kString,     // CHAR, VARCHAR, BINARY, VARBINARY, SYMBOL, RAW: struct StringRef
  kArray,      // ARRAY; struct ListSlice into child column 0
  kMap,        // MAP (children: keys, values) and MULTISET (children: elements, INT counts)
  kRow,        // one child column a field, in step with the row's own column
};

/// Milliseconds since the epoch and the nanoseconds within that millisecond (0..999999), as Flink's TimestampData.
struct Timestamp {
  int64_t millis = 0;
  int32_t nanos = 0;
  int32_t padding = 0;  // keeps the bytes comparable
  friend auto operator<=>(const Timestamp& a, const Timestamp& b) {
    if (auto c = a.millis <=> b.millis; c != 0) return c;
    return a.nanos <=> b.nanos;
  }
  friend bool operator==(const Timestamp& a, const Timestamp& b) { return a.millis == b.millis && a.nanos == b.nanos; }
};

__extension__ typedef __int128 int128_t;
__extension__ typedef unsigned __int128 uint128_t;

/// Which part of an interval its type covers: INTERVAL YEAR, INTERVAL DAY TO SECOND, …
enum class IntervalRange : uint8_t {
  kYear,
  kYearToMonth,
  kMonth,
  kDay,
  kDayToHour,
  kDayToMinute,
  kDayToSecond,
  kHour,
  kHourToMinute,
  kHourToSecond,
  kMinute,
  kMinuteToSecond,
  kSecond,
};

enum class TimeAttribute : uint8_t { kNone, kRowtime, kProctime };

inline constexpr int kMaxLength = 2147483647;
inline constexpr int kMaxDecimalPrecision = 38;

class DataType;
struct RowField;

/// Immutable; cheap to copy (nested parts are shared). Thread-safe.
class DataType {
 public:
  DataType() = default;  // NULL type, nullable

  static DataType Null() { return DataType(); }
  static DataType Boolean() { return Simple(TypeKind::kBoolean); }
  static DataType Tinyint() { return Simple(TypeKind::kTinyint); }
  static DataType Smallint() { return Simple(TypeKind::kSmallint); }
  static DataType Integer() { return Simple(TypeKind::kInteger); }
  static DataType Bigint() { return Simple(TypeKind::kBigint); }
  static DataType Float() { return Simple(TypeKind::kFloat); }
  static DataType Double() { return Simple(TypeKind::kDouble); }
  static DataType Decimal(int precision, int scale) { return Simple(TypeKind::kDecimal, precision, scale); }
  static DataType Char(int length) { return Simple(TypeKind::kChar, length); }
  static DataType Varchar(int length) { return Simple(TypeKind::kVarchar, length); }
  static DataType String() { return Varchar(kMaxLength); }
  static DataType Binary(int length) { return Simple(TypeKind::kBinary, length); }
  static DataType Varbinary(int length) { return Simple(TypeKind::kVarbinary, length); }
  static DataType Bytes() { return Varbinary(kMaxLength); }
  static DataType Date() { return Simple(TypeKind::kDate); }
  static DataType Time(int precision = 0) { return Simple(TypeKind::kTime, precision); }
  static DataType TimestampType(int precision = 6) { return Simple(TypeKind::kTimestamp, precision); }
  static DataType TimestampLtz(int precision = 6) { return Simple(TypeKind::kTimestampLtz, precision); }
  static DataType Interval(IntervalRange range, int leading_precision = 2, int fraction_precision = 6);
  static DataType Array(DataType element);
  static DataType Multiset(DataType element);
  static DataType Map(DataType key, DataType value);
  static DataType Row(std::vector<RowField> fields);
  static DataType Symbol() { return Simple(TypeKind::kSymbol).NotNull(); }
  static DataType Raw(std::string name);

  TypeKind kind() const { return kind_; }
  bool nullable() const { return nullable_; }
  /// DECIMAL precision; length of CHAR/VARCHAR/BINARY/VARBINARY; precision of TIME/TIMESTAMP; leading one of intervals.
  int precision() const { return precision_; }
  int length() const { return precision_; }
  /// DECIMAL scale; fraction precision of day-time intervals.
  int scale() const { return scale_; }
  IntervalRange interval_range() const { return interval_range_; }
  TimeAttribute time_attribute() const { return time_attribute_; }
  bool is_rowtime() const { return time_attribute_ == TimeAttribute::kRowtime; }
  bool is_proctime() const { return time_attribute_ == TimeAttribute::kProctime; }

  DataType Nullable() const { return WithNullable(true); }
  DataType NotNull() const { return WithNullable(false); }
  DataType WithNullable(bool nullable) const;
  DataType WithTimeAttribute(TimeAttribute attribute) const;

  /// ARRAY/MULTISET: 1; MAP: 2; ROW: its fields; else 0.
  size_t child_count() const;
  const DataType& child(size_t i) const;
  const DataType& element() const { return child(0); }
  const DataType& key() const { return child(0); }
  const DataType& value() const { return child(1); }
  /// ROW only.
  const std::vector<RowField>& fields() const;
  /// Index of the field with exactly this name, -1 if none. ROW only.
  int FieldIndex(std::string_view name) const;

  PhysicalType physical() const;

  bool is_exact_integer() const { return kind_ >= TypeKind::kTinyint && kind_ <= TypeKind::kBigint; }
  bool is_approximate() const { return kind_ == TypeKind::kFloat || kind_ == TypeKind::kDouble; }
  bool is_exact_numeric() const { return is_exact_integer() || kind_ == TypeKind::kDecimal; }
  bool is_numeric() const { return is_exact_numeric() || is_approximate(); }
  bool is_character() const { return kind_ == TypeKind::kChar || kind_ == TypeKind::kVarchar; }
  bool is_binary() const { return kind_ == TypeKind::kBinary || kind_ == TypeKind::kVarbinary; }
  bool is_timestamp() const { return kind_ == TypeKind::kTimestamp || kind_ == TypeKind::kTimestampLtz; }
  bool is_datetime() const { return kind_ == TypeKind::kDate || kind_ == TypeKind::kTime || is_timestamp(); }
  bool is_interval() const { return kind_ == TypeKind::kIntervalYearMonth || kind_ == TypeKind::kIntervalDayTime; }
  bool is_nested() const { return kind_ >= TypeKind::kArray && kind_ <= TypeKind::kRow; }

  /// Same type including nullability at every level; time attributes do not count.
  bool operator==(const DataType& other) const;
  /// Same, but the top level's nullability does not count.
  bool SameIgnoringNullability(const DataType& other) const { return Nullable() == other.Nullable(); }

  /// As DESCRIBE and error texts print it (LogicalType.asSummaryString without NOT NULL unless asked):
  /// "STRING", "TIMESTAMP(3) *ROWTIME*", "ROW<`a` INT NOT NULL>"; with_nullability appends " NOT NULL".
  std::string ToString(bool with_nullability = true) const;
  /// As SHOW CREATE TABLE prints it (asSerializableString): "VARCHAR(2147483647)".
  std::string ToSerializableString() const;
  /// As Calcite's messages print it: "INTEGER", "VARCHAR(2147483647)", "INTEGER ARRAY", "RecordType(...)".
  std::string ToCalciteString() const;

 private:
  struct Nested;
  static DataType Simple(TypeKind kind, int precision = 0, int scale = 0);

  TypeKind kind_ = TypeKind::kNull;
  bool nullable_ = true;
  TimeAttribute time_attribute_ = TimeAttribute::kNone;
  IntervalRange interval_range_ = IntervalRange::kYear;
  int8_t scale_ = 0;
  int32_t precision_ = 0;
  std::shared_ptr<const Nested> nested_;
};

/// A field of a ROW type, or a column of a table.
struct RowField {
  std::string name;
  DataType type;
  std::string description;  // COMMENT; empty if none; does not count in comparisons
  bool operator==(const RowField& other) const { return name == other.name && type == other.type; }
};

/// Columns of a table or of an operator's output, in order.
using Schema = std::vector<RowField>;

}  // namespace sluice::engine
