// SHOW CREATE TABLE, VIEW, CATALOG: the statement that would make the object again.
#include <fmt/format.h>

#include "engine/sql/errors.h"
#include "engine/sql/parser/unparse.h"
#include "engine/sql/statements/show.h"
#include "engine/sql/statements/table_builder.h"

namespace sluice::engine::sql {

namespace {

/// With back-quotes inside of names doubled, so that the statement can be run.
std::string Quoted(const ObjectPath& path) {
  return QuoteIdentifier(path.catalog) + "." + QuoteIdentifier(path.database) + "." + QuoteIdentifier(path.name);
}

std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

std::string QuotedList(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + QuoteIdentifier(name);
  return out;
}

std::string ColumnText(const TableColumn& column) {
  std::string out = QuoteIdentifier(column.name) + " ";
  if (column.kind == TableColumnKind::kComputed) {
    out += "AS " + column.expression;
  } else {
    out += column.type.ToSerializableString();
  }
  if (column.kind == TableColumnKind::kMetadata) {
    out += " METADATA";
    if (!column.metadata_key.empty()) out += " FROM " + Quoted(column.metadata_key);
    if (column.is_virtual) out += " VIRTUAL";
  }
  if (column.comment && !column.comment->empty()) out += " COMMENT " + Quoted(*column.comment);
  return out;
}

std::string WithOptions(const OptionMap& options) {
  std::string out = "WITH (\n";
  size_t left = options.size();
  for (const auto& [key, value] : options)
    out += "  " + Quoted(key) + " = " + Quoted(value) + (--left > 0 ? ",\n" : "\n");
  return out + ")\n";
}

std::string TableText(const ObjectPath& path, const CatalogTable& table) {
  std::vector<std::string> lines;
  for (const TableColumn& c : table.columns) lines.push_back(ColumnText(c));
  for (const TableWatermark& w : table.watermarks) {
    lines.push_back("WATERMARK FOR " + QuoteIdentifier(w.column) + " AS " + w.expression);
  }
  if (!table.primary_key.empty()) {
    lines.push_back(fmt::format("CONSTRAINT {} PRIMARY KEY ({}) NOT ENFORCED", QuoteIdentifier(table.primary_key_name),
                                QuotedList(table.primary_key)));
  }
  std::string out = fmt::format("CREATE {}TABLE {} (\n{}{}\n)\n", table.temporary ? "TEMPORARY " : "", Quoted(path),
                                lines.empty() ? "" : "  ", fmt::join(lines, ",\n  "));
  if (table.comment && !table.comment->empty()) out += "COMMENT " + Quoted(*table.comment) + "\n";
  if (!table.distribution.empty()) out += table.distribution + "\n";
  if (!table.partition_keys.empty()) out += "PARTITIONED BY (" + QuotedList(table.partition_keys) + ")\n";
  if (!table.options.empty()) out += WithOptions(table.options);
  return out;
}

std::string ViewText(const ObjectPath& path, const CatalogTable& view) {
  std::vector<std::string> columns;
  for (const TableColumn& c : view.columns) columns.push_back(QuoteIdentifier(c.name));
  std::string out = fmt::format("CREATE {}VIEW {} (\n  {}\n)\n", view.temporary ? "TEMPORARY " : "", Quoted(path),
                                fmt::join(columns, ",\n  "));
  if (view.comment && !view.comment->empty()) out += "COMMENT " + Quoted(*view.comment) + "\n";
  return out + "AS " + view.expanded_query + "\n";
}

StatementResult OneText(std::string text) {
  StatementResult out;
  out.kind = ResultKind::kRows;
  out.schema = {{"result", DataType::String(), ""}};
  out.rows.push_back({std::move(text)});
  return out;
}

Result<StatementResult> ShowCreateTable(SessionState& state, const ast::ShowStatement& s, bool view) {
  const ObjectPath path = QualifyName(state, s.name);
  CatalogTablePtr table = state.catalog.FindTable(path);
  const char* what = view ? "VIEW" : "TABLE";
  if (table == nullptr) {
    return Invalid(fmt::format("Could not execute SHOW CREATE {}. {} with identifier {} does not exist.", what,
                               view ? "View" : "Table", path.ToQuoted()),
                   s.name.position);
  }
  if (table->is_view != view) {
    return Invalid(view ? fmt::format("SHOW CREATE VIEW is only supported for views, but {} is a table. Please use "
                                      "SHOW CREATE TABLE instead.",
                                      path.ToQuoted())
                        : fmt::format("SHOW CREATE TABLE is only supported for tables, but {} is a view. Please use "
                                      "SHOW CREATE VIEW instead.",
                                      path.ToQuoted()),
                   s.name.position);
  }
  return OneText(view ? ViewText(path, *table) : TableText(path, *table));
}

Result<StatementResult> ShowCreateCatalog(SessionState& state, const ast::ShowStatement& s) {
  const std::string name = s.name.ToString();
  auto it = state.catalog.catalogs.find(name);
  if (it == state.catalog.catalogs.end()) {
    return Invalid(fmt::format("Cannot obtain metadata information from Catalog {}.", name), s.name.position);
  }
  std::string out = "CREATE CATALOG " + QuoteIdentifier(name) + "\n";
  if (it->second.comment && !it->second.comment->empty()) out += "COMMENT " + Quoted(*it->second.comment) + "\n";
  return OneText(out + WithOptions(it->second.options));
}

}  // namespace

Result<StatementResult> ShowCreate(SessionState& state, const ast::ShowStatement& s) {
  switch (s.show) {
    case ast::ShowKind::kCreateTable: return ShowCreateTable(state, s, false);
    case ast::ShowKind::kCreateView: return ShowCreateTable(state, s, true);
    case ast::ShowKind::kCreateCatalog: return ShowCreateCatalog(state, s);
    case ast::ShowKind::kCreateModel:
      return Invalid(fmt::format("Could not execute SHOW CREATE MODEL. Model with identifier {} does not exist.",
                                 QualifyName(state, s.name).ToQuoted()),
                     s.name.position);
    case ast::ShowKind::kCreateMaterializedTable:
      return Invalid(
          fmt::format(
              "Could not execute SHOW CREATE MATERIALIZED TABLE. Materialized table with identifier {} does not exist.",
              QualifyName(state, s.name).ToQuoted()),
          s.name.position);
    default: return Error(ErrorCode::kNotSupported, "not supported yet: SHOW CREATE CONNECTION", s.position);
  }
}

}  // namespace sluice::engine::sql
