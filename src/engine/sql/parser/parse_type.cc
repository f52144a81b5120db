#include "engine/sql/parser/parser_impl.h"

namespace sluice::engine::sql {

using namespace ast;

void Parser::ParseNullability(Type* type) {
  if (Accept("NULL")) {
    type->nullable = true;
  } else if (AcceptBoth("NOT", "NULL")) {
    type->nullable = false;
  }
}

TypePtr Parser::ParseType(bool nullability) {
  Depth depth(this);
  if (!depth.ok()) return nullptr;
  Height height(this);
  size_t start = mark();
  TypePtr type = ParseTypeName();
  if (type == nullptr || failed()) return nullptr;
  while (!failed()) {
    // INT NOT NULL ARRAY: the nullability before the collection word is the element's.
    size_t ahead = At("NOT") && At("NULL", 1) ? 2 : (At("NULL") ? 1 : 0);
    if (!nullability) ahead = 0;
    if (!At("ARRAY", ahead) && !At("MULTISET", ahead)) break;
    if (!Grow()) break;
    if (nullability) ParseNullability(type.get());
    auto collection = New<Type>();
    collection->postfix_collection = true;
    collection->kind = At("ARRAY") ? TypeKind::kArray : TypeKind::kMultiset;
    collection->spelling = At("ARRAY") ? "ARRAY" : "MULTISET";
    Advance();
    collection->children.push_back(std::move(type));
    type = Done(std::move(collection), start);
  }
  if (nullability && !failed()) {
    ParseNullability(type.get());
    Place(*type, start);
  }
  return failed() ? nullptr : std::move(type);
}

void Parser::ParseLength(Type* type) {
  if (!Accept(Symbol::kLeftParen)) return;
  type->precision = ParseSmallUnsigned();
  Expect(Symbol::kRightParen);
}

void Parser::ParseTimeType(Type* type) {
  ParseLength(type);
  if (Accept("WITHOUT")) {
    type->time_zone = TimeZoneKind::kWithoutTimeZone;
  } else if (At("WITH") && (At("LOCAL", 1) || At("TIME", 1))) {
    // Flink has no WITH TIME ZONE.
    Advance();
    Expect("LOCAL");
    type->time_zone = TimeZoneKind::kWithLocalTimeZone;
  } else {
    return;
  }
  Expect("TIME");
  Expect("ZONE");
}

void Parser::ParseRowFields(Type* type, Symbol close) {
  if (!At(close)) {
    do {
      RowField field;
      field.name = ParseIdentifier();
      field.type = ParseType();
      if (Peek().kind == TokenKind::kString) field.comment = ParseString();
      type->fields.push_back(std::move(field));
    } while (Accept(Symbol::kComma));
  }
  Expect(close);
}

bool Parser::ParseSimpleType(Type* type) {
  struct Simple {
    Word word;
    TypeKind kind;
    enum { kPlain, kLength, kDecimalDigits, kTimeDigits } arguments;
  };
  static constexpr Simple kSimple[] = {
      {"BOOLEAN", TypeKind::kBoolean, Simple::kPlain},
      {"TINYINT", TypeKind::kTinyInt, Simple::kPlain},
      {"SMALLINT", TypeKind::kSmallInt, Simple::kPlain},
      {"INT", TypeKind::kInt, Simple::kPlain},
      {"INTEGER", TypeKind::kInt, Simple::kPlain},
      {"BIGINT", TypeKind::kBigInt, Simple::kPlain},
      {"REAL", TypeKind::kReal, Simple::kPlain},
      {"FLOAT", TypeKind::kFloat, Simple::kPlain},
      {"DECIMAL", TypeKind::kDecimal, Simple::kDecimalDigits},
      {"DEC", TypeKind::kDecimal, Simple::kDecimalDigits},
      {"NUMERIC", TypeKind::kDecimal, Simple::kDecimalDigits},
      {"STRING", TypeKind::kString, Simple::kPlain},
      {"BYTES", TypeKind::kBytes, Simple::kPlain},
      {"VARBINARY", TypeKind::kVarBinary, Simple::kLength},
      {"VARCHAR", TypeKind::kVarChar, Simple::kLength},
      {"DATE", TypeKind::kDate, Simple::kPlain},
      {"TIME", TypeKind::kTime, Simple::kTimeDigits},
      {"TIMESTAMP", TypeKind::kTimestamp, Simple::kTimeDigits},
      {"TIMESTAMP_LTZ", TypeKind::kTimestampLtz, Simple::kLength},
      {"VARIANT", TypeKind::kVariant, Simple::kPlain},
      {"BITMAP", TypeKind::kBitmap, Simple::kPlain},

      {"ANY", TypeKind::kAny, Simple::kPlain},
  };
  for (const Simple& simple : kSimple) {
    if (!At(simple.word)) continue;
    type->kind = simple.kind;
    type->spelling = std::string(kKeywords[simple.word.id].name);
    Advance();
    if (simple.arguments == Simple::kLength) ParseLength(type);
    if (simple.arguments == Simple::kTimeDigits) ParseTimeType(type);
    if (simple.arguments == Simple::kDecimalDigits && Accept(Symbol::kLeftParen)) {
      type->precision = ParseSmallUnsigned();
      if (Accept(Symbol::kComma)) type->scale = ParseSmallUnsigned();
      Expect(Symbol::kRightParen);
    }
    return true;
  }
  return false;
}

TypePtr Parser::ParseTypeName() {
  size_t start = mark();
  auto type = New<Type>();
  if (ParseSimpleType(type.get())) {
    if (type->kind == TypeKind::kVarChar && Accept("CHARACTER")) {
      Expect("SET");
      type->character_set = ParseIdentifier().name;
    }
  } else if (Accept("DOUBLE")) {
    type->kind = TypeKind::kDouble;
    type->spelling = Accept("PRECISION") ? "DOUBLE PRECISION" : "DOUBLE";
  } else if (At("CHAR") || At("CHARACTER")) {
    Advance();
    bool varying = Accept("VARYING");
    type->kind = varying ? TypeKind::kVarChar : TypeKind::kChar;
    type->spelling = varying ? "VARCHAR" : "CHAR";
    ParseLength(type.get());
    if (Accept("CHARACTER")) {
      Expect("SET");
      type->character_set = ParseIdentifier().name;
    }
  } else if (Accept("BINARY")) {
    bool varying = Accept("VARYING");
    type->kind = varying ? TypeKind::kVarBinary : TypeKind::kBinary;
    type->spelling = varying ? "VARBINARY" : "BINARY";
    ParseLength(type.get());
  } else if (Accept("INTERVAL")) {
    type->kind = TypeKind::kInterval;
    type->spelling = "INTERVAL";
    ParseIntervalQualifier(&type->interval);
  } else if (At("ARRAY") || At("MULTISET")) {
    type->kind = At("ARRAY") ? TypeKind::kArray : TypeKind::kMultiset;
    type->spelling = At("ARRAY") ? "ARRAY" : "MULTISET";
    Advance();
    Expect(Symbol::kLess);
    type->children.push_back(ParseType());
    Expect(Symbol::kGreater);
  } else if (At("MAP") && At(Symbol::kLess, 1)) {
    Advance();
    Advance();
    type->kind = TypeKind::kMap;
    type->spelling = "MAP";
    type->children.push_back(ParseType());
    Expect(Symbol::kComma);
    type->children.push_back(ParseType());
    Expect(Symbol::kGreater);
  } else if (Accept("ROW")) {
    type->kind = TypeKind::kRow;
    type->spelling = "ROW";
    if (Accept(Symbol::kLess)) {
      ParseRowFields(type.get(), Symbol::kGreater);
    } else if (!Accept(Symbol::kNotEqual)) {  // ROW<>
      type->row_parentheses = true;
      Expect(Symbol::kLeftParen);
      ParseRowFields(type.get(), Symbol::kRightParen);
    }
  } else if (Accept("RAW")) {
    type->kind = TypeKind::kRaw;
    type->spelling = "RAW";
    Expect(Symbol::kLeftParen);
    type->raw_class = ParseString();
    Expect(Symbol::kComma);
    type->raw_serializer = ParseString();
    Expect(Symbol::kRightParen);
  } else if (Accept("STRUCTURED")) {
    type->kind = TypeKind::kStructured;
    type->spelling = "STRUCTURED";
    Expect(Symbol::kLess);
    type->raw_class = ParseString();
    if (Accept(Symbol::kComma)) {
      ParseRowFields(type.get(), Symbol::kGreater);
    } else {
      Expect(Symbol::kGreater);
    }
  } else {
    for (std::string_view what : {"BIGINT", "BOOLEAN", "DATE", "DECIMAL", "INT", "STRING", "TIMESTAMP", "ROW"}) {
      Expected(what);
    }
    type->kind = At("DESCRIPTOR") ? TypeKind::kDescriptor : TypeKind::kNamed;
    type->name = ParseCompoundName();
    if (!type->name.parts.empty()) type->spelling = type->name.parts[0].name;
  }
  return Done(std::move(type), start);
}

}  // namespace sluice::engine::sql
