#include "engine/sql/parser/unparse_impl.h"

namespace sluice::engine::sql {

using namespace ast;

namespace {

const char* TypeText(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBoolean: return "BOOLEAN";
    case TypeKind::kTinyInt: return "TINYINT";
    case TypeKind::kSmallInt: return "SMALLINT";
    case TypeKind::kInt: return "INTEGER";
    case TypeKind::kBigInt: return "BIGINT";
    case TypeKind::kDecimal: return "DECIMAL";
    case TypeKind::kFloat: return "FLOAT";
    case TypeKind::kReal: return "REAL";
    case TypeKind::kDouble: return "DOUBLE";
    case TypeKind::kChar: return "CHAR";
    case TypeKind::kVarChar: return "VARCHAR";
    case TypeKind::kString: return "STRING";
    case TypeKind::kBinary: return "BINARY";
    case TypeKind::kVarBinary: return "VARBINARY";
    case TypeKind::kBytes: return "BYTES";
    case TypeKind::kDate: return "DATE";
    case TypeKind::kTime: return "TIME";
    case TypeKind::kTimestamp: return "TIMESTAMP";
    case TypeKind::kTimestampLtz: return "TIMESTAMP_LTZ";
    case TypeKind::kInterval: return "INTERVAL";
    case TypeKind::kArray: return "ARRAY";
    case TypeKind::kMultiset: return "MULTISET";
    case TypeKind::kMap: return "MAP";
    case TypeKind::kRow: return "ROW";
    case TypeKind::kRaw: return "RAW";
    case TypeKind::kStructured: return "STRUCTURED";
    case TypeKind::kVariant: return "VARIANT";
    case TypeKind::kBitmap: return "BITMAP";
    case TypeKind::kAny: return "ANY";
    case TypeKind::kDescriptor: return "DESCRIPTOR";
    case TypeKind::kNull: return "NULL";
    case TypeKind::kGeometry: return "GEOMETRY";
    case TypeKind::kNamed: break;
  }
  return "";
}

}  // namespace

void Unparser::Write(const Type& type) {
  if (type.postfix_collection) {
    Write(*type.children[0]);
    Text(" ");
    Text(TypeText(type.kind));
  } else if (type.kind == TypeKind::kNamed || type.kind == TypeKind::kDescriptor) {
    Write(type.name);
  } else {
    Text(TypeText(type.kind));
  }
  if (type.precision) {
    Text("(" + std::to_string(*type.precision));
    if (type.scale) Text(", " + std::to_string(*type.scale));
    Text(")");
  }
  if (type.time_zone == TimeZoneKind::kWithLocalTimeZone) Text(" WITH LOCAL TIME ZONE");
  if (!type.character_set.empty()) Text(" CHARACTER SET " + QuoteIdentifier(type.character_set));
  if (type.kind == TypeKind::kInterval) {
    Text(" ");
    Interval(type.interval);
  }
  if (type.kind == TypeKind::kRaw) {
    Text("(");
    Literal(type.raw_class);
    Text(", ");
    Literal(type.raw_serializer);
    Text(")");
  }
  if (!type.children.empty() && !type.postfix_collection) {
    Text("< ");
    for (size_t i = 0; i < type.children.size(); ++i) {
      if (i > 0) Text(", ");
      Write(*type.children[i]);
    }
    Text(" >");
  }
  if (type.kind == TypeKind::kRow || type.kind == TypeKind::kStructured) {
    Text(type.row_parentheses ? "(" : "<");
    bool first = true;
    if (type.kind == TypeKind::kStructured) {
      Text(" ");
      Literal(type.raw_class);
      first = false;
    }
    for (const RowField& field : type.fields) {
      if (!first) Text(", ");
      if (first && !type.row_parentheses) Text(" ");
      first = false;
      Name(field.name);
      Text(" ");
      Write(*field.type);
      if (field.comment) {
        Text(" ");
        Literal(*field.comment);
      }
    }
    Text(type.row_parentheses ? ")" : (first ? ">" : " >"));
  }
  // NULL is the default and is left out, as Flink does.
  if (type.nullable == false) Text(" NOT NULL");
}

std::string Unparse(const Type& type) {
  Unparser unparser;
  unparser.Write(type);
  return unparser.Take();
}

}  // namespace sluice::engine::sql
