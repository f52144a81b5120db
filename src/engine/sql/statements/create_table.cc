// CREATE TABLE, DROP TABLE and DROP VIEW.
#include <fmt/format.h>

#include "engine/sql/binder/query_binder.h"
#include "engine/sql/parser/unparse.h"
#include "engine/sql/statements/table_builder.h"

namespace sluice::engine::sql {

namespace {

Error Invalid(std::string message, TextPosition position) {
  return Error(ErrorCode::kValidation, std::move(message), position);
}

std::string DistributionText(const ast::Distribution& d) {
  std::string out = "DISTRIBUTED";
  if (!d.columns.empty()) {
    out += " BY ";
    if (d.kind != ast::DistributionKind::kUnknown) out += d.kind == ast::DistributionKind::kHash ? "HASH" : "RANGE";
    out += "(";
    for (size_t i = 0; i < d.columns.size(); ++i) out += (i > 0 ? ", " : "") + QuoteIdentifier(d.columns[i].name);
    out += ")";
  }
  if (d.buckets) out += fmt::format(" INTO {} BUCKETS", *d.buckets);
  return out;
}

/// CREATE TABLE … AS: the query's columns come first unless the statement lists or adds columns.
Status AddQueryColumns(SessionState& state, const BindContext& context, const ast::Query& query, TableBuilder& builder) {
  (void)state;
  QueryBinder binder(context);
  SLUICE_ASSIGN_OR_RETURN(RelPtr rel, binder.Bind(query));
  for (const RowField& f : rel->schema) {
    bool declared = false;
    for (const TableColumn& c : builder.table().columns) declared |= c.name == f.name;
    if (declared) continue;
    TableColumn column;
    column.name = f.name;
    column.type = f.type.WithTimeAttribute(TimeAttribute::kNone);
    if (column.type.kind() == TypeKind::kNull) {
      return Error(ErrorCode::kValidation, fmt::format("Column '{}' of CREATE TABLE AS has the type NULL; cast it", f.name));
    }
    builder.table().columns.push_back(std::move(column));
  }
  return {};
}

}  // namespace

ObjectPath QualifyName(const SessionState& state, const ast::CompoundName& name) {
  std::vector<std::string> parts;
  for (const ast::Identifier& p : name.parts) parts.push_back(p.name);
  return state.catalog.Qualify(parts);
}

Status CheckDatabase(const SessionState& state, const ObjectPath& path, TextPosition position) {
  if (!state.catalog.catalogs.contains(path.catalog)) return Invalid(fmt::format("Catalog {} does not exist.", path.catalog), position);
  if (state.catalog.FindDatabase(path.catalog, path.database) == nullptr) {
    return Invalid(fmt::format("Database {} does not exist in Catalog {}.", path.database, path.catalog), position);
  }
  return {};
}

Result<StatementResult> CreateTable(SessionState& state, const ast::CreateTableStatement& s) {
  const ObjectPath path = QualifyName(state, s.name);
  SLUICE_ASSIGN_OR_RETURN(auto context, MakeStatementContext(state));
  if (s.or_replace && !s.as_query) {
    return Error(ErrorCode::kValidation, "CREATE OR REPLACE TABLE statement must define AS query; table '" + path.name + "' has none", s.position);
  }
  TableBuilder builder(context->context, CatalogTable{});
  builder.table().temporary = s.temporary;
  if (s.comment) builder.table().comment = s.comment->value;
  if (s.distribution) builder.table().distribution = DistributionText(*s.distribution);
  if (s.like) {
    SLUICE_RETURN_IF_ERROR(ApplyLike(state, s, builder));
  } else {
    for (const ast::ColumnDef& c : s.schema.columns) {
      if (s.as_query && !c.type && c.kind == ast::ColumnKind::kPhysical) {
        return Error(ErrorCode::kNotSupported, "not supported yet: CREATE TABLE (names) AS; declare the types or leave the list out", c.position);
      }
      SLUICE_RETURN_IF_ERROR(builder.AddColumn(c));
    }
    if (s.as_query) SLUICE_RETURN_IF_ERROR(AddQueryColumns(state, context->context, *s.as_query, builder));
    ast::TableSchema empty;
    for (const ast::Constraint& c : s.schema.constraints) SLUICE_RETURN_IF_ERROR(builder.AddConstraint(c));
    for (const ast::WatermarkDef& w : s.schema.watermarks) SLUICE_RETURN_IF_ERROR(builder.AddWatermark(w));
    builder.AddOptions(s.options);
    SLUICE_RETURN_IF_ERROR(builder.SetPartitionKeys(s.partition_keys));
  }
  auto built = builder.Build();
  if (!built.ok()) return built.error().At(s.position);
  if (s.temporary) {
    if (state.catalog.temporary_tables.contains(path)) {
      if (s.if_not_exists) return StatementResult{};
      return Invalid(fmt::format("Temporary table '{}' already exists", path.ToQuoted()), s.position);
    }
    state.catalog.temporary_tables[path] = *built;
  } else {
    SLUICE_RETURN_IF_ERROR(CheckDatabase(state, path, s.position));
    auto& tables = state.catalog.FindDatabase(path.catalog, path.database)->tables;
    if (tables.contains(path.name) && !s.or_replace) {
      if (s.if_not_exists) return StatementResult{};
      return Invalid(fmt::format("Table (or view) {}.{} already exists in Catalog {}.", path.database, path.name, path.catalog), s.position);
    }
    tables[path.name] = *built;
  }
  if (!s.as_query) return StatementResult{};
  auto insert = PlanInsertInto(state, path, *s.as_query, s.position);
  if (!insert.ok()) {  // nothing half-done: the table goes again
    if (s.temporary) {
      state.catalog.temporary_tables.erase(path);
    } else {
      state.catalog.FindDatabase(path.catalog, path.database)->tables.erase(path.name);
    }
  }
  return insert;
}

Result<StatementResult> DropTableOrView(SessionState& state, const ast::DropStatement& s) {
  const bool view = s.kind == ast::StatementKind::kDropView;
  const ObjectPath path = QualifyName(state, s.name);
  auto& temporary = state.catalog.temporary_tables;
  auto it = temporary.find(path);
  if (s.temporary) {
    if (it == temporary.end() || it->second->is_view != view) {
      if (s.if_exists) return StatementResult{};
      return Invalid(fmt::format("Temporary table or view with identifier '{}' does not exist.", path.ToString()), s.position);
    }
    temporary.erase(it);
    return StatementResult{};
  }
  if (it != temporary.end() && it->second->is_view == view) {
    return Invalid(fmt::format("Temporary {0} with identifier '{1}' exists. Drop it first before removing the permanent {0}.",
                               view ? "view" : "table", path.ToQuoted()), s.position);
  }
  CatalogDatabase* database = state.catalog.FindDatabase(path.catalog, path.database);
  auto found = database == nullptr ? decltype(database->tables.begin()){} : database->tables.find(path.name);
  if (database == nullptr || found == database->tables.end() || found->second->is_view != view) {
    if (s.if_exists) return StatementResult{};
    return Invalid(fmt::format("{} with identifier '{}' does not exist.", view ? "View" : "Table", path.ToString()), s.position);
  }
  database->tables.erase(found);
  return StatementResult{};
}

}  // namespace sluice::engine::sql
