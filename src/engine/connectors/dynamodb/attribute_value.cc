#include "engine/connectors/dynamodb/attribute_value.h"

#include <boost/json.hpp>

#include "engine/connectors/print/java_text.h"
#include "net/digest.h"

namespace sluice::engine::dynamodb {
namespace {

void AppendQuoted(std::string& out, std::string_view text) {
  out += boost::json::serialize(boost::json::value(boost::json::string_view(text.data(), text.size())));
}

bool IsNumber(TypeKind kind) {
  switch (kind) {
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
    case TypeKind::kFloat:
    case TypeKind::kDouble:
    case TypeKind::kDecimal: return true;
    default: return false;
  }
}

void AppendScalar(std::string& out, const Column& column, size_t row) {
  const TypeKind kind = column.type().kind();
  if (kind == TypeKind::kBoolean) {
    out += column.at<uint8_t>(row) != 0 ? "{\"BOOL\":true}" : "{\"BOOL\":false}";
  } else if (kind == TypeKind::kBinary || kind == TypeKind::kVarbinary) {
    out += "{\"B\":\"" + net::Base64(column.string_at(row)) + "\"}";
  } else {
    std::string text;
    AppendJavaText(text, column, row);
    out += IsNumber(kind) ? "{\"N\":" : "{\"S\":";
    AppendQuoted(out, text);
    out += '}';
  }
}

}  // namespace

void AppendAttributeValue(std::string& out, const Column& column, size_t row) {
  row = column.index(row);
  if (column.IsNull(row)) {
    out += "{\"NULL\":true}";
    return;
  }
  switch (column.physical()) {
    case PhysicalType::kArray: {
      const ListSlice slice = column.at<ListSlice>(row);
      out += "{\"L\":[";
      for (uint32_t k = 0; k < slice.length; ++k) {
        if (k > 0) out += ',';
        AppendAttributeValue(out, *column.child(0), slice.offset + k);
      }
      out += "]}";
      return;
    }
    case PhysicalType::kMap: {
      const ListSlice slice = column.at<ListSlice>(row);
      out += "{\"M\":{";
      for (uint32_t k = 0; k < slice.length; ++k) {
        if (k > 0) out += ',';
        std::string key;
        AppendJavaText(key, *column.child(0), slice.offset + k);
        AppendQuoted(out, key);
        out += ':';
        AppendAttributeValue(out, *column.child(1), slice.offset + k);
      }
      out += "}}";
      return;
    }
    case PhysicalType::kRow: {
      out += "{\"M\":{";
      for (size_t k = 0; k < column.child_count(); ++k) {
        if (k > 0) out += ',';
        AppendQuoted(out, column.type().fields()[k].name);
        out += ':';
        AppendAttributeValue(out, *column.child(k), row);
      }
      out += "}}";
      return;
    }
    default: AppendScalar(out, column, row);
  }
}

Status CheckAttributeType(const std::string& column, const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      return Error(ErrorCode::kNotSupported, "not supported yet: writing the column '" + column + "' of type " +
                                                 type.ToString() + " to DynamoDB");
    default: return {};
  }
}

}  // namespace sluice::engine::dynamodb
