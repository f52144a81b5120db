// CREATE VIEW.
#include <fmt/format.h>

#include <set>

#include "engine/functions/type_rules.h"
#include "engine/sql/binder/query_binder.h"
#include "engine/sql/errors.h"
#include "engine/sql/statements/table_builder.h"
#include "engine/sql/statements/view_expansion.h"

namespace sluice::engine::sql {

namespace {

/// Types as Flink's planner keeps them: intervals have one precision each (months, seconds with milliseconds), a time
/// attribute and TIME have milliseconds. Batch mode knows no event time.
DataType CatalogType(const DataType& type, bool batch) {
  if (type.is_rowtime()) {
    const DataType time =
        type.kind() == TypeKind::kTimestampLtz ? DataType::TimestampLtz(3) : DataType::TimestampType(3);
    return time.WithTimeAttribute(batch ? TimeAttribute::kNone : type.time_attribute()).WithNullable(type.nullable());
  }
  if (type.kind() == TypeKind::kTime && type.precision() > 3) return DataType::Time(3).WithNullable(type.nullable());
  return PlannedType(type);
}

}  // namespace

Result<CatalogTable> DescribeViewQuery(SessionState& state, const ast::Query& query, std::string text,
                                       const std::vector<ast::Identifier>& names) {
  SLUICE_ASSIGN_OR_RETURN(auto context, MakeStatementContext(state));
  QueryBinder binder(context->context);
  SLUICE_ASSIGN_OR_RETURN(RelPtr rel, binder.Bind(query));
  if (!names.empty() && names.size() != rel->schema.size()) {
    std::string defined, input;
    for (const ast::Identifier& name : names) defined += (defined.empty() ? "" : ", ") + name.name;
    for (const RowField& f : rel->schema) input += (input.empty() ? "" : ", ") + f.name;
    return Invalid(
        fmt::format("VIEW definition and input fields not match:\n\tDef fields: [{}].\n\tInput fields: [{}].", defined,
                    input),
        query.position);
  }
  CatalogTable view;
  view.is_view = true;
  view.original_query = std::move(text);
  view.view_catalog = state.catalog.current_catalog;
  view.view_database = state.catalog.current_database;
  ExpandedQuery expanded = ExpandViewQuery(context->context, view.original_query);
  view.expanded_query = std::move(expanded.text);
  std::set<std::string> seen;
  for (size_t i = 0; i < rel->schema.size(); ++i) {
    TableColumn column;
    // The relation's names are made unique; a view refuses repeats instead.
    const bool written = expanded.columns.size() == rel->schema.size();
    column.name = !names.empty() ? names[i].name : written ? expanded.columns[i] : rel->schema[i].name;
    if (!seen.insert(column.name).second) {
      return Invalid(fmt::format("A column with the same name `{}` has been defined.", column.name), query.position);
    }
    column.type = CatalogType(rel->schema[i].type, context->settings.batch);
    if (column.type.kind() == TypeKind::kNull) {
      return Invalid(fmt::format("Illegal use of 'NULL' as column `{}` of a view; cast it", column.name),
                     query.position);
    }
    view.columns.push_back(std::move(column));
  }
  return view;
}

Result<StatementResult> CreateView(SessionState& state, const ast::CreateViewStatement& s) {
  SLUICE_RETURN_IF_ERROR(CheckName(s.name));
  const ObjectPath path = QualifyName(state, s.name);
  const size_t offset = s.query->range.begin - s.range.begin;
  std::string text = s.text.substr(offset, s.query->range.end - s.query->range.begin);
  SLUICE_ASSIGN_OR_RETURN(CatalogTable view, DescribeViewQuery(state, *s.query, std::move(text), s.columns));
  view.temporary = s.temporary;
  if (s.comment) view.comment = s.comment->value;
  auto shared = std::make_shared<const CatalogTable>(std::move(view));
  if (s.temporary) {
    auto& temporary = state.catalog.temporary_tables;
    if (temporary.contains(path) && !s.or_replace) {
      if (s.if_not_exists) return StatementResult{};
      return Invalid(fmt::format("Temporary table '{}' already exists", path.ToQuoted()), s.position);
    }
    temporary[path] = shared;
    return StatementResult{};
  }
  SLUICE_RETURN_IF_ERROR(CheckDatabase(state, path, s.position));
  auto& tables = state.catalog.FindDatabase(path.catalog, path.database)->tables;
  if (tables.contains(path.name) && !s.or_replace) {
    if (s.if_not_exists) return StatementResult{};
    return Invalid(
        fmt::format("Table (or view) {}.{} already exists in Catalog {}.", path.database, path.name, path.catalog),
        s.position);
  }
  tables[path.name] = shared;
  return StatementResult{};
}

}  // namespace sluice::engine::sql
