#include "engine/formats/glue/json_schema.h"

#include <boost/json.hpp>

namespace sluice::engine::glue {
namespace {

std::string Quoted(const std::string& text) { return boost::json::serialize(boost::json::value(text)); }

std::string Scalar(const char* name, const char* more, bool nullable) {
  const std::string type = nullable ? "[\"" + std::string(name) + "\",\"null\"]" : "\"" + std::string(name) + "\"";
  return "{\"type\":" + type + more + "}";
}

Result<std::string> TypeSchema(const DataType& type);

Result<std::string> ObjectSchema(const Schema& fields, const std::string& head) {
  std::string properties, required;
  for (const RowField& f : fields) {
    const std::string name = Quoted(f.name);
    SLUICE_ASSIGN_OR_RETURN(const std::string schema, TypeSchema(f.type));
    properties += (properties.empty() ? "" : ",") + name + ":" + schema;
    if (!f.type.nullable()) required += (required.empty() ? "" : ",") + name;
  }
  // Closed: in an open object the registry could not allow another property.
  std::string out = "{" + head + R"("type":"object","additionalProperties":false,"properties":{)" + properties + "}";
  if (!required.empty()) out += ",\"required\":[" + required + "]";
  return out + "}";
}

Error Unsupported(const DataType& type, const std::string& detail) {
  return Error(ErrorCode::kValidation,
               "The 'json-glue' format does not support the Flink type '" + type.ToString() +
                   "'. Supported types are the scalar types (BOOLEAN, INT family, FLOAT/DOUBLE, DECIMAL, CHAR/VARCHAR, "
                   "BINARY/VARBINARY, DATE, TIME, TIMESTAMP, TIMESTAMP_LTZ) and the nested container types (ARRAY, MAP "
                   "with string keys, ROW)." +
                   detail);
}

Result<std::string> Container(const DataType& type) {
  if (type.kind() == TypeKind::kRow) return ObjectSchema(type.fields(), "");
  if (type.kind() == TypeKind::kArray) {
    SLUICE_ASSIGN_OR_RETURN(const std::string items, TypeSchema(type.element()));
    return R"({"type":"array","items":)" + items + "}";
  }
  if (type.kind() != TypeKind::kMap) return Unsupported(type, "");
  if (!type.key().is_character()) {
    return Unsupported(type, " MAP keys must be CHAR/VARCHAR because JSON object keys are strings; found key type '" +
                                 type.key().ToString() + "'");
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string values, TypeSchema(type.value()));
  return R"({"type":"object","additionalProperties":)" + values + "}";
}

Result<std::string> TypeSchema(const DataType& type) {
  const bool nullable = type.nullable();
  switch (type.kind()) {
    case TypeKind::kBoolean: return Scalar("boolean", "", nullable);
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint: return Scalar("integer", "", nullable);
    case TypeKind::kFloat:
    case TypeKind::kDouble:
    case TypeKind::kDecimal: return Scalar("number", "", nullable);
    case TypeKind::kChar:
    case TypeKind::kVarchar: return Scalar("string", "", nullable);
    case TypeKind::kDate: return Scalar("string", R"(,"format":"date")", nullable);
    case TypeKind::kTime: return Scalar("string", R"(,"format":"time")", nullable);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: return Scalar("string", R"(,"format":"date-time")", nullable);
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: return Scalar("string", R"(,"contentEncoding":"base64")", nullable);
    default: break;
  }
  SLUICE_ASSIGN_OR_RETURN(std::string container, Container(type));
  return nullable ? R"({"anyOf":[)" + container + R"(,{"type":"null"}]})" : container;
}

}  // namespace

Result<std::string> JsonSchemaOf(const Schema& table) {
  return ObjectSchema(table, R"("$schema":"http://json-schema.org/draft-07/schema#",)");
}

}  // namespace sluice::engine::glue
