// SHOW and DESCRIBE, one function a family. All only read the session.
#pragma once

#include <string>
#include <vector>

#include "engine/sql/session_state.h"

namespace sluice::engine::sql {

/// DESCRIBE of tables and views, catalogs, databases and functions.
Result<StatementResult> ExecuteDescribe(SessionState& state, const ast::DescribeStatement& statement);
Result<StatementResult> ShowColumns(SessionState& state, const ast::ShowStatement& statement);
Result<StatementResult> ShowCreate(SessionState& state, const ast::ShowStatement& statement);

/// LIKE with '%' and '_' as Flink's SHOW statements match it: the whole name, '\' escapes nothing.
bool MatchesPattern(std::string_view name, std::string_view pattern, bool ignore_case);
/// True if the statement's [NOT] LIKE or ILIKE lets `name` through.
bool PassesLike(const ast::ShowStatement& statement, std::string_view name);

/// Names of the core module's functions as SHOW FUNCTIONS lists them, sorted.
const std::vector<std::string>& CoreFunctionNames();

}  // namespace sluice::engine::sql
