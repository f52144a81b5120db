// SHOW …: lists of names, in Flink's order (by name, upper case first).
#include "engine/sql/statements/show.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/sql/errors.h"
#include "engine/sql/statements/partitions.h"
#include "engine/sql/statements/table_builder.h"

namespace sluice::engine::sql {

namespace {

using ast::ShowKind;
using Names = std::set<std::string>;

StatementResult NameColumn(const char* header, const Names& names, const ast::ShowStatement& s) {
  StatementResult out;
  out.kind = ResultKind::kRows;
  out.schema = {{header, DataType::String(), ""}};
  for (const std::string& name : names) {
    if (PassesLike(s, name)) out.rows.push_back({name});
  }
  return out;
}

const char* WordsOf(ast::ShowKind kind) {
  switch (kind) {
    case ast::ShowKind::kTables: return "SHOW TABLES";
    case ast::ShowKind::kViews: return "SHOW VIEWS";
    case ast::ShowKind::kFunctions:
    case ast::ShowKind::kUserFunctions: return "SHOW FUNCTIONS";
    case ast::ShowKind::kProcedures: return "SHOW PROCEDURES";
    case ast::ShowKind::kModels: return "SHOW MODELS";
    default: return "SHOW";
  }
}

/// The database behind FROM or IN, else the current one: at most catalog and database.
Result<ObjectPath> NamedDatabase(const SessionState& state, const ast::ShowStatement& s) {
  const Catalog& catalog = state.catalog;
  ObjectPath path{catalog.current_catalog, catalog.current_database, ""};
  const auto& parts = s.name.parts;
  if (parts.size() > 2) {
    return Invalid(fmt::format("{} from/in identifier [ {} ] format error, it should be [catalog_name.]database_name.",
                               WordsOf(s.show), s.name.ToString()),
                   s.name.position);
  }
  if (parts.size() == 2) path.catalog = parts[0].name;
  if (!parts.empty()) path.database = parts.back().name;
  return path;
}

Status CheckNamed(const SessionState& state, const ObjectPath& path, TextPosition position) {
  if (!state.catalog.catalogs.contains(path.catalog)) {
    return Invalid(fmt::format("Catalog {} does not exist", path.catalog), position);
  }
  if (state.catalog.FindDatabase(path.catalog, path.database) == nullptr) {
    return Invalid(fmt::format("Database '{}'.'{}' doesn't exist.", path.catalog, path.database), position);
  }
  return {};
}

Result<StatementResult> ShowTables(SessionState& state, const ast::ShowStatement& s) {
  SLUICE_ASSIGN_OR_RETURN(ObjectPath path, NamedDatabase(state, s));
  if (!s.name.empty()) SLUICE_RETURN_IF_ERROR(CheckNamed(state, path, s.name.position));
  const bool views_only = s.show == ShowKind::kViews;
  Names names;
  if (const CatalogDatabase* database = state.catalog.FindDatabase(path.catalog, path.database)) {
    for (const auto& [name, table] : database->tables) {
      if (!views_only || table->is_view) names.insert(name);
    }
  }
  for (const auto& [other, table] : state.catalog.temporary_tables) {
    const bool here = other.catalog == path.catalog && other.database == path.database;
    if (here && (!views_only || table->is_view)) names.insert(other.name);
  }
  return NameColumn(views_only ? "view name" : "table name", names, s);
}

Result<StatementResult> ShowDatabases(SessionState& state, const ast::ShowStatement& s) {
  if (s.name.parts.size() > 1) {
    return Invalid(fmt::format("Show databases from/in identifier [ {} ] format error, it should be [catalog_name].",
                               s.name.ToString()),
                   s.name.position);
  }
  const std::string name = s.name.empty() ? state.catalog.current_catalog : s.name.parts[0].name;
  auto it = state.catalog.catalogs.find(name);
  if (it == state.catalog.catalogs.end())
    return Invalid(fmt::format("Catalog {} does not exist", name), s.name.position);
  Names names;
  for (const auto& [database, entry] : it->second.databases) names.insert(database);
  return NameColumn("database name", names, s);
}

Result<StatementResult> ShowFunctions(SessionState& state, const ast::ShowStatement& s) {
  // A database that is not there has no functions; the others show all the same.
  SLUICE_ASSIGN_OR_RETURN(ObjectPath path, NamedDatabase(state, s));
  Names names;
  if (const CatalogDatabase* database = state.catalog.FindDatabase(path.catalog, path.database)) {
    for (const auto& [name, function] : database->functions) names.insert(name);
  }
  for (const auto& [other, function] : state.catalog.temporary_functions) {
    if (other.catalog == path.catalog && other.database == path.database) names.insert(other.name);
  }
  for (const auto& [name, function] : state.catalog.temporary_system_functions) names.insert(name);
  const auto& used = state.modules;
  if (s.show == ShowKind::kFunctions && std::find(used.begin(), used.end(), "core") != used.end()) {
    names.insert(CoreFunctionNames().begin(), CoreFunctionNames().end());
  }
  return NameColumn("function name", names, s);
}

Result<StatementResult> ShowModels(const SessionState& state, const ast::ShowStatement& s) {
  SLUICE_ASSIGN_OR_RETURN(ObjectPath path, NamedDatabase(state, s));
  if (state.catalog.FindDatabase(path.catalog, path.database) == nullptr) {
    return Invalid(fmt::format("Database {} does not exist in Catalog {}.", path.database, path.catalog),
                   s.name.position);
  }
  return NameColumn("model name", {}, s);
}

StatementResult ShowModules(const SessionState& state, bool full) {
  StatementResult out;
  out.kind = ResultKind::kRows;
  out.schema = {{"module name", DataType::String(), ""}};
  if (full) out.schema.push_back({"used", DataType::Boolean(), ""});
  for (const std::string& name : state.modules) {
    out.rows.push_back({name});
    if (full) out.rows.back().push_back("TRUE");
  }
  if (!full) return out;
  for (const std::string& name : state.loaded_modules) {
    if (std::find(state.modules.begin(), state.modules.end(), name) == state.modules.end())
      out.rows.push_back({name, "FALSE"});
  }
  return out;
}

Result<StatementResult> ShowPartitions(SessionState& state, const ast::ShowStatement& s) {
  const ObjectPath path = QualifyName(state, s.name);
  CatalogTablePtr table = state.catalog.FindTable(path);
  if (table == nullptr || table->temporary) {
    return Invalid(
        fmt::format("Table (or view) {}.{} does not exist in Catalog {}.", path.database, path.name, path.catalog),
        s.name.position);
  }
  if (table->is_view || table->partition_keys.empty()) return NotPartitioned(path, s.name.position);
  SLUICE_ASSIGN_OR_RETURN(auto names, PartitionNames(*table, s.partition, path, s.name.position));
  StatementResult out = NameColumn("partition name", {}, s);
  for (const std::string& name : names) out.rows.push_back({name});  // in the order of their making
  return out;
}

}  // namespace

/// A backslash takes the meaning of the wildcard behind it.
bool AtEscape(std::string_view pattern, size_t p) {
  return p + 1 < pattern.size() && pattern[p] == '\\' && (pattern[p + 1] == '%' || pattern[p + 1] == '_');
}

bool MatchesPattern(std::string_view name, std::string_view pattern, bool ignore_case) {
  auto same = [&](char a, char b) {
    if (!ignore_case) return a == b;
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  size_t n = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && pattern[p] == '_') {
      ++p;
      do ++n;  // one character, not one byte
      while (n < name.size() && (static_cast<unsigned char>(name[n]) & 0xC0) == 0x80);
    } else if (const size_t literal = AtEscape(pattern, p) ? p + 1 : p;
               literal < pattern.size() && same(pattern[literal], name[n])) {
      p = literal + 1;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

bool PassesLike(const ast::ShowStatement& s, std::string_view name) {
  return !s.like || MatchesPattern(name, s.pattern.value, s.ilike) != s.negated;
}

Result<StatementResult> ExecuteShow(SessionState& state, const ast::Statement& statement) {
  if (statement.kind == ast::StatementKind::kDescribe) {
    return ExecuteDescribe(state, static_cast<const ast::DescribeStatement&>(statement));
  }
  const auto& s = static_cast<const ast::ShowStatement&>(statement);
  const Catalog& catalog = state.catalog;
  switch (s.show) {
    case ShowKind::kCatalogs: {
      Names names;
      for (const auto& [name, entry] : catalog.catalogs) names.insert(name);
      return NameColumn("catalog name", names, s);
    }
    case ShowKind::kCurrentCatalog: return NameColumn("current catalog name", {catalog.current_catalog}, s);
    case ShowKind::kCurrentDatabase: return NameColumn("current database name", {catalog.current_database}, s);
    case ShowKind::kDatabases: return ShowDatabases(state, s);
    case ShowKind::kTables:
    case ShowKind::kViews: return ShowTables(state, s);
    case ShowKind::kColumns: return ShowColumns(state, s);
    case ShowKind::kFunctions:
    case ShowKind::kUserFunctions: return ShowFunctions(state, s);
    case ShowKind::kModules: return ShowModules(state, false);
    case ShowKind::kFullModules: return ShowModules(state, true);
    case ShowKind::kPartitions: return ShowPartitions(state, s);
    case ShowKind::kJars: return NameColumn("jars", {}, s);
    case ShowKind::kModels: return ShowModels(state, s);
    case ShowKind::kMaterializedTables: return NameColumn("table name", {}, s);
    case ShowKind::kProcedures:
      SLUICE_RETURN_IF_ERROR(NamedDatabase(state, s));
      return Error(ErrorCode::kValidation, "listProcedures is not implemented for the generic_in_memory catalog.",
                   s.position);
    case ShowKind::kJobs:
      return Invalid("SHOW JOBS is not for a session of its own; ask the gateway for its jobs", s.position);
    case ShowKind::kConnections: return Invalid("No match found for function signature SHOW CONNECTIONS", s.position);
    case ShowKind::kCreateTable:
    case ShowKind::kCreateView:
    case ShowKind::kCreateCatalog:
    case ShowKind::kCreateModel:
    case ShowKind::kCreateConnection:
    case ShowKind::kCreateMaterializedTable: return ShowCreate(state, s);
  }
  return Error(ErrorCode::kNotSupported, "not supported yet: this SHOW statement", s.position);
}

}  // namespace sluice::engine::sql
