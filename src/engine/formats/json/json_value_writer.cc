#include "engine/formats/json/json_value_writer.h"

#include "engine/formats/json/json_text.h"
#include "engine/formats/text/scalar_text.h"
#include "engine/formats/text/timestamp_text.h"
#include "engine/types/decimal.h"
#include "engine/types/number_text.h"

namespace sluice::engine::json {

Status ValueWriter::Write(const Column& column, size_t i, std::string& out) {
  i = column.index(i);
  if (column.IsNull(i)) {
    out += "null";
    return {};
  }
  switch (column.physical()) {
    case PhysicalType::kArray: {
      const ListSlice slice = column.at<ListSlice>(i);
      out.push_back('[');
      for (uint32_t k = 0; k < slice.length; ++k) {
        if (k > 0) out.push_back(',');
        SLUICE_RETURN_IF_ERROR(Write(*column.child(0), slice.offset + k, out));
      }
      out.push_back(']');
      return {};
    }
    case PhysicalType::kMap: return WriteMap(column, i, out);
    case PhysicalType::kRow: return WriteRow(column, i, out);
    default: WriteScalar(column, i, out); return {};
  }
}

void ValueWriter::WriteScalar(const Column& column, size_t i, std::string& out) {
  switch (column.type().kind()) {
    case TypeKind::kBoolean: out += column.at<uint8_t>(i) != 0 ? "true" : "false"; return;
    case TypeKind::kFloat: AppendFloatNode(out, column.at<float>(i)); return;
    case TypeKind::kDouble: AppendDoubleNode(out, column.at<double>(i)); return;
    case TypeKind::kDecimal: {
      std::string plain;
      AppendDecimal(plain, column.at<int128_t>(i), column.type().scale());
      // A decimal node drops trailing zeros unless numbers are to be written plainly.
      if (options_.plain_decimals) {
        out += plain;
      } else {
        AppendBigDecimal(out, plain, true, false);
      }
      return;
    }
    case TypeKind::kDate:
      out.push_back('"');
      text::WriteIsoDate(out, column.at<int32_t>(i));
      out.push_back('"');
      return;
    case TypeKind::kTime:
      out.push_back('"');
      text::WriteSqlTime(out, column.at<int32_t>(i));
      out.push_back('"');
      return;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      out.push_back('"');
      text::WriteTimestamp(out, text::LoadTimestamp(column, i), options_.standard,
                           column.type().kind() == TypeKind::kTimestampLtz);
      out.push_back('"');
      return;
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      out.push_back('"');
      text::AppendBase64(out, column.string_at(i));
      out.push_back('"');
      return;
    default:
      if (column.physical() == PhysicalType::kString) {
        AppendQuotedBytes(out, column.string_at(i));
      } else {
        AppendInt(out, text::LoadInt(column, i));
      }
  }
}

Status ValueWriter::WriteMap(const Column& column, size_t i, std::string& out) {
  const ListSlice slice = column.at<ListSlice>(i);
  const Column& keys = *column.child(0);
  out.push_back('{');
  bool first = true;
  for (uint32_t k = 0; k < slice.length; ++k) {
    const size_t at = slice.offset + k;
    std::string_view key = options_.null_key_literal;
    if (!keys.IsNull(at)) {
      key = keys.string_at(at);
    } else if (options_.null_keys == NullKeys::kDrop) {
      continue;
    } else if (options_.null_keys == NullKeys::kFail) {
      return Error(ErrorCode::kData,
                   "JSON format doesn't support to serialize map data with null keys. You can drop null key entries or "
                   "encode null in literals by specifying map-null-key.mode option.");
    }
    if (!first) out.push_back(',');
    first = false;
    AppendQuotedBytes(out, key);
    out.push_back(':');
    SLUICE_RETURN_IF_ERROR(Write(*column.child(1), at, out));
  }
  out.push_back('}');
  return {};
}

Status ValueWriter::WriteRow(const Column& column, size_t i, std::string& out) {
  const std::vector<RowField>& fields = column.type().fields();
  if (fields.empty()) return WriteFields(fields, {}, i, out);
  return WriteFields(fields, {&column.child(0), fields.size()}, i, out);
}

Status ValueWriter::WriteFields(const std::vector<RowField>& fields, std::span<const ColumnPtr> columns, size_t i,
                                std::string& out) {
  out.push_back('{');
  bool first = true;
  for (size_t k = 0; k < fields.size(); ++k) {
    if (options_.ignore_null_fields && columns[k]->IsNull(i)) continue;
    if (!first) out.push_back(',');
    first = false;
    AppendQuotedBytes(out, fields[k].name);
    out.push_back(':');
    SLUICE_RETURN_IF_ERROR(Write(*columns[k], i, out));
  }
  out.push_back('}');
  return {};
}

}  // namespace sluice::engine::json
