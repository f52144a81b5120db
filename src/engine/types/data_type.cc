#include "engine/types/data_type.h"

#include <fmt/format.h>

#include "base/result.h"
#include "engine/types/structured_type.h"

namespace sluice::engine {

struct DataType::Nested {
  std::vector<RowField> fields;  // ARRAY/MULTISET/MAP use the types only
  DataType class_type;           // of a structured type: RAW with the class as its name
};

namespace {

std::string QuoteIdentifier(std::string_view name) {
  std::string out = "`";
  for (char c : name) {
    if (c == '`') out += '`';
    out += c;
  }
  return out + "`";
}

std::string QuoteText(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

/// `defaults`: precisions are shown although they are those of an interval for which none is given.
std::string IntervalText(const DataType& t, bool defaults = true) {
  constexpr int kLeading = 2, kFraction = 6;
  const auto digits = [&](int precision, int otherwise) {
    return defaults || precision != otherwise ? fmt::format("({})", precision) : std::string();
  };
  const std::string p = digits(t.precision(), kLeading), f = digits(t.scale(), kFraction);
  switch (t.interval_range()) {
    case IntervalRange::kYear: return "INTERVAL YEAR" + p;
    case IntervalRange::kYearToMonth: return "INTERVAL YEAR" + p + " TO MONTH";
    case IntervalRange::kMonth: return "INTERVAL MONTH";
    case IntervalRange::kDay: return "INTERVAL DAY" + p;
    case IntervalRange::kDayToHour: return "INTERVAL DAY" + p + " TO HOUR";
    case IntervalRange::kDayToMinute: return "INTERVAL DAY" + p + " TO MINUTE";
    case IntervalRange::kDayToSecond: return "INTERVAL DAY" + p + " TO SECOND" + f;
    case IntervalRange::kHour: return "INTERVAL HOUR";
    case IntervalRange::kHourToMinute: return "INTERVAL HOUR TO MINUTE";
    case IntervalRange::kHourToSecond: return "INTERVAL HOUR TO SECOND" + f;
    case IntervalRange::kMinute: return "INTERVAL MINUTE";
    case IntervalRange::kMinuteToSecond: return "INTERVAL MINUTE TO SECOND" + f;
    case IntervalRange::kSecond: return "INTERVAL SECOND" + f;
  }
  return "INTERVAL";
}

/// The part of a name that needs no nested types; `summary` says STRING/BYTES for the unbounded ones.
std::string PlainName(const DataType& t, bool summary) {
  switch (t.kind()) {
    case TypeKind::kNull: return "NULL";
    case TypeKind::kBoolean: return "BOOLEAN";
    case TypeKind::kTinyint: return "TINYINT";
    case TypeKind::kSmallint: return "SMALLINT";
    case TypeKind::kInteger: return "INT";
    case TypeKind::kBigint: return "BIGINT";
    case TypeKind::kFloat: return "FLOAT";
    case TypeKind::kDouble: return "DOUBLE";
    case TypeKind::kDecimal: return fmt::format("DECIMAL({}, {})", t.precision(), t.scale());
    case TypeKind::kChar: return fmt::format("CHAR({})", t.length());
    case TypeKind::kVarchar:
      return summary && t.length() == kMaxLength ? "STRING" : fmt::format("VARCHAR({})", t.length());
    case TypeKind::kBinary: return fmt::format("BINARY({})", t.length());
    case TypeKind::kVarbinary:
      return summary && t.length() == kMaxLength ? "BYTES" : fmt::format("VARBINARY({})", t.length());
    case TypeKind::kDate: return "DATE";
    case TypeKind::kTime: return fmt::format("TIME({})", t.precision());
    case TypeKind::kTimestamp: return fmt::format("TIMESTAMP({})", t.precision());
    case TypeKind::kTimestampLtz:
      return summary ? fmt::format("TIMESTAMP_LTZ({})", t.precision())
                     : fmt::format("TIMESTAMP({}) WITH LOCAL TIME ZONE", t.precision());
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime: return IntervalText(t);
    case TypeKind::kSymbol: return "SYMBOL";
    case TypeKind::kDescriptor: return "DESCRIPTOR";
    default: return "";
  }
}

std::string Render(const DataType& t, bool summary, bool with_nullability) {
  auto child = [&](const DataType& c) { return Render(c, summary, true); };
  std::string out;
  switch (t.kind()) {
    case TypeKind::kArray: out = "ARRAY<" + child(t.element()) + ">"; break;
    case TypeKind::kMultiset: out = "MULTISET<" + child(t.element()) + ">"; break;
    case TypeKind::kMap: out = "MAP<" + child(t.key()) + ", " + child(t.value()) + ">"; break;
    case TypeKind::kRow: {
      const bool structured = IsStructured(t);
      out = structured ? "STRUCTURED<" + QuoteText(StructuredClass(t)) : "ROW<";
      bool first = !structured;
      for (const RowField& f : t.fields()) {
        if (!first) out += ", ";
        first = false;
        out += QuoteIdentifier(f.name) + " " + child(f.type);
        if (!f.description.empty()) out += " " + QuoteText(f.description);
      }
      out += ">";
      break;
    }
    case TypeKind::kRaw:
      // Types of their own to Flink, opaque values here.
      if (const std::string& name = t.fields().empty() ? std::string() : t.fields()[0].name;
          name == "VARIANT" || name == "BITMAP") {
        out = name;
        break;
      }
      out = "RAW(" + QuoteText(t.fields().empty() ? "" : t.fields()[0].name) + ", '...')";
      break;
    default: out = PlainName(t, summary);
  }
  if (with_nullability && !t.nullable() && t.kind() != TypeKind::kSymbol) out += " NOT NULL";
  if (summary && t.is_rowtime()) out += " *ROWTIME*";
  if (summary && t.is_proctime()) out += " *PROCTIME*";
  return out;
}

}  // namespace

DataType StructuredType(std::string class_name, std::vector<RowField> attributes) {
  attributes.push_back({"", DataType::Raw(std::move(class_name)), ""});
  return DataType::Row(std::move(attributes));
}

std::string StructuredClass(const DataType& type) {
  return IsStructured(type) ? type.child(type.child_count()).fields()[0].name : "";
}

bool SameStructure(const DataType& a, const DataType& b) {
  if (StructuredClass(a) != StructuredClass(b) || a.fields().size() != b.fields().size()) return false;
  for (size_t i = 0; i < a.fields().size(); ++i) {
    if (a.fields()[i].name != b.fields()[i].name) return false;
  }
  return true;
}

DataType DataType::Simple(TypeKind kind, int precision, int scale) {
  DataType t;
  t.kind_ = kind;
  t.precision_ = precision;
  t.scale_ = static_cast<int8_t>(scale);
  return t;
}

DataType DataType::Interval(IntervalRange range, int leading_precision, int fraction_precision) {
  DataType t = Simple(range <= IntervalRange::kMonth ? TypeKind::kIntervalYearMonth : TypeKind::kIntervalDayTime,
                      leading_precision, fraction_precision);
  t.interval_range_ = range;
  return t;
}

DataType DataType::Array(DataType element) {
  DataType t = Simple(TypeKind::kArray);
  t.nested_ = std::make_shared<Nested>(Nested{{RowField{"element", std::move(element), ""}}, DataType()});
  return t;
}

DataType DataType::Multiset(DataType element) {
  DataType t = Simple(TypeKind::kMultiset);
  t.nested_ = std::make_shared<Nested>(Nested{{RowField{"element", std::move(element), ""}}, DataType()});
  return t;
}

DataType DataType::Map(DataType key, DataType value) {
  DataType t = Simple(TypeKind::kMap);
  t.nested_ = std::make_shared<Nested>(
      Nested{{RowField{"key", std::move(key), ""}, RowField{"value", std::move(value), ""}}, DataType()});
  return t;
}

DataType DataType::Row(std::vector<RowField> fields) {
  // StructuredType() hands the class over as a last field without a name.
  const bool structured = !fields.empty() && fields.back().name.empty() && fields.back().type.kind_ == TypeKind::kRaw;
  DataType class_type;
  if (structured) {
    class_type = fields.back().type;
    fields.pop_back();
  }
  DataType t = Simple(TypeKind::kRow, 0, structured ? kStructuredScale : 0);
  t.nested_ = std::make_shared<Nested>(Nested{std::move(fields), std::move(class_type)});
  return t;
}

DataType DataType::Raw(std::string name) {
  DataType t = Simple(TypeKind::kRaw);
  t.nested_ = std::make_shared<Nested>(Nested{{RowField{std::move(name), DataType(), ""}}, DataType()});
  return t;
}

DataType DataType::WithNullable(bool nullable) const {
  DataType t = *this;
  t.nullable_ = nullable;
  return t;
}

DataType DataType::WithTimeAttribute(TimeAttribute attribute) const {
  DataType t = *this;
  t.time_attribute_ = attribute;
  return t;
}

size_t DataType::child_count() const { return nested_ && kind_ != TypeKind::kRaw ? nested_->fields.size() : 0; }

const DataType& DataType::child(size_t i) const {
  if (IsStructured(*this) && i == nested_->fields.size()) return nested_->class_type;
  INVARIANT(i < child_count(), "no such child type");
  return nested_->fields[i].type;
}

const std::vector<RowField>& DataType::fields() const {
  static const std::vector<RowField> kNone;
  return nested_ ? nested_->fields : kNone;
}

int DataType::FieldIndex(std::string_view name) const {
  const auto& all = fields();
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

PhysicalType DataType::physical() const {
  switch (kind_) {
    case TypeKind::kNull:
    case TypeKind::kBoolean: return PhysicalType::kBool;
    case TypeKind::kTinyint: return PhysicalType::kInt8;
    case TypeKind::kSmallint: return PhysicalType::kInt16;
    case TypeKind::kInteger:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kIntervalYearMonth: return PhysicalType::kInt32;
    case TypeKind::kBigint:
    case TypeKind::kIntervalDayTime: return PhysicalType::kInt64;
    case TypeKind::kFloat: return PhysicalType::kFloat;
    case TypeKind::kDouble: return PhysicalType::kDouble;
    case TypeKind::kDecimal: return PhysicalType::kInt128;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: return precision_ <= 3 ? PhysicalType::kInt64 : PhysicalType::kTimestamp;
    case TypeKind::kArray: return PhysicalType::kArray;
    case TypeKind::kMultiset:
    case TypeKind::kMap: return PhysicalType::kMap;
    case TypeKind::kRow: return PhysicalType::kRow;
    default: return PhysicalType::kString;
  }
}

bool DataType::operator==(const DataType& other) const {
  if (kind_ != other.kind_ || nullable_ != other.nullable_ || precision_ != other.precision_ ||
      scale_ != other.scale_ || interval_range_ != other.interval_range_) {
    return false;
  }
  if (nested_ == other.nested_) return true;
  return nested_ && other.nested_ && nested_->fields == other.nested_->fields &&
         nested_->class_type == other.nested_->class_type;
}

std::string DataType::ToString(bool with_nullability) const { return Render(*this, true, with_nullability); }

std::string DataType::ToSerializableString() const { return Render(*this, false, true); }

std::string DataType::ToCalciteString() const {
  switch (kind_) {
    case TypeKind::kInteger: return "INTEGER";
    case TypeKind::kTime: return fmt::format("TIME({})", precision_);
    case TypeKind::kTimestampLtz: return fmt::format("TIMESTAMP_WITH_LOCAL_TIME_ZONE({})", precision_);
    case TypeKind::kChar: return fmt::format("CHAR({})", precision_);
    case TypeKind::kArray: return element().ToCalciteString() + " ARRAY";
    case TypeKind::kMultiset: return element().ToCalciteString() + " MULTISET";
    case TypeKind::kMap: return "(" + key().ToCalciteString() + ", " + value().ToCalciteString() + ") MAP";
    case TypeKind::kRow: {
      if (IsStructured(*this)) return ToString(false);
      std::string out = "RecordType:peek_no_expand(";
      for (size_t i = 0; i < fields().size(); ++i) {
        if (i > 0) out += ", ";
        out += fields()[i].type.ToCalciteString() + " " + fields()[i].name;
      }
      return out + ")";
    }
    case TypeKind::kRaw: return Render(*this, false, false);
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime: return IntervalText(*this, false);
    default: return PlainName(*this, false);
  }
}

}  // namespace sluice::engine
