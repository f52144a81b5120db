#include "engine/columnar/display.h"

#include "engine/types/datetime.h"
#include "engine/types/decimal.h"
#include "engine/types/number_text.h"
#include "engine/types/structured_type.h"

namespace sluice::engine {

namespace {

/// What stays the same while a field and its parts are printed.
struct Printer {
  std::string& out;
  const TimeZone& zone;
  TextStyle style;

  bool legacy() const { return style == TextStyle::kLegacyDisplay || style == TextStyle::kLegacyCast; }
  bool display() const { return style == TextStyle::kDisplay || style == TextStyle::kLegacyDisplay; }

  void Hex(std::string_view bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += "x'";
    for (char c : bytes) {
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 15];
    }
    out += '\'';
  }

  void Nested(const Column& c, size_t row) {
    if (c.IsNull(row)) {
      out += legacy() ? "null" : "NULL";
    } else {
      Value(c, row);
    }
  }

  void TimestampValue(const Column& c, size_t row) {
    Timestamp t =
        c.physical() == PhysicalType::kTimestamp ? c.at<Timestamp>(row) : TimestampFromMillis(c.at<int64_t>(row));
    if (c.type().kind() == TypeKind::kTimestampLtz) t = zone.UtcToLocal(t);
    AppendTimestamp(out, t, c.type().precision());
  }

  void List(const Column& c, size_t row) {
    const ListSlice slice = c.at<ListSlice>(row);
    const bool map = c.physical() == PhysicalType::kMap;
    out += map ? '{' : '[';
    for (uint32_t k = 0; k < slice.length; ++k) {
      if (k > 0) out += ", ";
      Nested(*c.child(0), slice.offset + k);
      if (map) {
        out += '=';
        Nested(*c.child(1), slice.offset + k);
      }
    }
    out += map ? '}' : ']';
  }

  void Value(const Column& c, size_t row) {
    switch (c.type().kind()) {
      case TypeKind::kNull: out += "NULL"; break;
      case TypeKind::kBoolean:
        if (legacy()) {
          out += c.at<uint8_t>(row) ? "true" : "false";
        } else {
          out += c.at<uint8_t>(row) ? "TRUE" : "FALSE";
        }
        break;
      case TypeKind::kTinyint: AppendInt(out, c.at<int8_t>(row)); break;
      case TypeKind::kSmallint: AppendInt(out, c.at<int16_t>(row)); break;
      case TypeKind::kInteger: AppendInt(out, c.at<int32_t>(row)); break;
      case TypeKind::kBigint: AppendInt(out, c.at<int64_t>(row)); break;
      case TypeKind::kFloat: AppendFloat(out, c.at<float>(row)); break;
      case TypeKind::kDouble: AppendDouble(out, c.at<double>(row)); break;
      case TypeKind::kDecimal: AppendDecimal(out, c.at<int128_t>(row), c.type().scale()); break;
      case TypeKind::kBinary:
      case TypeKind::kVarbinary:
        if (display()) {
          Hex(c.string_at(row));
        } else {
          out.append(c.string_at(row));
        }
        break;
      case TypeKind::kDate: AppendDate(out, c.at<int32_t>(row)); break;
      case TypeKind::kTime: AppendTime(out, c.at<int32_t>(row), c.type().precision()); break;
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampLtz: TimestampValue(c, row); break;
      case TypeKind::kIntervalYearMonth: AppendIntervalYearMonth(out, c.at<int32_t>(row)); break;
      case TypeKind::kIntervalDayTime: AppendIntervalDayTime(out, c.at<int64_t>(row)); break;
      case TypeKind::kArray:
      case TypeKind::kMap:
      case TypeKind::kMultiset: List(c, row); break;
      case TypeKind::kRow:
        out += '(';
        for (size_t n = 0; n < c.child_count(); ++n) {
          if (n > 0) out += legacy() ? "," : ", ";
          if (IsStructured(c.type())) out += c.type().fields()[n].name + "=";
          Nested(*c.child(n), c.index(row));
        }
        out += ')';
        break;
      default: out.append(c.string_at(row));
    }
  }
};

}  // namespace

void AppendText(std::string& out, const Column& column, size_t row, const TimeZone& zone, TextStyle style) {
  if (column.IsNull(row) || column.type().kind() == TypeKind::kNull) {
    out += "<NULL>";
    return;
  }
  Printer{out, zone, style}.Value(column, row);
}

std::string FieldText(const Column& column, size_t row, const TimeZone& zone, TextStyle style) {
  std::string out;
  AppendText(out, column, row, zone, style);
  return out;
}

}  // namespace sluice::engine
