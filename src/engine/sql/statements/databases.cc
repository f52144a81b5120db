// CREATE, ALTER, DROP and USE of catalogs and databases. Catalogs are kept in memory: 'generic_in_memory' only.
#include <fmt/format.h>

#include "engine/sql/errors.h"
#include "engine/sql/statements/catalog_statements.h"

namespace sluice::engine::sql {

namespace {

OptionMap Options(const std::vector<ast::Property>& properties) {
  OptionMap out;
  for (const ast::Property& p : properties) out[p.key.value] = p.value.value;
  return out;
}

Status CheckCatalogOptions(const OptionMap& options, TextPosition position) {
  auto type = options.find("type");
  if (type == options.end()) {
    return Error(ErrorCode::kOption, "Catalog options do not contain an option key 'type' for discovering a catalog.",
                 position);
  }
  if (type->second != "generic_in_memory") {
    return Error(ErrorCode::kOption,
                 fmt::format("Could not find any factory for identifier '{}' that makes catalogs.\n\n"
                             "Available factory identifiers are:\n\ngeneric_in_memory",
                             type->second),
                 position);
  }
  std::string unknown;
  for (const auto& [key, value] : options) {
    if (key != "type" && key != "default-database" && key != "property-version") unknown += key + "\n";
  }
  if (unknown.empty()) return {};
  return Error(
      ErrorCode::kOption,
      fmt::format("Unsupported options found for 'generic_in_memory'.\n\nUnsupported options:\n\n{}\nSupported "
                  "options:\n\ndefault-database\nproperty-version",
                  unknown),
      position);
}

std::string DefaultDatabase(const CatalogEntry& catalog) {
  auto it = catalog.options.find("default-database");
  return it == catalog.options.end() ? "default" : it->second;
}

struct DatabaseName {
  std::string catalog, database;
};

Result<DatabaseName> QualifyDatabase(const SessionState& state, const ast::CompoundName& name) {
  const auto& parts = name.parts;
  if (parts.size() > 2)
    return Invalid(fmt::format("Database identifier '{}' format error: it is [catalog.]database", name.ToString()),
                   name.position);
  return DatabaseName{parts.size() == 2 ? parts[0].name : state.catalog.current_catalog, parts.back().name};
}

}  // namespace

Result<StatementResult> CreateCatalog(SessionState& state, const ast::CreateObjectStatement& s) {
  const std::string name = s.name.ToString();
  if (state.catalog.catalogs.contains(name)) {
    if (s.if_not_exists) return StatementResult{};
    return Invalid(fmt::format("Catalog {} already exists.", name), s.name.position);
  }
  CatalogEntry entry;
  entry.options = Options(s.options);
  SLUICE_RETURN_IF_ERROR(CheckCatalogOptions(entry.options, s.position));
  if (s.comment) entry.comment = s.comment->value;
  entry.databases[DefaultDatabase(entry)];
  state.catalog.catalogs[name] = std::move(entry);
  return StatementResult{};
}

Result<StatementResult> AlterCatalog(SessionState& state, const ast::AlterObjectStatement& s) {
  const std::string name = s.name.ToString();
  auto it = state.catalog.catalogs.find(name);
  if (it == state.catalog.catalogs.end())
    return Invalid(fmt::format("Catalog {} does not exist in the catalog store.", name), s.name.position);
  CatalogEntry& entry = it->second;
  OptionMap options = entry.options;
  switch (s.action) {
    case ast::AlterObjectAction::kSet:
      for (const ast::Property& p : s.options) {
        if (p.key == "type") return Invalid("ALTER CATALOG SET does not support changing 'type'", p.key.position);
        options[p.key.value] = p.value.value;
      }
      break;
    case ast::AlterObjectAction::kReset:
      if (s.keys.empty()) return Invalid("ALTER CATALOG RESET does not support empty key", s.position);
      for (const ast::StringValue& key : s.keys) {
        if (key == "type") return Invalid("ALTER CATALOG RESET does not support changing 'type'", key.position);
        options.erase(key.value);
      }
      break;
    case ast::AlterObjectAction::kComment: entry.comment = s.comment.value; return StatementResult{};
    case ast::AlterObjectAction::kRename:
      return Error(ErrorCode::kNotSupported, "not supported yet: ALTER CATALOG … RENAME", s.position);
  }
  SLUICE_RETURN_IF_ERROR(CheckCatalogOptions(options, s.position));
  entry.options = std::move(options);
  return StatementResult{};
}

Result<StatementResult> DropCatalog(SessionState& state, const ast::DropStatement& s) {
  const std::string name = s.name.ToString();
  if (!state.catalog.catalogs.contains(name)) {
    if (s.if_exists) return StatementResult{};
    return Invalid(fmt::format("Catalog {} does not exist.", name), s.name.position);
  }
  if (name == state.catalog.current_catalog)
    return Invalid(fmt::format("Cannot drop a catalog which is currently in use: '{}'.", name), s.name.position);
  state.catalog.catalogs.erase(name);
  return StatementResult{};
}

Result<StatementResult> CreateDatabase(SessionState& state, const ast::CreateObjectStatement& s) {
  SLUICE_ASSIGN_OR_RETURN(DatabaseName name, QualifyDatabase(state, s.name));
  auto it = state.catalog.catalogs.find(name.catalog);
  if (it == state.catalog.catalogs.end())
    return Invalid(fmt::format("Catalog {} does not exist", name.catalog), s.name.position);
  if (it->second.databases.contains(name.database)) {
    if (s.if_not_exists) return StatementResult{};
    return Invalid(fmt::format("Database {} already exists in Catalog {}.", name.database, name.catalog),
                   s.name.position);
  }
  CatalogDatabase& database = it->second.databases[name.database];
  database.options = Options(s.options);
  if (s.comment) database.comment = s.comment->value;
  return StatementResult{};
}

Result<StatementResult> AlterDatabase(SessionState& state, const ast::AlterObjectStatement& s) {
  SLUICE_ASSIGN_OR_RETURN(DatabaseName name, QualifyDatabase(state, s.name));
  CatalogDatabase* database = state.catalog.FindDatabase(name.catalog, name.database);
  if (database == nullptr) {
    return Invalid(fmt::format("Database {} does not exist in Catalog {}.", name.database, name.catalog),
                   s.name.position);
  }
  if (s.action != ast::AlterObjectAction::kSet) {
    return Error(ErrorCode::kNotSupported, "not supported yet: ALTER DATABASE other than SET", s.position);
  }
  for (const ast::Property& p : s.options) database->options[p.key.value] = p.value.value;
  return StatementResult{};
}

Result<StatementResult> DropDatabase(SessionState& state, const ast::DropStatement& s) {
  SLUICE_ASSIGN_OR_RETURN(DatabaseName name, QualifyDatabase(state, s.name));
  Catalog& catalog = state.catalog;
  auto it = catalog.catalogs.find(name.catalog);
  if (it == catalog.catalogs.end())
    return Invalid(fmt::format("Catalog {} does not exist.", name.catalog), s.name.position);
  if (name.catalog == catalog.current_catalog && name.database == catalog.current_database) {
    return Invalid(fmt::format("Cannot drop a database which is currently in use: '{}'.", name.database),
                   s.name.position);
  }
  auto found = it->second.databases.find(name.database);
  if (found == it->second.databases.end()) {
    if (s.if_exists) return StatementResult{};
    return Invalid(fmt::format("Database {} does not exist in Catalog {}.", name.database, name.catalog),
                   s.name.position);
  }
  if (!s.cascade && (!found->second.tables.empty() || !found->second.functions.empty())) {
    return Invalid(fmt::format("Database {} in catalog {} is not empty.", name.database, name.catalog),
                   s.name.position);
  }
  it->second.databases.erase(found);
  return StatementResult{};
}

Result<StatementResult> UseCatalog(SessionState& state, const ast::ObjectStatement& s) {
  const std::string name = s.name.ToString();
  auto it = state.catalog.catalogs.find(name);
  if (it == state.catalog.catalogs.end())
    return Invalid(fmt::format("A catalog with name [{}] does not exist.", name), s.name.position);
  if (state.catalog.current_catalog == name) return StatementResult{};
  state.catalog.current_catalog = name;
  state.catalog.current_database = name == "default_catalog" ? "default_database" : DefaultDatabase(it->second);
  return StatementResult{};
}

Result<StatementResult> UseDatabase(SessionState& state, const ast::ObjectStatement& s) {
  SLUICE_ASSIGN_OR_RETURN(DatabaseName name, QualifyDatabase(state, s.name));
  if (!state.catalog.catalogs.contains(name.catalog)) {
    return Invalid(fmt::format("A catalog with name [{}] does not exist.", name.catalog), s.name.position);
  }
  if (state.catalog.FindDatabase(name.catalog, name.database) == nullptr) {
    return Invalid(
        fmt::format("A database with name [{}] does not exist in the catalog: [{}].", name.database, name.catalog),
        s.name.position);
  }
  state.catalog.current_catalog = name.catalog;
  state.catalog.current_database = name.database;
  return StatementResult{};
}

}  // namespace sluice::engine::sql
