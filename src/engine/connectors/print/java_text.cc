#include "engine/connectors/print/java_text.h"

#include "engine/formats/text/scalar_text.h"
#include "engine/formats/text/timestamp_text.h"
#include "engine/types/datetime.h"
#include "engine/types/decimal.h"
#include "engine/types/number_text.h"

namespace sluice::engine {
namespace {

/// Cuts ":00" seconds and fills fractions to groups of three digits, as LocalTime and LocalDateTime print themselves.
/// Instant (`seconds_stay`) keeps the seconds.
void FitJavaTime(std::string& out, size_t from, bool seconds_stay) {
  const size_t dot = out.find('.', from);
  if (dot != std::string::npos) {
    while ((out.size() - dot - 1) % 3 != 0) out.push_back('0');
  } else if (!seconds_stay && out.ends_with(":00")) {
    out.resize(out.size() - 3);
  }
}

void AppendBytes(std::string& out, std::string_view bytes) {
  out.push_back('[');
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) out += ", ";
    AppendInt(out, static_cast<signed char>(bytes[i]));
  }
  out.push_back(']');
}

void AppendScalar(std::string& out, const Column& column, size_t row) {
  const size_t from = out.size();
  switch (column.type().kind()) {
    case TypeKind::kBoolean: out += column.at<uint8_t>(row) != 0 ? "true" : "false"; return;
    case TypeKind::kFloat: AppendFloat(out, column.at<float>(row)); return;
    case TypeKind::kDouble: AppendDouble(out, column.at<double>(row)); return;
    case TypeKind::kDecimal: AppendDecimal(out, column.at<int128_t>(row), column.type().scale()); return;
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: AppendBytes(out, column.string_at(row)); return;
    case TypeKind::kDate: text::WriteIsoDate(out, column.at<int32_t>(row)); return;
    case TypeKind::kTime:
      text::WriteSqlTime(out, column.at<int32_t>(row));
      FitJavaTime(out, from, false);
      return;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: {
      const bool instant = column.type().kind() == TypeKind::kTimestampLtz;
      text::WriteTimestamp(out, text::LoadTimestamp(column, row), text::TimestampStandard::kIso8601, false);
      FitJavaTime(out, from, instant);
      if (instant) out.push_back('Z');
      return;
    }
    case TypeKind::kIntervalYearMonth:
      // java.time.Period of months
      out.push_back('P');
      AppendInt(out, column.at<int32_t>(row));
      out.push_back('M');
      return;
    default: break;
  }
  if (column.physical() == PhysicalType::kString) {
    out += column.string_at(row);
  } else {
    AppendInt(out, text::LoadInt(column, row));
  }
}

}  // namespace

void AppendJavaText(std::string& out, const Column& column, size_t row) {
  row = column.index(row);
  if (column.IsNull(row)) {
    out += "null";
    return;
  }
  switch (column.physical()) {
    case PhysicalType::kArray: {
      const ListSlice slice = column.at<ListSlice>(row);
      out.push_back('[');
      for (uint32_t k = 0; k < slice.length; ++k) {
        if (k > 0) out += ", ";
        AppendJavaText(out, *column.child(0), slice.offset + k);
      }
      out.push_back(']');
      return;
    }
    case PhysicalType::kMap: {
      const ListSlice slice = column.at<ListSlice>(row);
      out.push_back('{');
      for (uint32_t k = 0; k < slice.length; ++k) {
        if (k > 0) out += ", ";
        AppendJavaText(out, *column.child(0), slice.offset + k);
        out.push_back('=');
        AppendJavaText(out, *column.child(1), slice.offset + k);
      }
      out.push_back('}');
      return;
    }
    case PhysicalType::kRow:
      out += "+I[";
      for (size_t k = 0; k < column.child_count(); ++k) {
        if (k > 0) out += ", ";
        AppendJavaText(out, *column.child(k), row);
      }
      out.push_back(']');
      return;
    default: AppendScalar(out, column, row);
  }
}

}  // namespace sluice::engine
