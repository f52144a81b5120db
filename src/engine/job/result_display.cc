#include "engine/job/result_display.h"

#include "engine/types/datetime.h"
#include "engine/types/decimal.h"
#include "engine/types/number_text.h"
#include "engine/types/time_zone.h"

namespace sluice::engine {
namespace {

void AppendHex(std::string& out, std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += "x'";
  for (unsigned char b : bytes) {
    out += kDigits[b >> 4];
    out += kDigits[b & 15];
  }
  out += '\'';
}

Timestamp TimestampAt(const Column& column, size_t i) {
  if (column.physical() == PhysicalType::kInt64) return TimestampFromMillis(column.at<int64_t>(i));
  return column.at<Timestamp>(i);
}

/// A CHAR value may have lost its trailing blanks; it is shown with all of them.
void AppendChar(std::string& out, std::string_view text, int length) {
  out += text;
  int characters = 0;
  for (char c : text) characters += (c & 0xC0) != 0x80;
  if (characters < length) out.append(static_cast<size_t>(length - characters), ' ');
}

}  // namespace

ResultDisplay::ResultDisplay(std::string_view time_zone) : zone_(TimeZone::FindOrGmt(time_zone)) {}

std::vector<std::string> ResultDisplay::Fields(const Batch& batch, size_t position) const {
  std::vector<std::string> fields;
  fields.reserve(batch.columns.size());
  for (const ColumnPtr& column : batch.columns) {
    std::string& field = fields.emplace_back();
    if (column->IsNull(position)) {
      field = kDisplayedNull;
    } else {
      AppendValue(field, *column, position);
    }
  }
  return fields;
}

void ResultDisplay::Append(std::string& out, const Column& column, size_t i) const {
  if (column.IsNull(i)) {
    out += "NULL";
  } else {
    AppendValue(out, column, i);
  }
}

void ResultDisplay::AppendValue(std::string& out, const Column& column, size_t i) const {
  const DataType& type = column.type();
  switch (type.kind()) {
    case TypeKind::kNull: out += "NULL"; break;
    case TypeKind::kBoolean: out += column.at<uint8_t>(i) != 0 ? "TRUE" : "FALSE"; break;
    case TypeKind::kTinyint: AppendInt(out, column.at<int8_t>(i)); break;
    case TypeKind::kSmallint: AppendInt(out, column.at<int16_t>(i)); break;
    case TypeKind::kInteger: AppendInt(out, column.at<int32_t>(i)); break;
    case TypeKind::kBigint: AppendInt(out, column.at<int64_t>(i)); break;
    case TypeKind::kFloat: AppendFloat(out, column.at<float>(i)); break;
    case TypeKind::kDouble: AppendDouble(out, column.at<double>(i)); break;
    case TypeKind::kDecimal: AppendDecimal(out, column.at<int128_t>(i), type.scale()); break;
    case TypeKind::kChar: AppendChar(out, column.string_at(i), type.length()); break;
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: AppendHex(out, column.string_at(i)); break;
    case TypeKind::kDate: AppendDate(out, column.at<int32_t>(i)); break;
    case TypeKind::kTime: AppendTime(out, column.at<int32_t>(i), type.precision()); break;
    case TypeKind::kTimestamp: AppendTimestamp(out, TimestampAt(column, i), type.precision()); break;
    case TypeKind::kTimestampLtz:
      AppendTimestamp(out, zone_->UtcToLocal(TimestampAt(column, i)), type.precision());
      break;
    case TypeKind::kIntervalYearMonth: AppendIntervalYearMonth(out, column.at<int32_t>(i)); break;
    case TypeKind::kIntervalDayTime: AppendIntervalDayTime(out, column.at<int64_t>(i)); break;
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
    case TypeKind::kRow: AppendNested(out, column, i); break;
    case TypeKind::kVarchar:
    case TypeKind::kSymbol:
    case TypeKind::kDescriptor:
    case TypeKind::kRaw: out += column.string_at(i); break;
  }
}

void ResultDisplay::AppendNested(std::string& out, const Column& column, size_t i) const {
  if (column.type().kind() == TypeKind::kRow) {
    out += '(';
    for (size_t c = 0; c < column.child_count(); ++c) {
      if (c > 0) out += ", ";
      Append(out, *column.child(c), column.index(i));
    }
    out += ')';
    return;
  }
  const bool array = column.type().kind() == TypeKind::kArray;
  const auto slice = column.at<ListSlice>(i);
  out += array ? '[' : '{';
  for (uint32_t e = slice.offset; e < slice.offset + slice.length; ++e) {
    if (e > slice.offset) out += ", ";
    Append(out, *column.child(0), e);
    if (array) continue;
    out += '=';
    Append(out, *column.child(1), e);
  }
  out += array ? ']' : '}';
}

}  // namespace sluice::engine
