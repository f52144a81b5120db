// Statements about catalogs, databases, functions and modules.
#pragma once

#include "engine/sql/session_state.h"

namespace sluice::engine::sql {

// databases.cc
Result<StatementResult> CreateCatalog(SessionState& state, const ast::CreateObjectStatement& statement);
Result<StatementResult> AlterCatalog(SessionState& state, const ast::AlterObjectStatement& statement);
Result<StatementResult> DropCatalog(SessionState& state, const ast::DropStatement& statement);
Result<StatementResult> CreateDatabase(SessionState& state, const ast::CreateObjectStatement& statement);
Result<StatementResult> AlterDatabase(SessionState& state, const ast::AlterObjectStatement& statement);
Result<StatementResult> DropDatabase(SessionState& state, const ast::DropStatement& statement);
Result<StatementResult> UseCatalog(SessionState& state, const ast::ObjectStatement& statement);
Result<StatementResult> UseDatabase(SessionState& state, const ast::ObjectStatement& statement);

// functions_and_modules.cc
Result<StatementResult> CreateFunction(SessionState& state, const ast::CreateFunctionStatement& statement);
Result<StatementResult> AlterFunction(SessionState& state, const ast::CreateFunctionStatement& statement);
Result<StatementResult> DropFunction(SessionState& state, const ast::DropStatement& statement);
Result<StatementResult> UseModules(SessionState& state, const ast::UseModulesStatement& statement);
Result<StatementResult> LoadModule(SessionState& state, const ast::ModuleStatement& statement);
Result<StatementResult> UnloadModule(SessionState& state, const ast::ModuleStatement& statement);

}  // namespace sluice::engine::sql
