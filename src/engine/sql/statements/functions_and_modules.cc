// User functions are kept in the catalog so that scripts which declare them run; calling one is refused by the binder.
// Modules: only core exists.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "engine/sql/errors.h"
#include "engine/sql/statements/catalog_statements.h"
#include "engine/sql/statements/table_builder.h"

namespace sluice::engine::sql {

namespace {

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// Function names do not know case.
ObjectPath FunctionPath(const SessionState& state, const ast::CompoundName& name) {
  ObjectPath path = QualifyName(state, name);
  path.name = LowerCase(path.name);
  return path;
}

CatalogFunction Describe(const ast::CreateFunctionStatement& s) {
  CatalogFunction function;
  function.class_name = s.class_name.value;
  function.language = s.language.empty() ? "JAVA" : s.language;
  function.temporary = s.temporary;
  for (const auto& resource : s.resources) function.jars.push_back(resource.path.value);
  return function;
}

/// Flink looks a temporary function's class up at once. Nothing can be on this engine's class path.
Status CheckClass(const ast::CreateFunctionStatement& s) {
  if (!s.resources.empty() || (!s.language.empty() && s.language != "JAVA")) return {};
  return Invalid(
      fmt::format("Class '{}' of function '{}' is not on the class path.", s.class_name.value, s.name.ToString()),
      s.name.position);
}

bool Contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

Result<StatementResult> CreateFunction(SessionState& state, const ast::CreateFunctionStatement& s) {
  const ObjectPath path = FunctionPath(state, s.name);
  Catalog& catalog = state.catalog;
  if (s.temporary) SLUICE_RETURN_IF_ERROR(CheckClass(s));
  if (s.temporary && s.system) {
    if (!catalog.temporary_system_functions.emplace(path.name, Describe(s)).second && !s.if_not_exists) {
      return Invalid(
          fmt::format("Could not register temporary system function. A function named '{}' does already exist.",
                      path.name),
          s.name.position);
    }
    return StatementResult{};
  }
  if (s.temporary) {
    if (!catalog.temporary_functions.emplace(path, Describe(s)).second && !s.if_not_exists) {
      return Invalid(fmt::format("Could not register temporary catalog function. A function '{}' does already exist.",
                                 path.ToQuoted()),
                     s.name.position);
    }
    return StatementResult{};
  }
  SLUICE_RETURN_IF_ERROR(CheckDatabase(state, path, s.name.position));
  auto& functions = catalog.FindDatabase(path.catalog, path.database)->functions;
  if (!functions.emplace(path.name, Describe(s)).second && !s.if_not_exists) {
    return Invalid(fmt::format("Function {}.{} already exists in Catalog {}.", path.database, s.name.parts.back().name,
                               path.catalog),
                   s.name.position);
  }
  return StatementResult{};
}

Result<StatementResult> AlterFunction(SessionState& state, const ast::CreateFunctionStatement& s) {
  if (s.temporary && s.system) return Invalid("Alter temporary system function is not supported", s.position);
  if (s.temporary) return Invalid("Alter temporary catalog function is not supported", s.position);
  const ObjectPath path = FunctionPath(state, s.name);
  CatalogDatabase* database = state.catalog.FindDatabase(path.catalog, path.database);
  if (database == nullptr || !database->functions.contains(path.name)) {
    if (s.if_exists) return StatementResult{};
    return Invalid(fmt::format("Function {}.{} does not exist in Catalog {}.", path.database, s.name.parts.back().name,
                               path.catalog),
                   s.name.position);
  }
  database->functions[path.name] = Describe(s);
  return StatementResult{};
}

Result<StatementResult> DropFunction(SessionState& state, const ast::DropStatement& s) {
  const ObjectPath path = FunctionPath(state, s.name);
  Catalog& catalog = state.catalog;
  const std::string& written = s.name.parts.back().name;
  if (s.temporary && s.system) {
    if (catalog.temporary_system_functions.erase(path.name) > 0 || s.if_exists) return StatementResult{};
    return Invalid(
        fmt::format("Could not drop temporary system function. A function named '{}' doesn't exist.", written),
        s.name.position);
  }
  if (s.temporary) {
    if (catalog.temporary_functions.erase(path) > 0 || s.if_exists) return StatementResult{};
    return Invalid(fmt::format("Temporary catalog function {} doesn't exist", path.ToQuoted()), s.name.position);
  }
  if (catalog.temporary_functions.contains(path)) {
    return Invalid(
        fmt::format("Temporary catalog function {} exists. Drop it first before removing the permanent function.",
                    path.ToQuoted()),
        s.name.position);
  }
  CatalogDatabase* database = catalog.FindDatabase(path.catalog, path.database);
  if (database != nullptr && database->functions.erase(path.name) > 0) return StatementResult{};
  if (s.if_exists) return StatementResult{};
  return Invalid(fmt::format("Function {}.{} does not exist in Catalog {}.", path.database, written, path.catalog),
                 s.name.position);
}

Result<StatementResult> UseModules(SessionState& state, const ast::UseModulesStatement& s) {
  std::vector<std::string> used;
  for (const ast::Identifier& module : s.modules) {
    if (!Contains(state.loaded_modules, module.name))
      return Invalid(fmt::format("No module with name '{}' exists", module.name), module.position);
    if (Contains(used, module.name))
      return Invalid(fmt::format("Module '{}' appears more than once", module.name), module.position);
    used.push_back(module.name);
  }
  state.modules = std::move(used);
  return StatementResult{};
}

Result<StatementResult> LoadModule(SessionState& state, const ast::ModuleStatement& s) {
  const std::string& name = s.name.name;
  if (Contains(state.loaded_modules, name))
    return Invalid(fmt::format("A module with name '{}' already exists", name), s.name.position);
  if (name != "core") {
    return Invalid(fmt::format("Could not find any factory for identifier '{}' that makes modules.\n\nAvailable "
                               "factory identifiers are:\n\ncore",
                               name),
                   s.name.position);
  }
  if (!s.options.empty()) {
    return Error(
        ErrorCode::kOption,
        fmt::format("Unsupported options found for 'core'.\n\nUnsupported options:\n\n{}", s.options[0].key.value),
        s.options[0].key.position);
  }
  state.loaded_modules.push_back(name);
  state.modules.push_back(name);
  return StatementResult{};
}

Result<StatementResult> UnloadModule(SessionState& state, const ast::ModuleStatement& s) {
  if (std::erase(state.loaded_modules, s.name.name) == 0) {
    return Invalid(fmt::format("No module with name '{}' exists", s.name.name), s.name.position);
  }
  std::erase(state.modules, s.name.name);
  return StatementResult{};
}

}  // namespace sluice::engine::sql
