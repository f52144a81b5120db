// Data types as written. The binder gives them their meaning (defaults of precisions, limits, nullability).
#pragma once

#include <optional>

#include "engine/sql/parser/ast_node.h"

namespace sluice::engine::ast {

enum class TypeKind : uint8_t {
  kBoolean,
  kTinyInt,
  kSmallInt,
  kInt,
  kBigInt,
  kDecimal,  ///< also DEC, NUMERIC
  kFloat,
  kReal,
  kDouble,
  kChar,
  kVarChar,
  kString,
  kBinary,
  kVarBinary,
  kBytes,
  kDate,
  kTime,
  kTimestamp,     ///< time_zone tells the three variants apart
  kTimestampLtz,  ///< the short spelling TIMESTAMP_LTZ
  kInterval,
  kArray,       ///< children[0]
  kMultiset,    ///< children[0]
  kMap,         ///< children[0] key, children[1] value
  kRow,         ///< fields
  kRaw,         ///< raw_class, raw_serializer
  kStructured,  ///< STRUCTURED<'class', fields>
  kVariant,
  kBitmap,
  kNull,
  kDescriptor,
  kGeometry,
  kAny,
  kNamed,  ///< name: a user-defined type
};

enum class TimeZoneKind : uint8_t { kNone, kWithoutTimeZone, kWithLocalTimeZone };

/// A time unit of an interval, EXTRACT, FLOOR TO, TIMESTAMPADD. Units that only one of them takes are in the list too.
enum class TimeUnit : uint8_t {
  kYear,
  kQuarter,
  kMonth,
  kWeek,
  kDay,
  kHour,
  kMinute,
  kSecond,
  kMillisecond,
  kMicrosecond,
  kNanosecond,
  kDow,
  kIsoDow,
  kDoy,
  kIsoYear,
  kDecade,
  kCentury,
  kMillennium,
  kEpoch,
};
/// "YEAR" and so on.
const char* TimeUnitName(TimeUnit unit);

/// DAY(3) TO SECOND(6); a single unit has no `to`.
struct IntervalQualifier : Node {
  TimeUnit from = TimeUnit::kDay;
  std::optional<TimeUnit> to;
  std::optional<int> leading_precision;     ///< DAY(3)
  std::optional<int> fractional_precision;  ///< SECOND(6), or the second number of SECOND(2, 6)
};

struct RowField {
  Identifier name;
  TypePtr type;
  std::optional<StringValue> comment;
};

struct Type : Node {
  TypeKind kind = TypeKind::kNamed;
  std::string spelling;          ///< the keyword(s) as written, upper case: "NUMERIC", "INTEGER", "DOUBLE PRECISION"
  std::optional<int> precision;  ///< also the length of CHAR(n), BINARY(n)
  std::optional<int> scale;
  TimeZoneKind time_zone = TimeZoneKind::kNone;
  std::optional<bool> nullable;  ///< true: NULL written, false: NOT NULL written, nothing: neither (means nullable)
  IntervalQualifier interval;
  std::vector<TypePtr> children;
  std::vector<RowField> fields;
  bool row_parentheses = false;     ///< ROW(a INT) instead of ROW<a INT>
  bool postfix_collection = false;  ///< `INT ARRAY`, `INT MULTISET`
  StringValue raw_class;
  StringValue raw_serializer;
  CompoundName name;
  std::string character_set;  ///< CHARACTER SET x, parsed for a clear refusal
};

}  // namespace sluice::engine::ast
