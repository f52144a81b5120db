#include "engine/sql/parser/parser_impl.h"

namespace sluice::engine::sql {

using namespace ast;

StatementPtr Parser::ParseAlter() {
  Expect("ALTER");
  bool temporary = Accept("TEMPORARY");
  bool system = Accept("SYSTEM");
  if (Sees("FUNCTION")) return ParseFunction(StatementKind::kAlterFunction, temporary, system);
  if (Sees("CONNECTION")) return ParseAlterObject(StatementKind::kAlterConnection, temporary, system);
  if (!temporary && !system) {
    if (Sees("TABLE")) return ParseAlterTable();
    if (Sees("VIEW")) return ParseAlterView();
    if (Sees("CATALOG")) return ParseAlterObject(StatementKind::kAlterCatalog, false, false);
    if (Sees("DATABASE")) return ParseAlterObject(StatementKind::kAlterDatabase, false, false);
    if (Sees("MODEL")) return ParseAlterObject(StatementKind::kAlterModel, false, false);
    if (Sees("MATERIALIZED")) return ParseAlterMaterializedTable();
  }
  Unexpected();
  return nullptr;
}

StatementPtr Parser::ParseAlterTable() {
  auto alter = New<AlterTableStatement>();
  Expect("TABLE");
  alter->if_exists = IfExists();
  alter->name = ParseCompoundName();
  if (Accept("RENAME")) {
    if (Accept("TO")) {
      alter->action = AlterTableAction::kRename;
    } else {
      alter->action = AlterTableAction::kRenameColumn;
      alter->column = ParseCompoundName();
      Expect("TO");
    }
    alter->new_name = ParseCompoundName();
  } else if (Accept("SET")) {
    alter->action = AlterTableAction::kSetOptions;
    alter->options = ParseProperties();
  } else if (Accept("RESET")) {
    alter->action = AlterTableAction::kResetOptions;
    alter->keys = ParsePropertyKeys();
  } else if (Accept("ADD")) {
    ParseAlterTableAdd(alter.get());
  } else if (Accept("MODIFY")) {
    ParseAlterTableModify(alter.get());
  } else if (Accept("DROP")) {
    ParseAlterTableDrop(alter.get());
  } else {
    Unexpected();
  }
  return alter;
}

void Parser::ParseAlterTableAdd(AlterTableStatement* alter) {
  if (At("PARTITION") || (At("IF") && At("NOT", 1))) return ParseAlterTablePartitions(alter, true);
  if (Accept("DISTRIBUTION")) {
    alter->action = AlterTableAction::kAddDistribution;
    alter->distribution = ParseDistribution();
    return;
  }
  alter->action = AlterTableAction::kAddSchema;
  alter->schema.written = true;
  size_t start = mark();
  if (Accept(Symbol::kLeftParen)) {
    do {
      ParseTableElement(&alter->schema, true);
    } while (Accept(Symbol::kComma));
    Expect(Symbol::kRightParen);
  } else {
    ParseTableElement(&alter->schema, true);
  }
  Place(alter->schema, start);
}

void Parser::ParseAlterTableModify(AlterTableStatement* alter) {
  if (Accept("DISTRIBUTION")) {
    alter->action = AlterTableAction::kModifyDistribution;
    alter->distribution = ParseDistribution();
    return;
  }
  ParseAlterTableAdd(alter);
  if (alter->action == AlterTableAction::kAddSchema) alter->action = AlterTableAction::kModifySchema;
  if (alter->action == AlterTableAction::kAddPartitions) {
    Fail(ErrorCode::kSyntax, "ALTER TABLE MODIFY takes columns, constraints, a watermark or DISTRIBUTION.",
         alter->name.position);
  }
}

void Parser::ParseAlterTableDrop(AlterTableStatement* alter) {
  if (At("PARTITION") || (At("IF") && At("EXISTS", 1))) return ParseAlterTablePartitions(alter, false);
  if (Accept("CONSTRAINT")) {
    alter->action = AlterTableAction::kDropConstraint;
    alter->constraint = ParseIdentifier();
  } else if (Accept("PRIMARY")) {
    Expect("KEY");
    alter->action = AlterTableAction::kDropPrimaryKey;
  } else if (Accept("WATERMARK")) {
    alter->action = AlterTableAction::kDropWatermark;
  } else if (Accept("DISTRIBUTION")) {
    alter->action = AlterTableAction::kDropDistribution;
  } else {
    alter->action = AlterTableAction::kDropColumns;
    bool list = Accept(Symbol::kLeftParen);
    do {
      alter->columns.push_back(ParseCompoundName());
    } while (list && Accept(Symbol::kComma));
    if (list) Expect(Symbol::kRightParen);
  }
}

void Parser::ParseAlterTablePartitions(AlterTableStatement* alter, bool add) {
  alter->action = add ? AlterTableAction::kAddPartitions : AlterTableAction::kDropPartitions;
  if (add) {
    alter->if_not_exists = IfNotExists();
  } else {
    alter->partition_if_exists = IfExists();
  }
  do {
    Expect("PARTITION");
    AlterTableStatement::Partition partition;
    partition.spec = ParsePartitionSpec(true);
    if (add && Accept("WITH")) partition.options = ParseProperties();
    alter->partitions.push_back(std::move(partition));
  } while (!failed() && (add ? At("PARTITION") : Accept(Symbol::kComma)));
}

StatementPtr Parser::ParseAlterView() {
  auto alter = New<AlterViewStatement>();
  Expect("VIEW");
  alter->name = ParseCompoundName();
  if (Accept("RENAME")) {
    Expect("TO");
    alter->new_name = ParseCompoundName();
  } else {
    Expect("AS");
    alter->query = ParseQuery();
  }
  return alter;
}

StatementPtr Parser::ParseAlterObject(StatementKind kind, bool temporary, bool system) {
  auto alter = New<AlterObjectStatement>(kind);
  alter->temporary = temporary;
  alter->system = system;
  Advance();
  bool model = kind == StatementKind::kAlterModel || kind == StatementKind::kAlterConnection;
  if (model) alter->if_exists = IfExists();
  alter->name = ParseCompoundName();
  bool catalog = kind == StatementKind::kAlterCatalog;
  if (Accept("SET")) {
    alter->options = ParseProperties();
  } else if ((catalog || model) && Accept("RESET")) {
    alter->action = AlterObjectAction::kReset;
    alter->keys = ParsePropertyKeys();
  } else if (catalog && Accept("COMMENT")) {
    alter->action = AlterObjectAction::kComment;
    alter->comment = ParseString();
  } else if (model && Accept("RENAME")) {
    Expect("TO");
    alter->action = AlterObjectAction::kRename;
    alter->new_name = ParseCompoundName();
  } else {
    Unexpected();
  }
  return alter;
}

StatementPtr Parser::ParseAlterMaterializedTable() {
  auto alter = New<AlterMaterializedTableStatement>();
  Expect("MATERIALIZED");
  Expect("TABLE");
  alter->name = ParseCompoundName();
  if (Accept("SUSPEND")) {
    alter->action = "SUSPEND";
  } else if (Accept("RESUME")) {
    alter->action = "RESUME";
    if (Accept("WITH")) alter->options = ParseProperties();
  } else if (Accept("REFRESH")) {
    alter->action = "REFRESH";
    if (Accept("PARTITION")) ParsePartitionSpec(true);
  } else if (Accept("AS")) {
    alter->action = "AS";
    alter->query = ParseQuery();
  } else if (Accept("SET")) {
    alter->action = "SET";
    if (At(Symbol::kLeftParen)) {
      alter->options = ParseProperties();
    } else {
      Refuse("this form of ALTER MATERIALIZED TABLE SET", Peek().position);
    }
  } else if (Accept("RESET")) {
    alter->action = "RESET";
    ParsePropertyKeys();
  } else if (At("ADD") || At("MODIFY") || At("DROP")) {
    Refuse("changing the schema of a materialized table", Peek().position);
  } else {
    Unexpected();
  }
  return alter;
}

StatementPtr Parser::ParseDrop() {
  Expect("DROP");
  bool temporary = Accept("TEMPORARY");
  bool system = Accept("SYSTEM");
  StatementKind kind = StatementKind::kDropTable;
  if (Accept("FUNCTION")) {
    kind = StatementKind::kDropFunction;
  } else if (Accept("CONNECTION")) {
    kind = StatementKind::kDropConnection;
  } else if (system) {
    Unexpected();
  } else if (Accept("VIEW")) {
    kind = StatementKind::kDropView;
  } else if (Accept("CATALOG")) {
    kind = StatementKind::kDropCatalog;
  } else if (Accept("DATABASE")) {
    kind = StatementKind::kDropDatabase;
  } else if (Accept("MODEL")) {
    kind = StatementKind::kDropModel;
  } else if (Accept("MATERIALIZED")) {
    kind = StatementKind::kDropMaterializedTable;
    Expect("TABLE");
  } else {
    Expect("TABLE");
  }
  auto drop = New<DropStatement>(kind);
  drop->temporary = temporary;
  drop->system = system;
  drop->if_exists = IfExists();
  drop->name = ParseCompoundName();
  if (kind == StatementKind::kDropDatabase) {
    drop->cascade = Accept("CASCADE");
    if (!drop->cascade) drop->restrict = Accept("RESTRICT");
  }
  return drop;
}

}  // namespace sluice::engine::sql
