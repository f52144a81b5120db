// Statements that change the catalog: one case each.
#include <fmt/format.h>

#include "engine/sql/errors.h"
#include "engine/sql/statements/catalog_statements.h"
#include "engine/sql/statements/table_builder.h"

namespace sluice::engine::sql {

namespace {

/// Models and materialized tables cannot be made, so none has the name.
Result<StatementResult> DropMissing(const SessionState& state, const ast::DropStatement& s, std::string_view what) {
  if (s.if_exists) return StatementResult{};
  return Error(ErrorCode::kValidation,
               fmt::format("{} with identifier '{}' does not exist.", what, QualifyName(state, s.name).ToString()),
               s.name.position);
}

Error NoSuch(const SessionState& state, const ast::CompoundName& name, std::string_view what) {
  return Error(ErrorCode::kValidation, fmt::format("{} {} doesn't exist.", what, QualifyName(state, name).ToQuoted()),
               name.position);
}

Result<StatementResult> AlterModel(const SessionState& state, const ast::AlterObjectStatement& s) {
  if (s.if_exists) return StatementResult{};
  return NoSuch(state, s.name, "Model");
}

Result<StatementResult> Truncate(SessionState& state, const ast::ObjectStatement& s) {
  const ObjectPath path = QualifyName(state, s.name);
  CatalogTablePtr table = state.catalog.FindTable(path);
  if (table == nullptr) {
    return Error(
        ErrorCode::kValidation,
        fmt::format("Cannot find table '{}' in any of the catalogs, nor as a temporary table.", path.ToQuoted()),
        s.name.position);
  }
  if (table->is_view) {
    return Error(ErrorCode::kValidation, fmt::format("TRUNCATE TABLE for a view is not allowed: '{}'", path.ToString()),
                 s.name.position);
  }
  SLUICE_ASSIGN_OR_RETURN(auto context, MakeStatementContext(state));
  if (!context->settings.batch) {
    return Error(ErrorCode::kValidation, "TRUNCATE TABLE statement is not supported in streaming mode.",
                 s.name.position);
  }
  return Error(
      ErrorCode::kValidation,
      fmt::format("TRUNCATE TABLE statement is not supported for the table {} since the table hasn't implemented the "
                  "interface org.apache.flink.table.connector.sink.abilities.SupportsTruncate.",
                  path.ToString()),
      s.name.position);
}

}  // namespace

Result<StatementResult> ExecuteDdl(SessionState& state, const ast::Statement& statement) {
  using K = ast::StatementKind;
  const ast::Statement& s = statement;
  switch (s.kind) {
    case K::kCreateTable: return CreateTable(state, static_cast<const ast::CreateTableStatement&>(s));
    case K::kCreateView: return CreateView(state, static_cast<const ast::CreateViewStatement&>(s));
    case K::kCreateCatalog: return CreateCatalog(state, static_cast<const ast::CreateObjectStatement&>(s));
    case K::kCreateDatabase: return CreateDatabase(state, static_cast<const ast::CreateObjectStatement&>(s));
    case K::kCreateFunction: return CreateFunction(state, static_cast<const ast::CreateFunctionStatement&>(s));
    case K::kCreateModel: return NotYet("CREATE MODEL", s.position);
    case K::kCreateMaterializedTable: return NotYet("CREATE MATERIALIZED TABLE", s.position);
    case K::kCreateConnection:
    case K::kAlterConnection:
    case K::kDropConnection: return NotYet("connections", s.position);

    case K::kAlterTable: return AlterTable(state, static_cast<const ast::AlterTableStatement&>(s));
    case K::kAlterView: return AlterView(state, static_cast<const ast::AlterViewStatement&>(s));
    case K::kAlterCatalog: return AlterCatalog(state, static_cast<const ast::AlterObjectStatement&>(s));
    case K::kAlterDatabase: return AlterDatabase(state, static_cast<const ast::AlterObjectStatement&>(s));
    case K::kAlterFunction: return AlterFunction(state, static_cast<const ast::CreateFunctionStatement&>(s));
    case K::kAlterModel: return AlterModel(state, static_cast<const ast::AlterObjectStatement&>(s));
    case K::kAlterMaterializedTable:
      return NoSuch(state, static_cast<const ast::AlterMaterializedTableStatement&>(s).name, "Materialized table");

    case K::kDropTable:
    case K::kDropView: return DropTableOrView(state, static_cast<const ast::DropStatement&>(s));
    case K::kDropCatalog: return DropCatalog(state, static_cast<const ast::DropStatement&>(s));
    case K::kDropDatabase: return DropDatabase(state, static_cast<const ast::DropStatement&>(s));
    case K::kDropFunction: return DropFunction(state, static_cast<const ast::DropStatement&>(s));
    case K::kDropModel: return DropMissing(state, static_cast<const ast::DropStatement&>(s), "Model");
    case K::kDropMaterializedTable:
      return DropMissing(state, static_cast<const ast::DropStatement&>(s), "Materialized Table");

    case K::kUse: return UseDatabase(state, static_cast<const ast::ObjectStatement&>(s));
    case K::kUseCatalog: return UseCatalog(state, static_cast<const ast::ObjectStatement&>(s));
    case K::kUseModules: return UseModules(state, static_cast<const ast::UseModulesStatement&>(s));
    case K::kLoadModule: return LoadModule(state, static_cast<const ast::ModuleStatement&>(s));
    case K::kUnloadModule: return UnloadModule(state, static_cast<const ast::ModuleStatement&>(s));
    case K::kTruncate: return Truncate(state, static_cast<const ast::ObjectStatement&>(s));
    default: return NotYet("this statement", s.position);
  }
}

}  // namespace sluice::engine::sql
