#include "engine/sql/parser/parser_impl.h"

namespace sluice::engine::sql {

using namespace ast;

StatementPtr Parser::ParseCreate() {
  Expect("CREATE");
  bool replace = AcceptBoth("OR", "REPLACE");
  if (!replace && AcceptBoth("OR", "ALTER")) {
    if (!At("MATERIALIZED")) Expect("MATERIALIZED");
    return ParseMaterializedTable(true);
  }
  bool temporary = Accept("TEMPORARY");
  TextPosition system_position = Peek().position;
  bool system = Accept("SYSTEM");
  if (Sees("TABLE") && !system) return ParseCreateTable(temporary, replace);
  if (Sees("VIEW") && !system) return ParseCreateView(temporary, replace);
  if (Sees("MODEL") && !system) return ParseCreateModel(temporary, replace);
  if (Sees("MATERIALIZED") && !system) {
    if (temporary) {
      Fail(ErrorCode::kSyntax, "CREATE TEMPORARY MATERIALIZED TABLE is not supported.", Peek().position);
      return nullptr;
    }
    return ParseMaterializedTable(replace);
  }
  if (Sees("CATALOG") && !system) return ParseCreateObject(StatementKind::kCreateCatalog, temporary, false);
  if (Sees("DATABASE") && !system) return ParseCreateObject(StatementKind::kCreateDatabase, temporary, false);
  if (Sees("CONNECTION")) return ParseCreateObject(StatementKind::kCreateConnection, temporary, system);
  if (Sees("FUNCTION")) {
    if (system && !temporary) {
      Fail(ErrorCode::kSyntax,
           "CREATE SYSTEM FUNCTION is not supported, system functions can only be registered as temporary function, "
           "you can use CREATE TEMPORARY SYSTEM FUNCTION instead.",
           system_position);
      return nullptr;
    }
    StatementPtr function = ParseFunction(StatementKind::kCreateFunction, temporary, system);
    if (function != nullptr && !failed()) static_cast<CreateFunctionStatement&>(*function).or_replace = replace;
    return function;
  }
  Unexpected();
  return nullptr;
}

StatementPtr Parser::ParseCreateTable(bool temporary, bool replace) {
  auto table = New<CreateTableStatement>();
  table->temporary = temporary;
  table->or_replace = replace;
  Expect("TABLE");
  table->if_not_exists = IfNotExists();
  table->name = ParseCompoundName();
  if (Sees(Symbol::kLeftParen)) ParseTableSchema(&table->schema);
  table->comment = ParseComment();
  if (Sees("DISTRIBUTED")) table->distribution = ParseDistributedBy();
  if (Accept("PARTITIONED")) {
    Expect("BY");
    table->partition_keys = ParseIdentifierList();
  }
  if (Accept("WITH")) {
    table->has_options = true;
    table->options = ParseProperties();
  }
  if (Sees("LIKE")) {
    table->like = ParseLikeClause();
  } else if (Accept("AS")) {
    table->as_query = ParseQuery();
  } else if (!failed()) {
    Expected(";");
  }
  if (failed()) return nullptr;
  if (replace && table->as_query == nullptr) {
    Fail(ErrorCode::kSyntax, "CREATE OR REPLACE TABLE " + table->name.ToString() + " needs AS and a query.",
         table->name.position);
  }
  return table;
}

void Parser::ParseTableSchema(TableSchema* schema) {
  size_t start = mark();
  schema->written = true;
  Expect(Symbol::kLeftParen);
  do {
    ParseTableElement(schema, false);
  } while (Accept(Symbol::kComma));
  Expect(Symbol::kRightParen);
  Place(*schema, start);
}

bool Parser::AtConstraint() const { return At("CONSTRAINT") || At("PRIMARY") || At("UNIQUE"); }

void Parser::ParseTableElement(TableSchema* schema, bool alter) {
  if (AtConstraint()) {
    schema->constraints.push_back(ParseConstraint(true));
  } else if (At("WATERMARK")) {
    if (!schema->watermarks.empty()) {
      Fail(ErrorCode::kSyntax, "Multiple WATERMARK declarations are not supported yet.", Peek().position);
    }
    schema->watermarks.push_back(ParseWatermark());
  } else {
    for (std::string_view what : {"CONSTRAINT", "PRIMARY", "UNIQUE", "WATERMARK"}) Expected(what);
    schema->columns.push_back(ParseColumn(alter));
  }
}

WatermarkDef Parser::ParseWatermark() {
  size_t start = mark();
  WatermarkDef watermark;
  Expect("WATERMARK");
  Expect("FOR");
  watermark.column = ParseCompoundName();
  Expect("AS");
  watermark.expr = ParseExprWithoutQuery();
  Place(watermark, start);
  return watermark;
}

Constraint Parser::ParseConstraint(bool table_constraint) {
  size_t start = mark();
  Constraint constraint;
  constraint.table_constraint = table_constraint;
  if (Accept("CONSTRAINT")) constraint.name = ParseIdentifier();
  if (Accept("UNIQUE")) {
    constraint.kind = ConstraintKind::kUnique;
  } else {
    Expect("PRIMARY");
    Expect("KEY");
  }
  if (table_constraint) constraint.columns = ParseIdentifierList();
  if (Accept("ENFORCED")) {
    constraint.enforced = true;
  } else if (AcceptBoth("NOT", "ENFORCED")) {
    constraint.enforced = false;
  }
  Place(constraint, start);
  return constraint;
}

ColumnDef Parser::ParseColumn(bool alter) {
  size_t start = mark();
  ColumnDef column;
  if (alter) {
    column.name = ParseCompoundName();
  } else {
    column.name.parts.push_back(ParseIdentifier());
    Place(column.name, start);
  }
  if (Accept("AS")) {
    column.kind = ColumnKind::kComputed;
    column.expr = ParseExprWithoutQuery();
  } else if (!alter && (At(Symbol::kComma) || At(Symbol::kRightParen))) {
    // CREATE TABLE t (a, b) AS query: only the order of the columns.
    Place(column, start);
    return column;
  } else {
    column.type = ParseType();
    if (Accept("METADATA")) {
      column.kind = ColumnKind::kMetadata;
      if (Accept("FROM")) column.metadata_key = ParseString();
      column.is_virtual = Accept("VIRTUAL");
    } else if (AtConstraint()) {
      column.constraint = ParseConstraint(false);
      column.constraint->columns.push_back(column.name.parts.back());
    } else if (!failed()) {
      for (std::string_view what : {"CONSTRAINT", "PRIMARY", "UNIQUE", ")", ","}) Expected(what);
    }
  }
  column.comment = ParseComment();
  if (alter) {
    if (Accept("FIRST")) {
      column.place = ColumnPlace::kFirst;
    } else if (Accept("AFTER")) {
      column.place = ColumnPlace::kAfter;
      column.after = ParseCompoundName();
    }
  }
  Place(column, start);
  return column;
}

std::optional<Distribution> Parser::ParseDistributedBy() {
  Expect("DISTRIBUTED");
  return ParseDistribution();
}

/// What stands behind DISTRIBUTED or DISTRIBUTION.
std::optional<Distribution> Parser::ParseDistribution() {
  size_t start = mark();
  Distribution distribution;
  bool by = Accept("BY");
  if (by) {
    if (Accept("HASH")) {
      distribution.kind = DistributionKind::kHash;
    } else if (Accept("RANGE")) {
      distribution.kind = DistributionKind::kRange;
    }
    distribution.columns = ParseIdentifierList();
  }
  if (by ? Accept("INTO") : Expect("INTO")) {
    distribution.buckets = ParseUnsigned();
    Expect("BUCKETS");
  }
  Place(distribution, start);
  return distribution;
}

LikeClause Parser::ParseLikeClause() {
  size_t start = mark();
  LikeClause like;
  Expect("LIKE");
  like.table = ParseCompoundName();
  if (Accept(Symbol::kLeftParen)) {
    static constexpr Word kFeatures[] = {"ALL",      "CONSTRAINTS", "DISTRIBUTION", "GENERATED",
                                         "METADATA", "OPTIONS",     "PARTITIONS",   "WATERMARKS"};
    do {
      size_t option_start = mark();
      LikeOption option;
      if (Accept("EXCLUDING")) {
        option.strategy = LikeStrategy::kExcluding;
      } else if (Accept("OVERWRITING")) {
        option.strategy = LikeStrategy::kOverwriting;
      } else {
        Expect("INCLUDING");
      }
      for (Word feature : kFeatures) {
        if (!Accept(feature)) continue;
        option.feature = std::string(kKeywords[feature.id].name);
        break;
      }
      if (option.feature.empty()) Unexpected();
      Place(option, option_start);
      like.options.push_back(std::move(option));
    } while (!failed() && !Accept(Symbol::kRightParen));
  }
  Place(like, start);
  return like;
}

StatementPtr Parser::ParseCreateView(bool temporary, bool replace) {
  auto view = New<CreateViewStatement>();
  view->temporary = temporary;
  view->or_replace = replace;
  Expect("VIEW");
  view->if_not_exists = IfNotExists();
  view->name = ParseCompoundName();
  if (Sees(Symbol::kLeftParen)) view->columns = ParseIdentifierList();
  view->comment = ParseComment();
  Expect("AS");
  view->query = ParseQuery();
  return view;
}

StatementPtr Parser::ParseCreateObject(StatementKind kind, bool temporary, bool system) {
  auto object = New<CreateObjectStatement>(kind);
  object->temporary = temporary;
  object->system = system;
  Advance();
  object->if_not_exists = IfNotExists();
  object->name = ParseCompoundName();
  object->comment = ParseComment();
  if (Accept("WITH")) object->options = ParseProperties();
  return object;
}

StatementPtr Parser::ParseFunction(StatementKind kind, bool temporary, bool system) {
  auto function = New<CreateFunctionStatement>(kind);
  function->temporary = temporary;
  function->system = system;
  Expect("FUNCTION");
  if (kind == StatementKind::kCreateFunction) {
    function->if_not_exists = IfNotExists();
  } else {
    function->if_exists = IfExists();
  }
  function->name = ParseCompoundName();
  Expect("AS");
  function->class_name = ParseString();
  if (Accept("LANGUAGE")) {
    static constexpr Word kLanguages[] = {"JAVA", "SCALA", "SQL", "PYTHON"};
    for (Word language : kLanguages) {
      if (!Accept(language)) continue;
      function->language = std::string(kKeywords[language.id].name);
      break;
    }
    if (function->language.empty()) Unexpected();
  }
  if (kind == StatementKind::kAlterFunction) return function;
  if (Accept("USING")) {
    do {
      CreateFunctionStatement::Resource resource;
      resource.type = At("ARTIFACT") ? "ARTIFACT" : "JAR";
      if (!Accept("ARTIFACT")) Expect("JAR");
      resource.path = ParseString();
      function->resources.push_back(std::move(resource));
    } while (Accept(Symbol::kComma));
  }
  if (Accept("WITH")) function->options = ParseProperties();
  return function;
}

std::vector<ColumnDef> Parser::ParseModelColumns() {
  TableSchema schema;
  ParseTableSchema(&schema);
  if (!failed() && (!schema.constraints.empty() || !schema.watermarks.empty())) {
    Fail(ErrorCode::kSyntax, "A model's INPUT and OUTPUT take columns only.", schema.position);
  }
  return std::move(schema.columns);
}

StatementPtr Parser::ParseCreateModel(bool temporary, bool replace) {
  auto model = New<CreateModelStatement>();
  model->temporary = temporary;
  model->or_replace = replace;
  Expect("MODEL");
  model->if_not_exists = IfNotExists();
  model->name = ParseCompoundName();
  if (Accept("INPUT")) model->inputs = ParseModelColumns();
  if (Accept("OUTPUT")) model->outputs = ParseModelColumns();
  model->comment = ParseComment();
  if (Accept("WITH")) model->options = ParseProperties();
  if (Accept("AS")) model->as_query = ParseQuery();
  return model;
}

StatementPtr Parser::ParseMaterializedTable(bool or_alter) {
  auto table = New<CreateMaterializedTableStatement>();
  table->or_alter = or_alter;
  Expect("MATERIALIZED");
  Expect("TABLE");
  table->name = ParseCompoundName();
  if (Sees(Symbol::kLeftParen)) ParseTableSchema(&table->schema);
  table->comment = ParseComment();
  if (Sees("DISTRIBUTED")) table->distribution = ParseDistributedBy();
  if (Accept("PARTITIONED")) {
    Expect("BY");
    table->partition_keys = ParseIdentifierList();
  }
  if (Accept("WITH")) table->options = ParseProperties();
  if (At("START_MODE")) {
    Refuse("START_MODE of a materialized table", Peek().position);
    return nullptr;
  }
  if (Accept("FRESHNESS")) {
    Expect(Symbol::kEqual);
    if (!Sees("INTERVAL")) Unexpected();
    table->freshness = ParseInterval();
  }
  if (Accept("REFRESH_MODE")) {
    Expect(Symbol::kEqual);
    table->refresh_mode = At("FULL") ? "FULL" : "CONTINUOUS";
    if (!Accept("FULL")) Expect("CONTINUOUS");
  }
  Expect("AS");
  table->query = ParseQuery();
  return table;
}

}  // namespace sluice::engine::sql
