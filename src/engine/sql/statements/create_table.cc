// CREATE TABLE, DROP TABLE and DROP VIEW.
#include <fmt/format.h>

#include <algorithm>

#include "engine/functions/type_rules.h"
#include "engine/sql/binder/query_binder.h"
#include "engine/sql/errors.h"
#include "engine/sql/parser/unparse.h"
#include "engine/sql/statements/table_builder.h"

namespace sluice::engine::sql {

namespace {

using Columns = std::vector<TableColumn>;

Columns::iterator FindColumn(Columns& columns, const std::string& name) {
  return std::find_if(columns.begin(), columns.end(), [&](const TableColumn& c) { return c.name == name; });
}

/// The columns of CREATE TABLE AS's query.
Result<Columns> QueryColumns(const BindContext& context, const ast::Query& query) {
  SLUICE_ASSIGN_OR_RETURN(RelPtr rel, QueryBinder(context).Bind(query));
  Columns out;
  for (const RowField& f : rel->schema) {
    TableColumn column;
    column.name = f.name;
    column.type = PlannedType(f.type.WithTimeAttribute(TimeAttribute::kNone));
    if (column.type.kind() == TypeKind::kNull) {
      return Invalid(fmt::format("Illegal use of 'NULL' as column '{}' of CREATE TABLE AS; cast it", f.name),
                     query.position);
    }
    out.push_back(std::move(column));
  }
  return out;
}

/// CREATE TABLE t (b, a) AS: the query's columns in another order.
Status AddReordered(const ast::CreateTableStatement& s, Columns query, Columns& columns) {
  if (s.schema.columns.size() != query.size()) {
    return Invalid("The number of columns in the column list must match the number of columns in the source schema.",
                   s.position);
  }
  for (const ast::ColumnDef& c : s.schema.columns) {
    const auto it = FindColumn(query, c.name.ToString());
    if (it == query.end())
      return Invalid(fmt::format("Column '{}' not found in the source schema.", c.name.ToString()), c.position);
    if (FindColumn(columns, it->name) != columns.end())
      return Invalid(fmt::format("Column '{}' is in the column list twice", it->name), c.position);
    columns.push_back(*it);
  }
  return {};
}

/// Columns that the statement declares besides the query's come first, then the query's with the types that the
/// statement declares for them.
Status AddQueryColumns(const ast::CreateTableStatement& s, const Columns& query, TableBuilder& builder) {
  Columns& columns = builder.table().columns;
  const bool only_names = !s.schema.columns.empty() && s.schema.columns[0].type == nullptr &&
                          s.schema.columns[0].kind == ast::ColumnKind::kPhysical;
  if (only_names) return AddReordered(s, query, columns);
  for (const ast::ColumnDef& c : s.schema.columns) SLUICE_RETURN_IF_ERROR(builder.AddColumn(c));
  for (TableColumn column : query) {
    if (const auto declared = FindColumn(columns, column.name); declared != columns.end()) {
      if (declared->kind == TableColumnKind::kComputed) {
        return Invalid(fmt::format("A column named '{}' already exists in the source schema. Computed columns cannot "
                                   "overwrite columns from source.",
                                   column.name),
                       s.position);
      }
      column = *declared;
      columns.erase(declared);
    }
    columns.push_back(std::move(column));
  }
  return {};
}

/// What may be NULL in the query may not be NOT NULL in the table. A declared column becomes NOT NULL by being in the
/// primary key, one that only the query has must be it already.
Status CheckNullability(const CatalogTable& table, const ast::CreateTableStatement& s,
                        const std::vector<TableColumn>& query) {
  for (size_t i = 0; i < query.size(); ++i) {
    auto is_it = [&](const auto& name) { return name == query[i].name; };
    const auto column =
        std::find_if(table.columns.begin(), table.columns.end(), [&](const TableColumn& c) { return is_it(c.name); });
    if (!query[i].type.nullable() || column == table.columns.end()) continue;
    const bool in_key = std::any_of(table.primary_key.begin(), table.primary_key.end(), is_it);
    if (column->type.nullable() && !in_key) continue;
    const bool declared = std::any_of(s.schema.columns.begin(), s.schema.columns.end(), [&](const ast::ColumnDef& c) {
      return c.type != nullptr && is_it(c.name.ToString());
    });
    if (!declared) {
      return Invalid(
          fmt::format("Invalid primary key '{}'. Column '{}' is nullable.", table.primary_key_name, column->name),
          s.position);
    }
    return Invalid(
        fmt::format("Incompatible types for sink column '{}' at position {}. The source column has type '{}', "
                    "while the target column has type '{}'.",
                    column->name, i + 1, query[i].type.ToString(), column->type.NotNull().ToString()),
        s.position);
  }
  return {};
}

/// Puts `table` where the statement wants it; false if one is there already and may be.
Result<bool> Register(SessionState& state, const ast::CreateTableStatement& s, const ObjectPath& path,
                      CatalogTablePtr table) {
  if (s.temporary) {
    auto [at, added] = state.catalog.temporary_tables.emplace(path, table);
    if (added) return true;
    if (s.if_not_exists) return false;
    return Invalid(fmt::format("Temporary table '{}' already exists", path.ToQuoted()), s.position);
  }
  SLUICE_RETURN_IF_ERROR(CheckDatabase(state, path, s.position));
  auto& tables = state.catalog.FindDatabase(path.catalog, path.database)->tables;
  auto it = tables.find(path.name);
  if (s.replace_only && it == tables.end()) {
    return Invalid(fmt::format("The table {} to be replaced doesn't exist. You can try to use CREATE TABLE AS "
                               "statement or CREATE OR REPLACE TABLE AS "
                               "statement.",
                               path.ToQuoted()),
                   s.position);
  }
  if (it != tables.end() && !(s.or_replace && s.as_query)) {
    if (s.if_not_exists) return false;
    return Invalid(
        fmt::format("Table (or view) {}.{} already exists in Catalog {}.", path.database, path.name, path.catalog),
        s.position);
  }
  tables[path.name] = std::move(table);
  return true;
}

Result<StatementResult> InsertFromQuery(SessionState& state, const ast::CreateTableStatement& s, const ObjectPath& path,
                                        const std::vector<TableColumn>& query, const CatalogTable& table) {
  std::vector<std::string> own, names;
  for (const TableColumn& c : query) names.push_back(c.name);
  for (const TableColumn& c : table.columns) {
    if (c.kind != TableColumnKind::kComputed && !c.is_virtual) own.push_back(c.name);
  }
  return PlanInsertInto(state, path, *s.as_query, s.position, own == names ? std::vector<std::string>{} : names);
}

}  // namespace

Status CheckName(const ast::CompoundName& name) {
  if (name.parts.size() <= 3) return {};
  return Invalid(fmt::format("Object identifier must consist of 1 to 3 parts: '{}'", name.ToString()), name.position);
}

ObjectPath QualifyName(const SessionState& state, const ast::CompoundName& name) {
  std::vector<std::string> parts;
  for (const ast::Identifier& p : name.parts) parts.push_back(p.name);
  return state.catalog.Qualify(parts);
}

Status CheckDatabase(const SessionState& state, const ObjectPath& path, TextPosition position) {
  if (!state.catalog.catalogs.contains(path.catalog))
    return Invalid(fmt::format("Catalog {} does not exist.", path.catalog), position);
  if (state.catalog.FindDatabase(path.catalog, path.database) == nullptr) {
    return Invalid(fmt::format("Database {} does not exist in Catalog {}.", path.database, path.catalog), position);
  }
  return {};
}

namespace {

/// Everything that the statement says, without LIKE. `query`: the columns of its query, in its order.
Status Describe(const BindContext& context, const ast::CreateTableStatement& s, TableBuilder& builder, Columns& query) {
  if (s.as_query) {
    SLUICE_ASSIGN_OR_RETURN(query, QueryColumns(context, *s.as_query));
    SLUICE_RETURN_IF_ERROR(AddQueryColumns(s, query, builder));
  } else {
    for (const ast::ColumnDef& c : s.schema.columns) SLUICE_RETURN_IF_ERROR(builder.AddColumn(c));
  }
  for (const ast::Constraint& c : s.schema.constraints) SLUICE_RETURN_IF_ERROR(builder.AddConstraint(c));
  if (s.as_query) SLUICE_RETURN_IF_ERROR(CheckNullability(builder.table(), s, query));
  for (const ast::WatermarkDef& w : s.schema.watermarks) SLUICE_RETURN_IF_ERROR(builder.AddWatermark(w));
  builder.AddOptions(s.options);
  if (s.distribution) SLUICE_RETURN_IF_ERROR(builder.SetDistribution(*s.distribution));
  return builder.SetPartitionKeys(s.partition_keys);
}

}  // namespace

Result<StatementResult> CreateTable(SessionState& state, const ast::CreateTableStatement& s) {
  SLUICE_RETURN_IF_ERROR(CheckName(s.name));
  const ObjectPath path = QualifyName(state, s.name);
  SLUICE_ASSIGN_OR_RETURN(auto context, MakeStatementContext(state));
  if (s.as_query && s.temporary) {
    return Invalid(fmt::format("{} AS SELECT syntax does not support temporary table '{}' yet.",
                               s.or_replace ? "CREATE OR REPLACE TABLE" : "CREATE TABLE", path.name),
                   s.position);
  }
  TableBuilder builder(context->context, CatalogTable{});
  Columns query_columns;
  builder.table().temporary = s.temporary;
  if (s.comment) builder.table().comment = s.comment->value;
  SLUICE_RETURN_IF_ERROR(s.like ? ApplyLike(state, s, builder) : Describe(context->context, s, builder, query_columns));
  auto built = builder.Build();
  if (!built.ok()) return built.error().At(s.position);
  SLUICE_ASSIGN_OR_RETURN(const bool created, Register(state, s, path, *built));
  if (!s.as_query) return StatementResult{};
  // IF NOT EXISTS: as in Flink, the rows go into the table that is there.
  auto insert = InsertFromQuery(state, s, path, query_columns, **built);
  // As in Flink, a table that its format or connector refuses stays. One that declares other types does not.
  if (!insert.ok() && created && !s.schema.columns.empty()) {
    state.catalog.FindDatabase(path.catalog, path.database)->tables.erase(path.name);
  }
  return insert;
}

Result<StatementResult> DropTableOrView(SessionState& state, const ast::DropStatement& s) {
  const bool view = s.kind == ast::StatementKind::kDropView;
  SLUICE_RETURN_IF_ERROR(CheckName(s.name));
  const ObjectPath path = QualifyName(state, s.name);
  auto& temporary = state.catalog.temporary_tables;
  auto it = temporary.find(path);
  if (s.temporary) {
    if (it == temporary.end() || it->second->is_view != view) {
      if (s.if_exists) return StatementResult{};
      return Invalid(fmt::format("Temporary table or view with identifier '{}' does not exist.", path.ToString()),
                     s.position);
    }
    temporary.erase(it);
    return StatementResult{};
  }
  if (it != temporary.end() && it->second->is_view == view) {
    return Invalid(
        fmt::format("Temporary {0} with identifier '{1}' exists. Drop it first before removing the permanent {0}.",
                    view ? "view" : "table", path.ToQuoted()),
        s.position);
  }
  CatalogDatabase* database = state.catalog.FindDatabase(path.catalog, path.database);
  auto found = database == nullptr ? decltype(database->tables.begin()){} : database->tables.find(path.name);
  if (database == nullptr || found == database->tables.end() || found->second->is_view != view) {
    if (s.if_exists) return StatementResult{};
    return Invalid(fmt::format("{} with identifier '{}' does not exist.", view ? "View" : "Table", path.ToString()),
                   s.position);
  }
  database->tables.erase(found);
  return StatementResult{};
}

}  // namespace sluice::engine::sql
