// DESCRIBE and SHOW COLUMNS.
#include <fmt/format.h>

#include <algorithm>

#include "engine/sql/errors.h"
#include "engine/sql/statements/show.h"
#include "engine/sql/statements/table_builder.h"

namespace sluice::engine::sql {

namespace {

using Row = std::vector<std::optional<std::string>>;

std::string TypeText(const CatalogTable& table, const TableColumn& column, bool batch) {
  bool rowtime = false;
  for (const TableWatermark& w : table.watermarks) rowtime |= w.column == column.name;
  const DataType type = rowtime && !batch ? column.type.WithTimeAttribute(TimeAttribute::kRowtime) : column.type;
  return type.Nullable().ToString(false);
}

std::optional<std::string> Extras(const TableColumn& column) {
  switch (column.kind) {
    case TableColumnKind::kPhysical: return std::nullopt;
    case TableColumnKind::kComputed: return "AS " + column.expression;
    case TableColumnKind::kMetadata: break;
  }
  std::string out = "METADATA";
  if (!column.metadata_key.empty()) out += " FROM '" + column.metadata_key + "'";
  if (column.is_virtual) out += " VIRTUAL";
  return out;
}

Row ColumnRow(const CatalogTable& table, const TableColumn& column, bool batch, bool comments) {
  Row row{column.name, TypeText(table, column, batch), column.type.nullable() ? "TRUE" : "FALSE"};
  const auto& key = table.primary_key;
  if (std::find(key.begin(), key.end(), column.name) != key.end()) {
    row.push_back(fmt::format("PRI({})", fmt::join(key, ", ")));
  } else {
    row.push_back(std::nullopt);
  }
  row.push_back(Extras(column));
  row.push_back(std::nullopt);
  for (const TableWatermark& w : table.watermarks) {
    if (w.column == column.name) row.back() = w.expression;
  }
  if (comments) row.push_back(column.comment);
  return row;
}

template <typename Keep>
Result<StatementResult> ColumnRows(SessionState& state, const ast::CompoundName& name, Keep&& keep) {
  const ObjectPath path = QualifyName(state, name);
  CatalogTablePtr table = state.catalog.FindTable(path);
  if (table == nullptr) {
    return Invalid(fmt::format("Tables or views with the identifier '{}' doesn't exist.", path.ToString()),
                   name.position);
  }
  SLUICE_ASSIGN_OR_RETURN(auto context, MakeStatementContext(state));
  const bool comments = std::any_of(table->columns.begin(), table->columns.end(),
                                    [](const TableColumn& c) { return c.comment.has_value(); });
  StatementResult out;
  out.kind = ResultKind::kRows;
  for (const char* header : {"name", "type", "null", "key", "extras", "watermark"})
    out.schema.push_back({header, DataType::String(), ""});
  out.schema[2].type = DataType::Boolean();
  if (comments) out.schema.push_back({"comment", DataType::String(), ""});
  for (const TableColumn& column : table->columns) {
    if (keep(column.name)) out.rows.push_back(ColumnRow(*table, column, context->settings.batch, comments));
  }
  return out;
}

StatementResult InfoRows(std::vector<Row> rows) {
  StatementResult out;
  out.kind = ResultKind::kRows;
  out.schema = {{"info name", DataType::String(), ""}, {"info value", DataType::String(), ""}};
  out.rows = std::move(rows);
  return out;
}

Result<StatementResult> DescribeCatalog(SessionState& state, const ast::DescribeStatement& s) {
  const std::string name = s.name.ToString();
  auto it = state.catalog.catalogs.find(name);
  if (it == state.catalog.catalogs.end()) {
    return Invalid(fmt::format("Cannot obtain metadata information from Catalog {}.", name), s.name.position);
  }
  std::vector<Row> rows{{"name", name}, {"type", "generic_in_memory"}, {"comment", it->second.comment}};
  if (s.extended) {
    for (const auto& [key, value] : it->second.options) {
      if (key != "type") rows.push_back({"option:" + key, value});
    }
  }
  return InfoRows(std::move(rows));
}

Result<StatementResult> DescribeDatabase(SessionState& state, const ast::DescribeStatement& s) {
  const auto& parts = s.name.parts;
  const std::string catalog = parts.size() > 1 ? parts[0].name : state.catalog.current_catalog;
  const std::string& name = parts.back().name;
  const CatalogDatabase* database = state.catalog.FindDatabase(catalog, name);
  if (database == nullptr)
    return Invalid(fmt::format("Database {} does not exist in Catalog {}.", name, catalog), s.name.position);
  std::vector<Row> rows{{"name", name}, {"comment", database->comment}};
  if (s.extended) {
    for (const auto& [key, value] : database->options) rows.push_back({"option:" + key, value});
  }
  return InfoRows(std::move(rows));
}

const CatalogFunction* FindFunction(const SessionState& state, const ObjectPath& path, bool one_part, bool& system) {
  std::string lower = path.name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const Catalog& catalog = state.catalog;
  if (auto it = catalog.temporary_system_functions.find(lower);
      one_part && it != catalog.temporary_system_functions.end()) {
    system = true;
    return &it->second;
  }
  const ObjectPath key{path.catalog, path.database, lower};
  if (auto it = catalog.temporary_functions.find(key); it != catalog.temporary_functions.end()) return &it->second;
  const CatalogDatabase* database = catalog.FindDatabase(path.catalog, path.database);
  if (database == nullptr) return nullptr;
  auto it = database->functions.find(lower);
  return it == database->functions.end() ? nullptr : &it->second;
}

bool IsBuiltIn(const SessionState& state, const std::string& name) {
  const FunctionRegistry& functions = *state.environment.functions;
  const std::string upper = UpperCase(name);
  return functions.FindScalar(upper) != nullptr || functions.FindAggregate(upper) != nullptr;
}

Result<StatementResult> DescribeFunction(SessionState& state, const ast::DescribeStatement& s) {
  bool system = false;
  const CatalogFunction* function = FindFunction(state, QualifyName(state, s.name), s.name.parts.size() == 1, system);
  if (function == nullptr) {
    const bool built_in = s.name.parts.size() == 1 && IsBuiltIn(state, s.name.parts[0].name);
    if (!built_in) {
      std::string quoted;
      for (const ast::Identifier& part : s.name.parts) quoted += (quoted.empty() ? "`" : ".`") + part.name + "`";
      return Invalid(fmt::format("Function with the identifier '{}' doesn't exist.", quoted), s.name.position);
    }
    return InfoRows({{"is system function", "true"}, {"is temporary", "false"}});
  }
  if (function->jars.empty()) {
    return Invalid(
        fmt::format("Class '{}' of function '{}' is not on the class path.", function->class_name, s.name.ToString()),
        s.name.position);
  }
  std::vector<Row> rows{{"is system function", system ? "true" : "false"},
                        {"is temporary", function->temporary ? "true" : "false"}};
  rows.push_back({"class name", function->class_name});
  rows.push_back({"function language", function->language});
  return InfoRows(std::move(rows));
}

}  // namespace

Result<StatementResult> ShowColumns(SessionState& state, const ast::ShowStatement& s) {
  return ColumnRows(state, s.name, [&](const std::string& name) { return PassesLike(s, name); });
}

Result<StatementResult> ExecuteDescribe(SessionState& state, const ast::DescribeStatement& s) {
  switch (s.describe) {
    case ast::DescribeKind::kTable: return ColumnRows(state, s.name, [](const std::string&) { return true; });
    case ast::DescribeKind::kCatalog: return DescribeCatalog(state, s);
    case ast::DescribeKind::kDatabase: return DescribeDatabase(state, s);
    case ast::DescribeKind::kFunction: return DescribeFunction(state, s);
    case ast::DescribeKind::kModel:
      return Invalid(
          fmt::format("Model with the identifier '{}' doesn't exist.", QualifyName(state, s.name).ToString()),
          s.name.position);
    case ast::DescribeKind::kJob:
    case ast::DescribeKind::kConnection: break;
  }
  return Error(ErrorCode::kNotSupported, "not supported yet: DESCRIBE JOB and DESCRIBE CONNECTION", s.position);
}

}  // namespace sluice::engine::sql
