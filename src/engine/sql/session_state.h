// What the statements of one session share. Owned by Session; the executors of statements get it by reference.
#pragma once

#include <memory>
#include <vector>

#include "engine/functions/function.h"
#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/catalog/catalog.h"
#include "engine/sql/parser/ast.h"
#include "engine/sql/session.h"

namespace sluice::engine::sql {

struct SessionState {
  SessionEnvironment environment;
  OptionMap defaults;
  OptionMap options;
  Catalog catalog;
  /// Those in use, in the order in which they are searched; all of them are loaded.
  std::vector<std::string> modules = {"core"};
  std::vector<std::string> loaded_modules = {"core"};
  /// After BEGIN STATEMENT SET: the inserts so far.
  bool in_statement_set = false;
  std::vector<ast::StatementPtr> statement_set;
};

/// Settings and facts for one statement; `context` points into it.
struct StatementContext {
  PlanSettings settings;
  SessionFacts facts;
  BindContext context;
};

/// Reads the options (errors as Flink's) and makes the context of one statement.
Result<std::unique_ptr<StatementContext>> MakeStatementContext(SessionState& state);

// Executors, one file a family in sql/statements. Each answers what the statement shows.
/// CREATE / ALTER / DROP of tables, views, catalogs, databases, functions; USE; LOAD / UNLOAD MODULE; TRUNCATE.
Result<StatementResult> ExecuteDdl(SessionState& state, const ast::Statement& statement);
/// SHOW …, DESCRIBE ….
Result<StatementResult> ExecuteShow(SessionState& state, const ast::Statement& statement);
/// UPDATE, DELETE, CALL, ANALYZE TABLE, COMPILE and EXECUTE PLAN.
Result<StatementResult> ExecuteModify(SessionState& state, const ast::Statement& statement);
/// SELECT, INSERT, statement sets, CREATE TABLE AS (its INSERT part), EXPLAIN.
Result<StatementResult> PlanQuery(SessionState& state, const ast::Query& query);
Result<StatementResult> PlanInserts(SessionState& state, const std::vector<const ast::InsertStatement*>& inserts);
Result<StatementResult> ExecuteExplain(SessionState& state, const ast::ExplainStatement& statement);

/// `INSERT INTO path [(columns)] query` for CREATE TABLE … AS, once the table is in the catalog.
Result<StatementResult> PlanInsertInto(SessionState& state, const ObjectPath& path, const ast::Query& query,
                                       TextPosition position, const std::vector<std::string>& columns);

}  // namespace sluice::engine::sql
