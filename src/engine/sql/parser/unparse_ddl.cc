// CREATE, ALTER and DROP.
#include "engine/sql/parser/unparse_impl.h"

namespace sluice::engine::sql {

using namespace ast;

void Unparser::Properties(const std::vector<Property>& properties) {
  Text("(");
  for (size_t i = 0; i < properties.size(); ++i) {
    Text(i == 0 ? "\n  " : ",\n  ");
    Literal(properties[i].key);
    Text(" = ");
    Literal(properties[i].value);
  }
  Text(properties.empty() ? ")" : "\n)");
}

void Unparser::Keys(const std::vector<StringValue>& keys) {
  Text("(");
  for (size_t i = 0; i < keys.size(); ++i) {
    Text(i == 0 ? "\n  " : ",\n  ");
    Literal(keys[i]);
  }
  Text(keys.empty() ? ")" : "\n)");
}

void Unparser::Constraint(const ast::Constraint& constraint) {
  if (constraint.name) {
    Text("CONSTRAINT ");
    Name(*constraint.name);
    Text(" ");
  }
  Text(constraint.kind == ConstraintKind::kPrimaryKey ? "PRIMARY KEY" : "UNIQUE");
  if (constraint.table_constraint) {
    Text(" (");
    Names(constraint.columns);
    Text(")");
  }
  if (constraint.enforced) Text(*constraint.enforced ? " ENFORCED" : " NOT ENFORCED");
}

void Unparser::Column(const ColumnDef& column) {
  Write(column.name);
  if (column.kind == ColumnKind::kComputed) {
    Text(" AS ");
    Write(*column.expr);
  } else if (column.type != nullptr) {
    Text(" ");
    Write(*column.type);
  }
  if (column.kind == ColumnKind::kMetadata) {
    Text(" METADATA");
    if (column.metadata_key) {
      Text(" FROM ");
      Literal(*column.metadata_key);
    }
    if (column.is_virtual) Text(" VIRTUAL");
  }
  if (column.constraint) {
    Text(" ");
    Constraint(*column.constraint);
  }
  if (column.comment) {
    Text(" COMMENT ");
    Literal(*column.comment);
  }
  if (column.place == ColumnPlace::kFirst) Text(" FIRST");
  if (column.place == ColumnPlace::kAfter) {
    Text(" AFTER ");
    Write(column.after);
  }
}

void Unparser::Columns(const std::vector<ColumnDef>& columns) {
  TableSchema schema;
  Text("(\n");
  for (size_t i = 0; i < columns.size(); ++i) {
    Text(i == 0 ? "  " : ",\n  ");
    Column(columns[i]);
  }
  Text("\n)");
}

void Unparser::Schema(const TableSchema& schema) {
  bool first = true;
  auto next = [&] {
    Text(first ? "\n  " : ",\n  ");
    first = false;
  };
  Text("(");
  for (const ColumnDef& column : schema.columns) {
    next();
    Column(column);
  }
  for (const ast::Constraint& constraint : schema.constraints) {
    next();
    Constraint(constraint);
  }
  for (const WatermarkDef& watermark : schema.watermarks) {
    next();
    Text("WATERMARK FOR ");
    Write(watermark.column);
    Text(" AS ");
    Write(*watermark.expr);
  }
  Text("\n)");
}

void Unparser::Distribution(const ast::Distribution& distribution, std::string_view word) {
  Text(word);
  if (!distribution.columns.empty()) {
    Text(" BY ");
    if (distribution.kind == DistributionKind::kHash) Text("HASH");
    if (distribution.kind == DistributionKind::kRange) Text("RANGE");
    Text("(");
    Names(distribution.columns);
    Text(")");
  }
  if (distribution.buckets) Text(" INTO " + std::to_string(*distribution.buckets) + " BUCKETS");
}

void Unparser::Like(const LikeClause& like) {
  Text("\nLIKE ");
  Write(like.table);
  if (like.options.empty()) return;
  Text(" (");
  for (const LikeOption& option : like.options) {
    static constexpr const char* kStrategies[] = {"INCLUDING ", "EXCLUDING ", "OVERWRITING "};
    Text("\n  ");
    Text(kStrategies[static_cast<size_t>(option.strategy)]);
    Text(option.feature);
  }
  Text("\n)");
}

template <typename T>
void Unparser::TableBody(const T& table) {
  Write(table.name);
  if (table.schema.written) {
    Text(" ");
    Schema(table.schema);
  }
  if (table.comment) {
    Text("\nCOMMENT ");
    Literal(*table.comment);
  }
  if (table.distribution) {
    Text("\n");
    Distribution(*table.distribution, "DISTRIBUTED");
  }
  if (!table.partition_keys.empty()) {
    Text("\nPARTITIONED BY (");
    Names(table.partition_keys);
    Text(")");
  }
  if (!table.options.empty()) {
    Text("\nWITH ");
    Properties(table.options);
  }
}

void Unparser::CreateTable(const CreateTableStatement& table) {
  Text(table.replace_only ? "REPLACE " : (table.or_replace ? "CREATE OR REPLACE " : "CREATE "));
  if (table.temporary) Text("TEMPORARY ");
  Text(table.if_not_exists ? "TABLE IF NOT EXISTS " : "TABLE ");
  TableBody(table);
  if (table.like) Like(*table.like);
  if (table.as_query != nullptr) {
    Text("\nAS\n");
    Write(*table.as_query);
  }
}

void Unparser::CreateView(const CreateViewStatement& view) {
  Text(view.or_replace ? "CREATE OR REPLACE " : "CREATE ");
  if (view.temporary) Text("TEMPORARY ");
  Text(view.if_not_exists ? "VIEW IF NOT EXISTS " : "VIEW ");
  Write(view.name);
  if (!view.columns.empty()) {
    Text(" (");
    Names(view.columns);
    Text(")");
  }
  if (view.comment) {
    Text("\nCOMMENT ");
    Literal(*view.comment);
  }
  Text("\nAS\n");
  Write(*view.query);
}

void Unparser::CreateObject(const CreateObjectStatement& object, std::string_view word) {
  Text("CREATE ");
  if (object.temporary) Text("TEMPORARY ");
  if (object.system) Text("SYSTEM ");
  Text(word);
  Text(object.if_not_exists ? " IF NOT EXISTS " : " ");
  Write(object.name);
  if (object.comment) {
    Text("\nCOMMENT ");
    Literal(*object.comment);
  }
  if (!object.options.empty()) {
    Text("\nWITH ");
    Properties(object.options);
  }
}

void Unparser::Function(const CreateFunctionStatement& function) {
  bool alter = function.kind == StatementKind::kAlterFunction;
  Text(alter ? "ALTER " : "CREATE ");
  if (function.temporary) Text("TEMPORARY ");
  if (function.system) Text("SYSTEM ");
  Text("FUNCTION ");
  if (function.if_not_exists) Text("IF NOT EXISTS ");
  if (function.if_exists) Text("IF EXISTS ");
  Write(function.name);
  Text(" AS ");
  Literal(function.class_name);
  if (!function.language.empty()) Text(" LANGUAGE " + function.language);
  for (size_t i = 0; i < function.resources.size(); ++i) {
    Text((i == 0 ? " USING " : ", ") + function.resources[i].type + " ");
    Literal(function.resources[i].path);
  }
  if (!function.options.empty()) {
    Text("\nWITH ");
    Properties(function.options);
  }
}

void Unparser::Model(const CreateModelStatement& model) {
  Text("CREATE ");
  if (model.temporary) Text("TEMPORARY ");
  Text(model.if_not_exists ? "MODEL IF NOT EXISTS " : "MODEL ");
  Write(model.name);
  if (!model.inputs.empty()) {
    Text(" INPUT ");
    Columns(model.inputs);
  }
  if (!model.outputs.empty()) {
    Text(" OUTPUT ");
    Columns(model.outputs);
  }
  if (model.comment) {
    Text("\nCOMMENT ");
    Literal(*model.comment);
  }
  if (!model.options.empty()) {
    Text("\nWITH ");
    Properties(model.options);
  }
  if (model.as_query != nullptr) {
    Text("\nAS\n");
    Write(*model.as_query);
  }
}

void Unparser::MaterializedTable(const CreateMaterializedTableStatement& table) {
  Text(table.or_alter ? "CREATE OR ALTER MATERIALIZED TABLE " : "CREATE MATERIALIZED TABLE ");
  TableBody(table);
  if (table.freshness != nullptr) {
    Text("\nFRESHNESS = ");
    Write(*table.freshness);
  }
  if (!table.refresh_mode.empty()) Text("\nREFRESH_MODE = " + table.refresh_mode);
  Text("\nAS\n");
  Write(*table.query);
}

void Unparser::AlterTable(const AlterTableStatement& alter) {
  Text(alter.if_exists ? "ALTER TABLE IF EXISTS " : "ALTER TABLE ");
  Write(alter.name);
  switch (alter.action) {
    case AlterTableAction::kRename: Text(" RENAME TO "); return Write(alter.new_name);
    case AlterTableAction::kSetOptions: Text(" SET "); return Properties(alter.options);
    case AlterTableAction::kResetOptions: Text(" RESET "); return Keys(alter.keys);
    case AlterTableAction::kAddSchema: Text(" ADD "); return Schema(alter.schema);
    case AlterTableAction::kModifySchema: Text(" MODIFY "); return Schema(alter.schema);
    case AlterTableAction::kRenameColumn:
      Text(" RENAME ");
      Write(alter.column);
      Text(" TO ");
      return Write(alter.new_name);
    case AlterTableAction::kDropColumns:
      Text(" DROP (");
      for (size_t i = 0; i < alter.columns.size(); ++i) {
        Text(i == 0 ? "\n  " : ",\n  ");
        Write(alter.columns[i]);
      }
      return Text("\n)");
    case AlterTableAction::kDropPrimaryKey: return Text(" DROP PRIMARY KEY");
    case AlterTableAction::kDropConstraint: Text(" DROP CONSTRAINT "); return Name(alter.constraint);
    case AlterTableAction::kDropWatermark: return Text(" DROP WATERMARK");
    case AlterTableAction::kAddDistribution: Text(" ADD "); return Distribution(*alter.distribution, "DISTRIBUTION");
    case AlterTableAction::kModifyDistribution:
      Text(" MODIFY ");
      return Distribution(*alter.distribution, "DISTRIBUTION");
    case AlterTableAction::kDropDistribution: return Text(" DROP DISTRIBUTION");
    case AlterTableAction::kAddPartitions:
    case AlterTableAction::kDropPartitions: break;
  }
  bool add = alter.action == AlterTableAction::kAddPartitions;
  Text(add ? "\nADD" : "\nDROP");
  if (alter.if_not_exists) Text(" IF NOT EXISTS");
  if (alter.partition_if_exists) Text(" IF EXISTS");
  for (size_t i = 0; i < alter.partitions.size(); ++i) {
    Text(i > 0 && !add ? ",\n" : "\n");
    Partition(alter.partitions[i].spec);
    const std::vector<Property>& options = alter.partitions[i].options;
    for (size_t k = 0; k < options.size(); ++k) {
      Text(k == 0 ? " WITH (" : ", ");
      Literal(options[k].key);
      Text(" = ");
      Literal(options[k].value);
    }
    if (!options.empty()) Text(")");
  }
}

void Unparser::AlterObject(const AlterObjectStatement& alter, std::string_view word) {
  Text("ALTER ");
  if (alter.temporary) Text("TEMPORARY ");
  if (alter.system) Text("SYSTEM ");
  Text(word);
  Text(alter.if_exists ? " IF EXISTS " : " ");
  Write(alter.name);
  switch (alter.action) {
    case AlterObjectAction::kSet: Text(" SET "); return Properties(alter.options);
    case AlterObjectAction::kReset: Text(" RESET "); return Keys(alter.keys);
    case AlterObjectAction::kComment: Text(" COMMENT "); return Literal(alter.comment);
    case AlterObjectAction::kRename: Text(" RENAME TO "); return Write(alter.new_name);
  }
}

void Unparser::Drop(const DropStatement& drop) {
  Text("DROP ");
  if (drop.temporary) Text("TEMPORARY ");
  if (drop.system) Text("SYSTEM ");
  switch (drop.kind) {
    case StatementKind::kDropView: Text("VIEW "); break;
    case StatementKind::kDropCatalog: Text("CATALOG "); break;
    case StatementKind::kDropDatabase: Text("DATABASE "); break;
    case StatementKind::kDropFunction: Text("FUNCTION "); break;
    case StatementKind::kDropModel: Text("MODEL "); break;
    case StatementKind::kDropConnection: Text("CONNECTION "); break;
    case StatementKind::kDropMaterializedTable: Text("MATERIALIZED TABLE "); break;
    default: Text("TABLE "); break;
  }
  if (drop.if_exists) Text("IF EXISTS ");
  Write(drop.name);
  if (drop.cascade) Text(" CASCADE");
  if (drop.restrict) Text(" RESTRICT");
}

void Unparser::Definition(const Statement& statement) {
  switch (statement.kind) {
    case StatementKind::kCreateTable: return CreateTable(static_cast<const CreateTableStatement&>(statement));
    case StatementKind::kCreateView: return CreateView(static_cast<const CreateViewStatement&>(statement));
    case StatementKind::kCreateCatalog:
      return CreateObject(static_cast<const CreateObjectStatement&>(statement), "CATALOG");
    case StatementKind::kCreateDatabase:
      return CreateObject(static_cast<const CreateObjectStatement&>(statement), "DATABASE");
    case StatementKind::kCreateConnection:
      return CreateObject(static_cast<const CreateObjectStatement&>(statement), "CONNECTION");
    case StatementKind::kCreateFunction:
    case StatementKind::kAlterFunction: return Function(static_cast<const CreateFunctionStatement&>(statement));
    case StatementKind::kCreateModel: return Model(static_cast<const CreateModelStatement&>(statement));
    case StatementKind::kCreateMaterializedTable:
      return MaterializedTable(static_cast<const CreateMaterializedTableStatement&>(statement));
    case StatementKind::kAlterTable: return AlterTable(static_cast<const AlterTableStatement&>(statement));
    case StatementKind::kAlterView: {
      const auto& alter = static_cast<const AlterViewStatement&>(statement);
      Text("ALTER VIEW ");
      Write(alter.name);
      if (alter.query == nullptr) {
        Text(" RENAME TO ");
        return Write(alter.new_name);
      }
      Text("\nAS\n");
      return Write(*alter.query);
    }
    case StatementKind::kAlterCatalog:
      return AlterObject(static_cast<const AlterObjectStatement&>(statement), "CATALOG");
    case StatementKind::kAlterDatabase:
      return AlterObject(static_cast<const AlterObjectStatement&>(statement), "DATABASE");
    case StatementKind::kAlterModel: return AlterObject(static_cast<const AlterObjectStatement&>(statement), "MODEL");
    case StatementKind::kAlterConnection:
      return AlterObject(static_cast<const AlterObjectStatement&>(statement), "CONNECTION");
    // Only refused later, so the user's words are the best text.
    case StatementKind::kAlterMaterializedTable: return Text(statement.text);
    default: return Drop(static_cast<const DropStatement&>(statement));
  }
}

}  // namespace sluice::engine::sql
